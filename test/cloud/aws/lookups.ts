import { type BlockFacts, timeIn } from "../account";
import { CloudError, type World, type WorldResource } from "../world";
import { distantEnd, findReservation } from "./reservations";
import { accountId } from "./sources";
import { zoneOf } from "./zones";

/** The newest image of the account, until a test says otherwise. */
export const firstImage = "ami-0aaaaaaaaaaaaaaa1";

type Lookup = (inputs: Record<string, unknown>, world: World) => Record<string, unknown>;

/** What AWS answers when it is asked. The fields are those of the provider's data sources (@pulumi/aws 7.48.0). */
export const lookups: Readonly<Record<string, Lookup>> = {
  "aws:ssm/getParameter:getParameter": ({ name }, world) => {
    const value = world.read().facts[String(name)] ?? firstImage;
    const type = "String";
    const arn = `arn:aws:ssm:us-east-1::parameter${name}`;
    return { arn, id: name, name, type, insecureValue: value, value, version: 1 };
  },
  "aws:ec2/getSubnet:getSubnet": ({ id }, world) => {
    const { inputs, attributes } = found("aws:ec2/subnet:Subnet", id, world, "InvalidSubnetID.NotFound");
    const prefix = Number(String(inputs.cidrBlock).split("/")[1]);
    return {
      arn: attributes.arn,
      assignIpv6AddressOnCreation: false,
      availabilityZone: attributes.availabilityZone,
      availabilityZoneId: attributes.availabilityZoneId,
      // AWS keeps five addresses of every subnet (VPC guide, "Subnet CIDR blocks").
      availableIpAddressCount: 2 ** (32 - prefix) - 5,
      cidrBlock: inputs.cidrBlock,
      defaultForAz: false,
      id,
      mapPublicIpOnLaunch: inputs.mapPublicIpOnLaunch ?? false,
      ownerId: accountId,
      state: "available",
      tags: inputs.tags ?? {},
      vpcId: inputs.vpcId,
    };
  },
  "aws:ec2/getVpc:getVpc": ({ id }, world) => {
    const { inputs, attributes } = found("aws:ec2/vpc:Vpc", id, world, "InvalidVpcID.NotFound");
    return {
      arn: attributes.arn,
      cidrBlock: inputs.cidrBlock,
      cidrBlockAssociations: [{ associationId: "vpc-cidr-assoc-1", cidrBlock: inputs.cidrBlock, state: "associated" }],
      default: false,
      enableDnsHostnames: inputs.enableDnsHostnames ?? false,
      enableDnsSupport: inputs.enableDnsSupport ?? true,
      id,
      instanceTenancy: "default",
      mainRouteTableId: attributes.mainRouteTableId,
      ownerId: accountId,
      state: "available",
      tags: inputs.tags ?? {},
    };
  },
  "aws:ec2/getCapacityBlockReservation:getCapacityBlockReservation": ({ id }, world) => {
    const { account } = world;
    const facts = findReservation(String(id), Object.values(world.read().resources), account);
    if (facts === "none" || (facts !== "any" && facts.kind !== "block"))
      throw new CloudError("InvalidCapacityReservationId.NotFound", `${id} is no capacity block`);
    const block: BlockFacts =
      facts === "any" ? { instanceType: "p5.48xlarge", zoneId: "use1-az6", instanceCount: 64 } : facts;
    const start = block.startDate ?? "2020-01-01T11:30:00.000Z";
    const begun = Date.parse(start) <= timeIn(account);
    return {
      arn: `arn:aws:ec2:us-east-1:${accountId}:capacity-reservation/${id}`,
      ...zoneOf({ id: block.zoneId }),
      availableInstanceCount: block.instanceCount,
      capacityBlockId: `cb-${String(id).slice(3)}`,
      createdDate: start,
      endDate: block.endDate ?? distantEnd,
      endDateType: "limited",
      id,
      instanceCount: block.instanceCount,
      instanceMatchCriteria: "targeted",
      instancePlatform: "Linux/UNIX",
      instanceType: block.instanceType,
      ownerId: accountId,
      reservationType: "capacity-block",
      startDate: start,
      state: facts === "any" ? "active" : (facts.state ?? (begun ? "active" : "scheduled")),
      tags: {},
      tenancy: "default",
    };
  },
};

function found(type: string, id: unknown, world: World, missing: string): WorldResource {
  const resource = Object.values(world.read().resources).find((other) => other.type === type && other.id === id);
  if (!resource) throw new CloudError(missing, `${id} does not exist`);
  return resource;
}
