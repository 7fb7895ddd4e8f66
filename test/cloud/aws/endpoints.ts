import { valuesAt } from "../kinds";
import type { WorldResource } from "../world";

const endpointType = "aws:ec2/vpcEndpoint:VpcEndpoint";

/** What EC2 refuses of a VPC endpoint: a name or a route that the VPC has already, and a private name without DNS. */
export function refuseEndpoint({ inputs }: WorldResource, world: readonly WorldResource[]): string | undefined {
  const others = world.filter(
    ({ type, inputs: other }) =>
      type === endpointType && other.vpcId === inputs.vpcId && other.serviceName === inputs.serviceName,
  );
  return inputs.vpcEndpointType === "Interface" ? refuseInterface(inputs, world, others) : refuseRoute(inputs, others);
}

function refuseInterface(
  inputs: Record<string, unknown>,
  world: readonly WorldResource[],
  others: readonly WorldResource[],
): string | undefined {
  const subnets = valuesAt(inputs, "subnetIds[]");
  const zones = world.filter(({ id }) => subnets.includes(id)).map(({ attributes }) => attributes.availabilityZoneId);
  // EC2 API reference, error codes.
  if (new Set(zones).size < subnets.length)
    return "DuplicateSubnetsInSameZone: an interface VPC endpoint takes one subnet of an Availability Zone";
  if (inputs.privateDnsEnabled !== true) return undefined;
  const vpc = world.find(({ id }) => id === inputs.vpcId);
  if (vpc?.inputs.enableDnsHostnames !== true || vpc.inputs.enableDnsSupport === false)
    return "InvalidParameter: Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true";
  const taken = others.some(({ inputs: other }) => other.privateDnsEnabled === true);
  return taken
    ? `InvalidParameter: private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${inputs.serviceName} in the VPC ${inputs.vpcId}`
    : undefined;
}

function refuseRoute(inputs: Record<string, unknown>, others: readonly WorldResource[]): string | undefined {
  const tables = valuesAt(inputs, "routeTableIds[]");
  const taken = others
    .flatMap(({ inputs: other }) => valuesAt(other, "routeTableIds[]"))
    .find((table) => tables.includes(table));
  return taken === undefined
    ? undefined
    : `RouteAlreadyExists: route table ${taken} already has a route to ${inputs.serviceName}`;
}
