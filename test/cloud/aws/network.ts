import type { Kind } from "../kinds";
import type { WorldResource } from "../world";
import { heldByInstance } from "./compute";
import { refuseEndpoint } from "./endpoints";
import { range } from "./ranges";
import { accountId, arn, errorCodes, model, provider } from "./sources";
import { zoneOf } from "./zones";

const vpc = { kind: "aws:ec2/vpc:Vpc", missing: "InvalidVpcID.NotFound", holds: "DependencyViolation" };
const subnet = { kind: "aws:ec2/subnet:Subnet", missing: "InvalidSubnetID.NotFound", holds: "DependencyViolation" };
const routeTable = { kind: "aws:ec2/routeTable:RouteTable", missing: "InvalidRouteTableID.NotFound" };
const group = { kind: "aws:ec2/securityGroup:SecurityGroup", missing: "InvalidGroup.NotFound" };

const rule: Kind = {
  source: `${model("ec2", "AuthorizeSecurityGroupIngress")}; ${errorCodes}: InvalidPermission.Duplicate`,
  id: "sgr-",
  attributes: (resource) => ({ arn: arn("ec2", "security-group-rule", resource), securityGroupRuleId: resource.id }),
  references: [
    // A group's own rules go with it; a rule of another group that names it keeps it.
    { ...group, property: "securityGroupId" },
    { ...group, property: "referencedSecurityGroupId" },
  ],
  refuse: ({ type, inputs }, world) => {
    const facts = ({ tags, description, region, ...rest }: Record<string, unknown>) =>
      JSON.stringify(Object.entries(rest).sort());
    const twin = world.some((other) => other.type === type && facts(other.inputs) === facts(inputs));
    return twin ? "InvalidPermission.Duplicate: the specified rule already exists" : undefined;
  },
};

