import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsLayout } from "./layout";
import { childName, placed, type Scope } from "./scope";

export interface Network {
  vpc: ec2.Vpc;
  /** Holds every node and the endpoint: one zone, no public addresses. */
  nodesSubnet: ec2.Subnet;
  nodesSecurityGroup: ec2.SecurityGroup;
  endpointSecurityGroup: ec2.SecurityGroup;
  /** What must be there before a node starts: its ways out, and the addresses that are kept for nodes. */
  ready: pulumi.Resource[];
}

/** A VPC with one private subnet for the nodes, a way out through NAT, and S3 without it. */
export function createNetwork(scope: Scope, layout: AwsLayout): Network {
  const { parent } = scope;
  const { addresses } = layout;
  const child = (suffix: string) => childName(scope, suffix);
  const cluster = new ec2.Vpc(
    child("vpc"),
    { ...placed(scope, "vpc"), cidrBlock: addresses.vpcCidr, enableDnsHostnames: true, enableDnsSupport: true },
    { parent },
  );
  const subnet = (suffix: string, cidrBlock: string) =>
    new ec2.Subnet(
      child(suffix),
      { ...placed(scope, suffix), vpcId: cluster.id, cidrBlock, ...layout.zone, mapPublicIpOnLaunch: false },
      { parent },
    );
  const nodesSubnet = subnet("nodes-subnet", addresses.nodesCidr);
  const publicSubnet = subnet("public-subnet", addresses.publicCidr);
  // AWS hands out none of these by itself, so that nobody sits on a node's fixed address.
  const reservation = new ec2.SubnetCidrReservation(
    child("fixed-addresses"),
    {
      region: scope.region,
      subnetId: nodesSubnet.id,
      cidrBlock: addresses.fixedCidr,
      reservationType: "explicit",
      description: "Fixed addresses of nodes",
    },
    { parent },
  );
  const routes = createRoutes(scope, cluster, nodesSubnet, publicSubnet);
  return {
    vpc: cluster,
    nodesSubnet,
    ...createSecurityGroups(scope, cluster, layout),
    ready: [reservation, ...routes],
  };
}

function createRoutes(
  scope: Scope,
  cluster: ec2.Vpc,
  nodesSubnet: ec2.Subnet,
  publicSubnet: ec2.Subnet,
): pulumi.Resource[] {
  const { parent, region } = scope;
  const child = (suffix: string) => childName(scope, suffix);
  const gateway = new ec2.InternetGateway(child("igw"), { ...placed(scope, "igw"), vpcId: cluster.id }, { parent });
  const table = (suffix: string, subnet: ec2.Subnet) => {
    const routeTable = new ec2.RouteTable(child(suffix), { ...placed(scope, suffix), vpcId: cluster.id }, { parent });
    const association = { region, subnetId: subnet.id, routeTableId: routeTable.id };
    return {
      routeTable,
      association: new ec2.RouteTableAssociation(child(`${suffix}-association`), association, { parent }),
    };
  };
  const everywhere = "0.0.0.0/0";
  const publicTable = table("public-routes", publicSubnet);
  const outward = new ec2.Route(
    child("public-default-route"),
    { region, routeTableId: publicTable.routeTable.id, destinationCidrBlock: everywhere, gatewayId: gateway.id },
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
  const nodesTable = table("nodes-routes", nodesSubnet);
  const throughNat = new ec2.Route(
    child("nodes-default-route"),
    { region, routeTableId: nodesTable.routeTable.id, destinationCidrBlock: everywhere, natGatewayId: nat.id },
    { parent },
  );
  // Free, and it keeps hundreds of GB of weights per node off the NAT gateway, which bills by the GB.
  const toS3 = new ec2.VpcEndpoint(
    child("s3-endpoint"),
    {
      ...placed(scope, "s3-endpoint"),
      vpcId: cluster.id,
      vpcEndpointType: "Gateway",
      serviceName: `com.amazonaws.${region}.s3`,
      routeTableIds: [nodesTable.routeTable.id],
    },
    { parent },
  );
  return [throughNat, nodesTable.association, toS3];
}

function createSecurityGroups(scope: Scope, cluster: ec2.Vpc, { port, addresses }: AwsLayout) {
  const { parent } = scope;
  const group = (suffix: string, description: string) =>
    new ec2.SecurityGroup(
      childName(scope, suffix),
      { ...placed(scope, suffix), vpcId: cluster.id, description },
      { parent },
    );
  const nodes = group("nodes", "Nodes of an llm-cluster: each other, the endpoint, and HTTPS outward");
  const endpoint = group("endpoint", "Endpoint of an llm-cluster: callers inside the VPC");
  type Rule = Omit<vpc.SecurityGroupIngressRuleArgs, "securityGroupId" | "tags" | "region">;
  const ingress = (suffix: string, to: ec2.SecurityGroup, rule: Rule) =>
    new vpc.SecurityGroupIngressRule(
      childName(scope, suffix),
      { ...placed(scope, suffix), securityGroupId: to.id, ...rule },
      { parent },
    );
  const egress = (suffix: string, from: ec2.SecurityGroup, rule: Rule) =>
    new vpc.SecurityGroupEgressRule(
      childName(scope, suffix),
      { ...placed(scope, suffix), securityGroupId: from.id, ...rule },
      { parent },
    );
  const api = { ipProtocol: "tcp", fromPort: port, toPort: port };
  const https = { ipProtocol: "tcp", fromPort: 443, toPort: 443 };
  // EFA's protocol is not IP: only a rule that names the group itself, in both directions, lets it pass.
  const everything = { ipProtocol: "-1", referencedSecurityGroupId: nodes.id };
  ingress("nodes-from-nodes", nodes, { ...everything, description: "Everything between nodes, EFA included" });
  egress("nodes-to-nodes", nodes, { ...everything, description: "Everything between nodes, EFA included" });
  ingress("nodes-from-endpoint", nodes, {
    ...api,
    referencedSecurityGroupId: endpoint.id,
    description: "API from the endpoint",
  });
  egress("nodes-to-https", nodes, {
    ...https,
    cidrIpv4: "0.0.0.0/0",
    description: "AWS services and image registries",
  });
  ingress("endpoint-from-vpc", endpoint, {
    ...api,
    cidrIpv4: addresses.vpcCidr,
    description: "API from inside the VPC",
  });
  egress("endpoint-to-nodes", endpoint, {
    ...api,
    referencedSecurityGroupId: nodes.id,
    description: "API to the heads",
  });
  return { nodesSecurityGroup: nodes, endpointSecurityGroup: endpoint };
}
