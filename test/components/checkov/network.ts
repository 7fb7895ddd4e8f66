import type { RecordedResource } from "../../../cli/preview/recorder";
import { connected, given, type Rule } from "./rule";

const everywhere = ["0.0.0.0/0", "::/0"];
const allPorts = -1;

/** Whether a rule of a group opens a port to everybody; -1 stands for every port at once. */
function opens({ inputs }: RecordedResource, port: number): boolean {
  const { cidrIpv4, cidrIpv6, ipProtocol, fromPort, toPort } = inputs;
  if (![cidrIpv4, cidrIpv6].some((range) => everywhere.includes(String(range)))) return false;
  // A protocol of -1 is every port; checkov reads a protocol that these resources do not have, and misses it.
  if (ipProtocol === "-1") return true;
  const [from, to] = [Number(fromPort), Number(toPort)];
  return port === allPorts ? from <= 0 && (to === 0 || to === 65_535) : from <= port && port <= to;
}

const ingressTitle = (port: number) => `Ensure no security groups allow ingress from 0.0.0.0:0 to port ${port}`;

function ingressRule(id: string, port: number, source: string): Rule {
  return {
    id,
    title: ingressTitle(port),
    source: `resource/aws/${source}`,
    kinds: ["SecurityGroupIngressRule"],
    holds: (record) => !opens(record, port),
  };
}

export const networkRules: readonly Rule[] = [
  {
    id: "CKV_AWS_23",
    title: "Ensure every security group and rule has a description",
    source: "resource/aws/SecurityGroupRuleDescription",
    kinds: ["SecurityGroup", "SecurityGroupIngressRule", "SecurityGroupEgressRule"],
    holds: ({ inputs }) => given(inputs.description),
  },
  ingressRule("CKV_AWS_24", 22, "SecurityGroupUnrestrictedIngress22"),
  ingressRule("CKV_AWS_25", 3389, "SecurityGroupUnrestrictedIngress3389"),
  ingressRule("CKV_AWS_260", 80, "SecurityGroupUnrestrictedIngress80"),
  ingressRule("CKV_AWS_277", allPorts, "SecurityGroupUnrestrictedIngressAny"),
  {
    id: "CKV_AWS_382",
    title: "Ensure no security groups allow egress from 0.0.0.0:0 to port -1",
    source: "resource/aws/SecurityGroupUnrestrictedEgressAny",
    kinds: ["SecurityGroupEgressRule"],
    holds: (record) => !opens(record, allPorts),
  },
  {
    id: "CKV2_AWS_5",
    title: "Ensure that Security Groups are attached to another resource",
    source: "graph_checks/aws/SGAttachedToResource",
    kinds: ["SecurityGroup"],
    holds: (record, graph) =>
      ["LaunchTemplate", "LoadBalancer", "VpcEndpoint", "LustreFileSystem"].some(
        (kind) => connected(record, kind, graph).length > 0,
      ),
  },
  {
    id: "CKV2_AWS_11",
    title: "Ensure VPC flow logging is enabled in all VPCs",
    source: "graph_checks/aws/VPCHasFlowLog",
    kinds: ["Vpc"],
    holds: (record, graph) => connected(record, "FlowLog", graph).length > 0,
  },
  {
    id: "CKV2_AWS_12",
    title: "Ensure the default security group of every VPC restricts all traffic",
    source: "graph_checks/aws/VPCHasRestrictedSG",
    kinds: ["Vpc"],
    holds: (record, graph) => {
      const groups = connected(record, "DefaultSecurityGroup", graph);
      const rules = ["SecurityGroupIngressRule", "SecurityGroupEgressRule"];
      const isEmpty = (group: RecordedResource) =>
        !given(group.inputs.ingress) &&
        !given(group.inputs.egress) &&
        rules.every((kind) => connected(group, kind, graph).length === 0);
      return groups.length === 1 && groups.every(isEmpty);
    },
  },
  {
    id: "CKV_AWS_130",
    title: "Ensure VPC subnets do not assign public IP by default",
    source: "resource/aws/SubnetPublicIP",
    kinds: ["Subnet"],
    holds: ({ inputs }) => inputs.mapPublicIpOnLaunch !== true,
  },
  {
    id: "CKV2_AWS_19",
    title: "Ensure that all EIP addresses allocated to a VPC are attached to EC2 instances",
    source: "graph_checks/aws/EIPAllocatedToVPCAttachedEC2",
    kinds: ["Eip"],
    // A NAT gateway will do, by checkov's own reading.
    holds: (record, graph) => connected(record, "NatGateway", graph).length === 1,
  },
  {
    id: "CKV2_AWS_35",
    title: "AWS NAT Gateways should be utilized for the default route",
    source: "graph_checks/aws/AWSNATGatewaysshouldbeutilized",
    kinds: ["Route"],
    holds: ({ inputs }) => !given(inputs.instanceId) && !given(inputs.networkInterfaceId),
  },
  {
    id: "CKV2_AWS_44",
    title: "Ensure AWS route table with VPC peering does not contain routes overly permissive to all traffic",
    source: "graph_checks/aws/VPCPeeringRouteTableOverlyPermissive",
    kinds: ["Route"],
    holds: ({ inputs }) => !given(inputs.vpcPeeringConnectionId),
  },
  {
    id: "CKV_AWS_123",
    title: "Ensure that VPC Endpoint Service is configured for Manual Acceptance",
    source: "resource/aws/VPCEndpointAcceptanceConfigured",
    kinds: ["VpcEndpointService"],
    holds: ({ inputs }) => inputs.acceptanceRequired === true,
  },
  {
    id: "CKV2_AWS_23",
    title: "Route53 A Record has Attached Resource",
    source: "graph_checks/aws/Route53ARecordAttachedResource",
    kinds: ["Record"],
    holds: (record, graph) => connected(record, "LoadBalancer", graph).length === 1,
  },
  {
    id: "CKV2_AWS_38",
    title:
      "Ensure Domain Name System Security Extensions (DNSSEC) signing is enabled for Amazon Route 53 public hosted zones",
    source: "graph_checks/aws/Route53ZoneEnableDNSSECSigning",
    kinds: ["Zone"],
    // A private zone, which has a VPC, cannot be signed.
    holds: ({ inputs }) => Array.isArray(inputs.vpcs) && inputs.vpcs.length > 0,
  },
  {
    id: "CKV2_AWS_39",
    title: "Ensure Domain Name System (DNS) query logging is enabled for Amazon Route 53 hosted zones",
    source: "graph_checks/aws/Route53ZoneHasMatchingQueryLog",
    kinds: ["Zone"],
    holds: ({ inputs }) => Array.isArray(inputs.vpcs) && inputs.vpcs.length > 0,
  },
];
