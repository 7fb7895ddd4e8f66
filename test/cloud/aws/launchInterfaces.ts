import { type AwsInstanceType, awsInstanceTypes } from "../../../sizing/machinesAws";
import { valuesAt } from "../kinds";
import type { WorldResource } from "../world";
import type { Launch } from "./launchRequest";
import { addressNumber, range } from "./ranges";

type Inputs = Record<string, unknown>;
const kinds = ["interface", "efa", "efa-only"];

/** What EC2 refuses of a launch's network interfaces. */
export function refuseInterfaces(launch: Launch, world: readonly WorldResource[]): string | undefined {
  const { interfaces, instanceType = "", besideInterfaces } = launch;
  if (interfaces.length === 0) return undefined;
  // aws/aws-sdk-ruby#662 has code and words.
  if (besideInterfaces.length > 0)
    return "InvalidParameterCombination: Network interfaces and an instance-level security groups may not be specified on the same request";
  const machine = awsInstanceTypes[instanceType];
  return (
    refusePlaces(interfaces) ??
    refuseKinds(interfaces) ??
    (machine && refuseMachine(instanceType, machine, interfaces)) ??
    refuseNetworks(interfaces, world)
  );
}

/** botocore 1.44.5, InstanceNetworkInterfaceSpecification: DeviceIndex is needed, the primary is device 0 of card 0. */
function refusePlaces(interfaces: readonly Inputs[]): string | undefined {
  const places = interfaces.map(({ networkCardIndex = 0, deviceIndex }) => `${networkCardIndex}/${deviceIndex}`);
  // EC2 API reference, common errors.
  if (interfaces.some(({ deviceIndex }) => deviceIndex === undefined))
    return "MissingParameter: The request must contain the parameter deviceIndex";
  // The codes of the next two are guesses.
  if (new Set(places).size < places.length)
    return "InvalidParameterValue: Each network interface requires a unique device index on its network card";
  if (!places.includes("0/0"))
    return "InvalidParameterValue: The primary network interface must be device 0 of network card 0";
  return undefined;
}

function refuseKinds(interfaces: readonly Inputs[]): string | undefined {
  // Words of hashicorp/erlcloud and zalando-incubator/kubernetes-on-aws#8733, with the code.
  if (interfaces.length > 1 && interfaces.some(({ associatePublicIpAddress: open }) => String(open) === "true"))
    return "InvalidParameterCombination: The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces";
  for (const { interfaceType = "interface", networkCardIndex = 0, deviceIndex, ...rest } of interfaces) {
    // Documented values (botocore 1.44.5, InterfaceType); the codes of the next three are guesses.
    if (!kinds.includes(String(interfaceType))) return `InvalidParameterValue: ${interfaceType} is no interface type`;
    if (interfaceType !== "efa-only") continue;
    if (networkCardIndex === 0 && deviceIndex === 0)
      return "InvalidParameterCombination: An EFA-only network interface cannot be the primary network interface";
    const addressed = ["privateIpAddress", "ipv4Addresses", "ipv4AddressCount", "ipv6Addresses", "ipv6AddressCount"];
    if (addressed.some((property) => rest[property] !== undefined))
      return "InvalidParameterCombination: EFA-only network interfaces do not support IP addresses";
  }
  return undefined;
}

/** Room on each card and for EFA, by the recorded DescribeInstanceTypes. */
function refuseMachine(name: string, { NetworkInfo }: AwsInstanceType, interfaces: readonly Inputs[]) {
  const { EfaSupported, EfaInfo, MaximumNetworkCards, NetworkCards } = NetworkInfo;
  const withEfa = interfaces.filter(({ interfaceType = "interface" }) => interfaceType !== "interface");
  // The code is a guess; devopsacademyau/academy#277 has the words for a machine without EFA.
  if (!EfaSupported && withEfa.length > 0)
    return `Unsupported: ${name} instances do not support Elastic Fabric Adapters`;
  const cards = new Map<unknown, Inputs[]>();
  for (const nic of interfaces) {
    const card = nic.networkCardIndex ?? 0;
    cards.set(card, [...(cards.get(card) ?? []), nic]);
  }
  for (const [card, onIt] of cards) {
    const room = NetworkCards.find(({ NetworkCardIndex }) => NetworkCardIndex === card)?.MaximumNetworkInterfaces;
    // The code is a guess.
    if (room === undefined) return `InvalidParameterValue: ${name} has no network card ${card}`;
    // EC2 API reference, error codes.
    if (onIt.length > room) return `AttachmentLimitExceeded: ${name} takes ${room} interfaces on network card ${card}`;
    const efaHere = onIt.filter((nic) => withEfa.includes(nic)).length;
    // Card 0 of a machine with fewer EFA interfaces than cards has none (aws-parallelcluster, add_network_interfaces). A
    // guess at the code, as with the next.
    if (card === 0 && efaHere > 0 && EfaInfo.MaximumEfaInterfaces < MaximumNetworkCards)
      return `Unsupported: network card 0 of ${name} does not support Elastic Fabric Adapters`;
    if (efaHere > 1) return `AttachmentLimitExceeded: a network card takes one Elastic Fabric Adapter`;
  }
  return withEfa.length > EfaInfo.MaximumEfaInterfaces
    ? `AttachmentLimitExceeded: ${name} takes ${EfaInfo.MaximumEfaInterfaces} Elastic Fabric Adapters`
    : undefined;
}

function refuseNetworks(interfaces: readonly Inputs[], world: readonly WorldResource[]): string | undefined {
  const find = (id: unknown) => world.find((other) => other.id === id);
  const subnets = interfaces.map(({ subnetId }) => find(subnetId));
  // A network interface is attached within its zone (EC2 guide, "Elastic network interfaces"); the code is a guess.
  if (new Set(subnets.map((subnet) => subnet?.attributes.availabilityZoneId)).size > 1)
    return "InvalidParameterCombination: All network interfaces must be in one Availability Zone";
  for (const [index, nic] of interfaces.entries()) {
    const subnet = subnets[index];
    const stranger = valuesAt(nic, "securityGroups[]").find(
      (group) => find(group)?.inputs.vpcId !== subnet?.inputs.vpcId,
    );
    if (stranger !== undefined)
      return `InvalidParameter: Security group ${stranger} and subnet ${subnet?.id} belong to different networks.`;
    const refused = refuseAddress(nic.privateIpAddress, subnet?.inputs.cidrBlock);
    if (refused) return refused;
  }
  return undefined;
}

/** AWS keeps the first four addresses of a subnet and its last (VPC guide, "Subnet sizing"). */
function refuseAddress(address: unknown, cidr: unknown): string | undefined {
  if (address === undefined || cidr === undefined) return undefined;
  const { from, to } = range(cidr);
  const number = addressNumber(String(address));
  if (number < from || number > to)
    return `InvalidParameterValue: Address ${address} does not fall within the subnet's address range`;
  return number < from + 4 || number === to
    ? `InvalidParameterValue: Address ${address} is in subnet's reserved address range`
    : undefined;
}
