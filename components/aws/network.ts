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
  /** Absent where the cluster trains. */
  endpointSecurityGroup?: ec2.SecurityGroup;
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

/** The nodes' group; and the endpoint's, where the cluster serves. */
function createSecurityGroups(scope: Scope, cluster: ec2.Vpc, layout: AwsLayout) {
  const { group, ingress, egress } = securityGroupMaker(scope, cluster);
  const nodes = group("nodes", "Nodes of an llm-cluster: each other, the endpoint, and HTTPS outward");
  const https = { ipProtocol: "tcp", fromPort: 443, toPort: 443 };
  // EFA's protocol is not IP: only a rule that names the group itself, in both directions, lets it pass.
  const everything = { ipProtocol: "-1", referencedSecurityGroupId: nodes.id };
  ingress("nodes-from-nodes", nodes, { ...everything, description: "Everything between nodes, EFA included" });
  egress("nodes-to-nodes", nodes, { ...everything, description: "Everything between nodes, EFA included" });
  egress("nodes-to-https", nodes, {
    ...https,
    cidrIpv4: "0.0.0.0/0",
    description: "AWS services and image registries",
  });
  if (!layout.serves) return { nodesSecurityGroup: nodes };
  return { nodesSecurityGroup: nodes, endpointSecurityGroup: createEndpointGroup(scope, cluster, layout, nodes) };
}

/** Callers inside the VPC reach the endpoint, and the endpoint the nodes. */
function createEndpointGroup(
  scope: Scope,
  cluster: ec2.Vpc,
  { port, addresses }: AwsLayout,
  nodes: ec2.SecurityGroup,
): ec2.SecurityGroup {
  const { group, ingress, egress } = securityGroupMaker(scope, cluster);
  const endpoint = group("endpoint", "Endpoint of an llm-cluster: callers inside the VPC");
  const api = { ipProtocol: "tcp", fromPort: port, toPort: port };
  ingress("nodes-from-endpoint", nodes, {
    ...api,
    referencedSecurityGroupId: endpoint.id,
    description: "API from the endpoint",
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
  return endpoint;
}

/** Makes groups and rules of a cluster's network, named and placed as all its children. */
function securityGroupMaker(scope: Scope, cluster: ec2.Vpc) {
  const { parent } = scope;
  type Rule = Omit<vpc.SecurityGroupIngressRuleArgs, "securityGroupId" | "tags" | "region">;
  const ruleOf = (suffix: string, group: ec2.SecurityGroup, rule: Rule) => ({
    ...placed(scope, suffix),
    securityGroupId: group.id,
    ...rule,
  });
  return {
    group: (suffix: string, description: string) =>
      new ec2.SecurityGroup(
        childName(scope, suffix),
        { ...placed(scope, suffix), vpcId: cluster.id, description },
        { parent },
      ),
    ingress: (suffix: string, to: ec2.SecurityGroup, rule: Rule) =>
      new vpc.SecurityGroupIngressRule(childName(scope, suffix), ruleOf(suffix, to, rule), { parent }),
    egress: (suffix: string, from: ec2.SecurityGroup, rule: Rule) =>
      new vpc.SecurityGroupEgressRule(childName(scope, suffix), ruleOf(suffix, from, rule), { parent }),
  };
}
