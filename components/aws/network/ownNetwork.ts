import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { Egress } from "../args";
import type { AwsLayout, OwnNetworkPlan } from "../plan/layout";
import { zoneInput } from "../rules/placeRules";
import { childName, inZone, placed, type Scope } from "../scope";
import type { Place } from "./network";

/** A VPC with one private subnet for the nodes, S3 without a detour, and a way out through NAT if it is to have one. */
export function createOwnNetwork(scope: Scope, layout: AwsLayout, own: OwnNetworkPlan): Place {
  const { parent } = scope;
  const child = (suffix: string) => childName(scope, suffix);
  const vpc = new ec2.Vpc(
    child("vpc"),
    { ...placed(scope, "vpc"), cidrBlock: own.vpcCidr, enableDnsHostnames: true, enableDnsSupport: true },
    { parent },
  );
  // A VPC comes with a group that lets everything pass between what nobody gave a group; this takes its rules away.
  new ec2.DefaultSecurityGroup(
    child("default-group"),
    { ...placed(scope, "default-group"), vpcId: vpc.id },
    { parent },
  );
  const subnet = (name: string, cidrBlock: string, zone: string) => {
    const suffix = inZone(name, zone);
    return new ec2.Subnet(
      child(suffix),
      { ...placed(scope, suffix), vpcId: vpc.id, cidrBlock, ...zoneInput(zone), mapPublicIpOnLaunch: false },
      { parent },
    );
  };
  const { zoneName } = layout;
  const nodesSubnet = subnet("nodes-subnet", own.nodesCidr, zoneName);
  const second = own.secondCidr && own.secondZone && subnet("second-subnet", own.secondCidr, own.secondZone);
  const nodesTable = createTable(scope, vpc, "nodes-routes", nodesSubnet, zoneName);
  const throughNat =
    own.egress === Egress.nat
      ? [createNat(scope, vpc, subnet("public-subnet", own.publicCidr, zoneName), nodesTable.table, zoneName)]
      : [];
  // Free, and it keeps hundreds of GB of weights per node off the NAT gateway, which bills by the GB.
  const toS3 = createS3Endpoint(scope, vpc.id, nodesTable.table.id);
  return {
    vpcId: vpc.id,
    vpcCidr: pulumi.output(own.vpcCidr),
    subnetId: nodesSubnet.id,
    zoneName: nodesSubnet.availabilityZone,
    secondSubnetId: second ? second.id : undefined,
    s3PrefixListId: own.egress === Egress.none ? toS3.prefixListId : undefined,
    waysOut: [...throughNat, nodesTable.association, toS3],
  };
}

/** The endpoint that takes a route table's traffic to S3. */
export function createS3Endpoint(scope: Scope, vpcId: pulumi.Output<string>, routeTableId: pulumi.Input<string>) {
  return new ec2.VpcEndpoint(
    childName(scope, "s3-endpoint"),
    {
      ...placed(scope, "s3-endpoint"),
      vpcId,
      vpcEndpointType: "Gateway",
      serviceName: `com.amazonaws.${scope.region}.s3`,
      routeTableIds: [routeTableId],
    },
    { parent: scope.parent },
  );
}

function createTable(scope: Scope, vpc: ec2.Vpc, suffix: string, subnet: ec2.Subnet, zone: string) {
  const { parent, region } = scope;
  const child = (name: string) => childName(scope, name);
  const table = new ec2.RouteTable(child(suffix), { ...placed(scope, suffix), vpcId: vpc.id }, { parent });
  const association = { region, subnetId: subnet.id, routeTableId: table.id };
  return {
    table,
    association: new ec2.RouteTableAssociation(child(inZone(`${suffix}-association`, zone)), association, { parent }),
  };
}

/** A NAT gateway in a public subnet. Returns the nodes' route through it. */
function createNat(
  scope: Scope,
  vpc: ec2.Vpc,
  publicSubnet: ec2.Subnet,
  nodesTable: ec2.RouteTable,
  zone: string,
): ec2.Route {
  const { parent, region } = scope;
  const child = (suffix: string) => childName(scope, suffix);
  const everywhere = "0.0.0.0/0";
  const gateway = new ec2.InternetGateway(child("igw"), { ...placed(scope, "igw"), vpcId: vpc.id }, { parent });
  const publicTable = createTable(scope, vpc, "public-routes", publicSubnet, zone);
  const outward = new ec2.Route(
    child("public-default-route"),
    { region, routeTableId: publicTable.table.id, destinationCidrBlock: everywhere, gatewayId: gateway.id },
    { parent },
  );
  const address = new ec2.Eip(
    child("nat-address"),
    { ...placed(scope, "nat-address"), domain: "vpc" },
    { parent, dependsOn: [gateway] },
  );
  const nat = new ec2.NatGateway(
    child("nat"),
    { ...placed(scope, "nat"), subnetId: publicSubnet.id, allocationId: address.allocationId },
    // The address can serve one gateway at a time.
    { parent, dependsOn: [outward, publicTable.association], deleteBeforeReplace: true },
  );
  return new ec2.Route(
    child("nodes-default-route"),
    { region, routeTableId: nodesTable.id, destinationCidrBlock: everywhere, natGatewayId: nat.id },
    { parent },
  );
}
