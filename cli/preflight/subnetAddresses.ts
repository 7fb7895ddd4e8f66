import type { NetworkInterface, Subnet } from "@aws-sdk/client-ec2";
import { allPages, type SharedAnswers } from "./answers";
import { answered } from "./awsErrors";
import { type AddressRange, isInside, overlap, readRange, toNumber, usableAddresses } from "./cidr";
import type { AwsClients } from "./clients";
import { attempt, type Finding, findingsOf } from "./finding";
import type { Subject } from "./subject";
import { isOwn } from "./usage";

const say = findingsOf("subnet");

/** Whether the range that is kept for nodes lies in the subnet, holds them all, and is nobody else's. */
export async function checkAddresses(
  subject: Subject,
  subnet: Subnet,
  clients: AwsClients,
  answers: SharedAnswers,
): Promise<Finding[]> {
  const { nodeAddresses } = subject.network;
  const whole = readRange(subnet.CidrBlock ?? "");
  const kept = readRange(nodeAddresses ?? "");
  if (!whole || !kept) return [];
  const misplaced = judgeRange(subject, subnet, { whole, kept });
  if (misplaced) return [misplaced];
  const [free, reserved] = await Promise.all([
    checkFree(subject, subnet, kept, clients, answers),
    checkReserved(subject, subnet, kept, clients),
  ]);
  return [...free, ...reserved];
}

async function checkFree(
  subject: Subject,
  subnet: Subnet,
  kept: AddressRange,
  clients: AwsClients,
  answers: SharedAnswers,
): Promise<Finding[]> {
  const { nodeAddresses } = subject.network;
  return attempt("subnet", `whether addresses of ${nodeAddresses} are in use`, async () => {
    const taken = await takenAddresses(subject, subnet, kept, clients, answers);
    if (taken.length === 0)
      return [say.ok(`${nodeAddresses} lies in ${subnet.CidrBlock}, has room for ${subject.nodes}, and is free`)];
    const fact = `${taken.join(", ")} of ${nodeAddresses} ${taken.length === 1 ? "is" : "are"} in use by others`;
    const fix = "keep a range for nodes that nothing else uses";
    return [say.fails(fact, "a node with such an address cannot be made: InvalidIPAddress.InUse", fix)];
  });
}

/** As components/aws/network/network.ts describes the range that the cluster itself keeps. */
const ownDescription = "Fixed addresses of nodes";

/** Ranges of a subnet that are reserved do not overlap (VPC guide, "Subnet CIDR reservations"). */
async function checkReserved(
  { network }: Subject,
  { SubnetId }: Subnet,
  kept: AddressRange,
  clients: AwsClients,
): Promise<Finding[]> {
  const { nodeAddresses } = network;
  return attempt("subnet", `whether ${nodeAddresses} is reserved already`, async () => {
    const pages = await allPages((NextToken) =>
      answered("getSubnetCidrReservations", clients.getSubnetCidrReservations({ SubnetId, NextToken })),
    );
    const others = pages
      .flatMap(({ SubnetIpv4CidrReservations = [] }) => SubnetIpv4CidrReservations)
      .filter(({ Cidr, Description }) => !(Cidr === nodeAddresses && Description === ownDescription))
      .filter(({ Cidr = "" }) => overlap(readRange(Cidr) ?? { first: -1, last: -1 }, kept));
    return others.map(({ Cidr, SubnetCidrReservationId }) => {
      const fact = `${nodeAddresses} overlaps ${Cidr}, which ${SubnetCidrReservationId} of ${SubnetId} reserves`;
      return say.fails(fact, "the range cannot be reserved for nodes", "give a range that nothing reserves");
    });
  });
}

function judgeRange(
  { nodes, network }: Subject,
  { CidrBlock, SubnetId }: Subnet,
  { whole, kept }: { whole: AddressRange; kept: AddressRange },
): Finding | undefined {
  const { nodeAddresses } = network;
  if (!isInside(kept, whole)) {
    const fix = `give a part of ${CidrBlock}`;
    return say.fails(`${nodeAddresses} does not lie in ${CidrBlock}, the range of ${SubnetId}`, undefined, fix);
  }
  const usable = usableAddresses(kept, whole);
  if (kept.first < whole.first + 4) {
    const fix = `begin after the first four addresses of ${CidrBlock}`;
    return say.fails(`${nodeAddresses} has addresses that AWS keeps for itself`, "the first node gets one", fix);
  }
  if (usable >= nodes) return undefined;
  const fact = `${nodeAddresses} has ${usable} addresses, and the cluster has ${nodes} nodes`;
  return say.fails(fact, undefined, "give a larger range");
}

/** Addresses that the nodes are to have and that an interface has which is none of theirs. */
async function takenAddresses(
  { nodes, cluster }: Subject,
  { SubnetId = "" }: Subnet,
  kept: AddressRange,
  clients: AwsClients,
  answers: SharedAnswers,
): Promise<string[]> {
  const Filters = [{ Name: "subnet-id", Values: [SubnetId] }];
  const pages = await allPages((NextToken) =>
    answered("describeNetworkInterfaces", clients.describeNetworkInterfaces({ Filters, NextToken })),
  );
  const wanted = { first: kept.first, last: kept.first + nodes - 1 };
  const taken = pages
    .flatMap(({ NetworkInterfaces = [] }) => NetworkInterfaces)
    .flatMap((one) => addressesOf(one).map((address) => ({ address, machine: one.Attachment?.InstanceId })))
    .filter(({ address }) => toNumber(address) >= wanted.first && toNumber(address) <= wanted.last);
  if (taken.length === 0) return [];
  const own = new Set(
    (await answers.machines()).filter((machine) => isOwn(machine, cluster)).map(({ InstanceId }) => InstanceId),
  );
  return taken
    .filter(({ machine }) => machine === undefined || !own.has(machine))
    .map(({ address }) => address)
    .sort();
}

function addressesOf({ PrivateIpAddresses = [], PrivateIpAddress }: NetworkInterface): string[] {
  const listed = PrivateIpAddresses.flatMap(({ PrivateIpAddress: address }) => address ?? []);
  return listed.length > 0 ? listed : [PrivateIpAddress ?? []].flat();
}