/** VPC, subnets, gateways, routes and security groups. */
export const network: Readonly<Record<string, Kind>> = {
  "aws:ec2/vpc:Vpc": {
    source: model("ec2", "DeleteVpc"),
    id: "vpc-",
    attributes: (resource) => ({
      arn: arn("ec2", "vpc", resource),
      defaultSecurityGroupId: `sg-of-${resource.id}`,
      mainRouteTableId: `rtb-of-${resource.id}`,
    }),
  },
  "aws:ec2/subnet:Subnet": {
    source: `${model("ec2", "CreateSubnet")} and DeleteSubnet; ${errorCodes}: InvalidSubnet.Conflict, InvalidSubnet.Range`,
    id: "subnet-",
    attributes: (resource) => ({ arn: arn("ec2", "subnet", resource), ...zoneOfSubnet(resource) }),
    references: [{ ...vpc, property: "vpcId" }],
    refuse: ({ inputs, ...rest }, world) => {
      const known = zoneOfSubnet({ inputs, ...rest }) !== undefined;
      if (!known) return `InvalidParameterValue: ${inputs.availabilityZone ?? inputs.availabilityZoneId} is no zone`;
      const own = range(inputs.cidrBlock);
      const owner = world.find(({ id }) => id === inputs.vpcId);
      const outer = range(owner?.inputs.cidrBlock);
      if (own.from < outer.from || own.to > outer.to)
        return `InvalidSubnet.Range: ${inputs.cidrBlock} is not in the VPC`;
      const siblings = world.filter(
        ({ type, inputs: other }) => type === "aws:ec2/subnet:Subnet" && other.vpcId === inputs.vpcId,
      );
      const overlaps = siblings.some(
        (other) => own.from <= range(other.inputs.cidrBlock).to && own.to >= range(other.inputs.cidrBlock).from,
      );
      return overlaps ? `InvalidSubnet.Conflict: ${inputs.cidrBlock} conflicts with another subnet` : undefined;
    },
    refuseDelete: heldByInstance,
  },
  "aws:ec2/subnetCidrReservation:SubnetCidrReservation": {
    source: model("ec2", "CreateSubnetCidrReservation"),
    id: "scr-",
    attributes: (resource) => ({ ownerId: "111122223333", subnetCidrReservationId: resource.id }),
    references: [{ ...subnet, property: "subnetId", holds: undefined }],
  },
  "aws:ec2/internetGateway:InternetGateway": {
    source: `${model("ec2", "DetachInternetGateway")}: no public addresses may be mapped in the VPC`,
    id: "igw-",
    attributes: (resource) => ({ arn: arn("ec2", "internet-gateway", resource), ownerId: "111122223333" }),
    references: [{ ...vpc, property: "vpcId" }],
    refuseDelete: (_, world) => {
      const mapped = world.some(({ type }) => type === "aws:ec2/natGateway:NatGateway");
      return mapped ? "DependencyViolation: the network has mapped public addresses; unmap them first" : undefined;
    },
  },
  "aws:ec2/eip:Eip": {
    source: `${model("ec2", "ReleaseAddress")}: InvalidIPAddress.InUse while associated`,
    id: "eipalloc-",
    attributes: (resource) => ({
      allocationId: resource.id,
      publicIp: "203.0.113.7",
      arn: arn("ec2", "elastic-ip", resource),
    }),
  },
  "aws:ec2/natGateway:NatGateway": {
    source: `${model("ec2", "CreateNatGateway")}; ${model("ec2", "DeleteNatGateway")}; ${errorCodes}: Resource.AlreadyAssociated for an address in use`,
    id: "nat-",
    refuse: ({ inputs }, world) => {
      const user = world.find(
        ({ type, inputs: other }) =>
          type === "aws:ec2/natGateway:NatGateway" && other.allocationId === inputs.allocationId,
      );
      return user && `Resource.AlreadyAssociated: ${inputs.allocationId} is used by ${user.id}`;
    },
    attributes: () => ({ publicIp: "203.0.113.7", networkInterfaceId: "eni-nat" }),
    references: [
      { ...subnet, property: "subnetId" },
      {
        property: "allocationId",
        kind: "aws:ec2/eip:Eip",
        missing: "InvalidAllocationID.NotFound",
        holds: "InvalidIPAddress.InUse",
      },
    ],
  },
  "aws:ec2/routeTable:RouteTable": {
    source: `${model("ec2", "DeleteRouteTable")}: disassociate it from every subnet first`,
    id: "rtb-",
    attributes: (resource) => ({ arn: arn("ec2", "route-table", resource), ownerId: "111122223333" }),
    references: [{ ...vpc, property: "vpcId" }],
  },
  "aws:ec2/route:Route": {
    source: `${model("ec2", "CreateRoute")}; ${errorCodes}: RouteAlreadyExists. A route goes with its table`,
    id: "r-",
    attributes: () => ({ origin: "CreateRoute", state: "active" }),
    references: [
      { ...routeTable, property: "routeTableId" },
      {
        property: "gatewayId",
        kind: "aws:ec2/internetGateway:InternetGateway",
        missing: "InvalidInternetGatewayID.NotFound",
      },
      { property: "natGatewayId", kind: "aws:ec2/natGateway:NatGateway", missing: "InvalidNatGatewayID.NotFound" },
    ],
    refuse: ({ inputs }, world) => {
      const twin = world.some(
        ({ type, inputs: other }) =>
          type === "aws:ec2/route:Route" &&
          other.routeTableId === inputs.routeTableId &&
          other.destinationCidrBlock === inputs.destinationCidrBlock,
      );
      return twin
        ? `RouteAlreadyExists: the route identified by ${inputs.destinationCidrBlock} already exists`
        : undefined;
    },
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    source: `${model("ec2", "AssociateRouteTable")}; ${errorCodes}: Resource.AlreadyAssociated`,
    id: "rtbassoc-",
    references: [
      { ...routeTable, property: "routeTableId", holds: "DependencyViolation" },
      { ...subnet, property: "subnetId", holds: undefined },
    ],
    refuse: ({ inputs }, world) => {
      const twin = world.some(
        ({ type, inputs: other }) =>
          type === "aws:ec2/routeTableAssociation:RouteTableAssociation" && other.subnetId === inputs.subnetId,
      );
      return twin ? `Resource.AlreadyAssociated: ${inputs.subnetId} already has a route table` : undefined;
    },
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    source: `${model("ec2", "CreateVpcEndpoint")}; hashicorp/terraform-provider-aws#17535: private-dns-enabled cannot be set because there is already a conflicting DNS domain; ${errorCodes}: RouteAlreadyExists`,
    id: "vpce-",
    attributes: (resource) => ({
      arn: arn("ec2", "vpc-endpoint", resource),
      ownerId: accountId,
      state: "available",
      ...(resource.inputs.vpcEndpointType === "Interface"
        ? { networkInterfaceIds: [`eni-of-${resource.name}`], dnsEntries: dnsOf(resource) }
        : { prefixListId: "pl-s3" }),
    }),
    references: [
      { ...vpc, property: "vpcId" },
      { ...routeTable, property: "routeTableIds[]" },
      { ...subnet, property: "subnetIds[]" },
      { ...group, property: "securityGroupIds[]", holds: "DependencyViolation" },
    ],
    refuse: refuseEndpoint,
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    source: `${model("ec2", "DeleteSecurityGroup")}: DependencyViolation while associated or named by another group; ${model("ec2", "CreateSecurityGroup")}: no two of one name in a VPC`,
    id: "sg-",
    autoName: { property: "name", longest: 255, taken: "InvalidGroup.Duplicate" },
    attributes: (resource) => ({
      arn: arn("ec2", "security-group", resource),
      ownerId: "111122223333",
      egress: [],
      ingress: [],
    }),
    references: [{ ...vpc, property: "vpcId" }],
    refuseDelete: (group, world) => {
      const named = world.some(
        ({ inputs }) => inputs.referencedSecurityGroupId === group.id && inputs.securityGroupId !== group.id,
      );
      return named
        ? `DependencyViolation: ${group.id} is named by a rule of another group`
        : heldByInstance(group, world);
    },
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    source: `${provider("ec2 resourceDefaultSecurityGroupCreate")}: adopts the VPC's default group and revokes its rules; its deletion is schema.NoopContext. ${model("ec2", "DeleteVpc")}: the default group goes with the VPC`,
    id: "adopted",
    attributes: ({ inputs }, world) => {
      const id = world.find((other) => other.id === inputs.vpcId)?.attributes.defaultSecurityGroupId;
      return {
        id,
        arn: `arn:aws:ec2:us-east-1:${accountId}:security-group/${id}`,
        description: "default VPC security group",
        name: "default",
        ownerId: accountId,
      };
    },
    references: [{ ...vpc, property: "vpcId", holds: undefined }],
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rule,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": rule,
};

/** A zone has a name and an id; whichever is given, the cloud tells both. */
function zoneOfSubnet({ inputs }: WorldResource) {
  return zoneOf({ name: inputs.availabilityZone, id: inputs.availabilityZoneId });
}

function dnsOf({ id, name, inputs }: WorldResource) {
  const service = String(inputs.serviceName).split(".").slice(3).join(".");
  return [{ dnsName: `${id || name}.${service}.us-east-1.vpce.amazonaws.com`, hostedZoneId: "Z7HUB22UULQXV" }];
}
