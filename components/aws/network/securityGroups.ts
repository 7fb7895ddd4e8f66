import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import { metricsPort } from "../../../serving/metrics";
import { readinessPort } from "../../../serving/readiness";
import { Egress, type ParsedAwsArgs } from "../args";
import { slugOf } from "../plan/addresses";
import type { AwsLayout } from "../plan/layout";
import { childName, placed, type Scope } from "../scope";
import type { Place } from "./network";
import { createServiceEndpoints } from "./serviceEndpoints";

export interface SecurityGroups {
  nodesSecurityGroup: ec2.SecurityGroup;
  /** The rules that let everything pass between what is in the nodes' group. */
  betweenNodes: pulumi.Resource[];
  /** Absent where the cluster trains. */
  endpointSecurityGroup?: ec2.SecurityGroup;
  /** Endpoints of AWS's services, where nodes have no other way to them. */
  waysToServices: pulumi.Resource[];
}

const https = { ipProtocol: "tcp", fromPort: 443, toPort: 443 };

/** The nodes' group; the endpoint's, where the cluster serves; and the services', where there is no way out. */
export function createSecurityGroups(
  scope: Scope,
  layout: AwsLayout,
  place: Place,
  args: ParsedAwsArgs,
): SecurityGroups {
  const { group, ingress, egress } = securityGroupMaker(scope, place);
  const nodes = group("nodes", "Nodes of an llm-cluster: each other, the endpoint, and HTTPS outward");
  // EFA's protocol is not IP: only a rule that names the group itself, in both directions, lets it pass.
  const everything = { ipProtocol: "-1", referencedSecurityGroupId: nodes.id };
  const betweenNodes = [
    ingress("nodes-from-nodes", nodes, { ...everything, description: "Everything between nodes, EFA included" }),
    egress("nodes-to-nodes", nodes, { ...everything, description: "Everything between nodes, EFA included" }),
  ];
  const waysToServices =
    layout.ownNetwork?.egress === Egress.none
      ? closeOff(scope, place, nodes)
      : [
          egress("nodes-to-https", nodes, {
            ...https,
            cidrIpv4: "0.0.0.0/0",
            description: "AWS services and image registries",
          }),
        ];
  openMetrics(scope, layout, place, nodes, args);
  return {
    nodesSecurityGroup: nodes,
    betweenNodes,
    endpointSecurityGroup: layout.serves ? createEndpointGroup(scope, layout, place, nodes, args) : undefined,
    waysToServices,
  };
}

/** Nodes reach S3 and the endpoints of AWS's services, and nothing else. */
function closeOff(scope: Scope, place: Place, nodes: ec2.SecurityGroup): pulumi.Resource[] {
  const { group, ingress, egress } = securityGroupMaker(scope, place);
  const services = group("services", "Endpoints of AWS services: nodes of an llm-cluster");
  const toServices = { ...https, referencedSecurityGroupId: services.id, description: "AWS services" };
  const fromNodes = { ...https, referencedSecurityGroupId: nodes.id, description: "AWS services, from nodes" };
  const toS3 = { ...https, prefixListId: place.s3PrefixListId, description: "S3, which ECR's layers are in too" };
  return [
    egress("nodes-to-services", nodes, toServices),
    ingress("services-from-nodes", services, fromNodes),
    egress("nodes-to-s3", nodes, toS3),
    ...createServiceEndpoints(scope, place, services),
  ];
}

/** Whoever collects metrics reads those of GPUs, and those of engines where there are any. */
function openMetrics(
  scope: Scope,
  { serves, port }: AwsLayout,
  place: Place,
  nodes: ec2.SecurityGroup,
  { observability }: ParsedAwsArgs,
): void {
  const { ingress } = securityGroupMaker(scope, place);
  for (const cidrIpv4 of observability?.metricsFrom ?? []) {
    const from = slugOf(cidrIpv4);
    const rule = (ofPort: number) => ({ ipProtocol: "tcp", fromPort: ofPort, toPort: ofPort, cidrIpv4 });
    ingress(`gpu-metrics-from-${from}`, nodes, { ...rule(metricsPort), description: "Metrics of GPUs" });
    if (serves) ingress(`engine-metrics-from-${from}`, nodes, { ...rule(port), description: "Metrics of the engine" });
  }
}

/** Callers reach the endpoint, and the endpoint the heads: the API, and whether they are ready. */
function createEndpointGroup(
  scope: Scope,
  { port, endpointPort, ownNetwork }: AwsLayout,
  place: Place,
  nodes: ec2.SecurityGroup,
  { endpoint: asked }: ParsedAwsArgs,
): ec2.SecurityGroup {
  const { group, ingress, egress } = securityGroupMaker(scope, place);
  const endpoint = group("endpoint", "Endpoint of an llm-cluster: its callers");
  const tcp = (ofPort: number) => ({ ipProtocol: "tcp", fromPort: ofPort, toPort: ofPort });
  const fromEndpoint = { referencedSecurityGroupId: endpoint.id };
  const toNodes = { referencedSecurityGroupId: nodes.id };
  ingress("nodes-from-endpoint", nodes, { ...tcp(port), ...fromEndpoint, description: "API from the endpoint" });
  ingress("readiness-from-endpoint", nodes, {
    ...tcp(readinessPort),
    ...fromEndpoint,
    description: "Whether a head is ready, from the endpoint",
  });
  if (asked?.callers === undefined) {
    const fromVpc = { ...tcp(endpointPort), cidrIpv4: place.vpcCidr, description: "API from callers" };
    // By its range where that is known: somebody who later lists it beside another has the same rule.
    ingress(`endpoint-from-${ownNetwork ? slugOf(ownNetwork.vpcCidr) : "vpc"}`, endpoint, fromVpc);
  }
  for (const cidrIpv4 of asked?.callers ?? []) {
    const from = { ...tcp(endpointPort), cidrIpv4, description: "API from callers" };
    ingress(`endpoint-from-${slugOf(cidrIpv4)}`, endpoint, from);
  }
  egress("endpoint-to-nodes", endpoint, { ...tcp(port), ...toNodes, description: "API to the heads" });
  egress("endpoint-to-readiness", endpoint, {
    ...tcp(readinessPort),
    ...toNodes,
    description: "Whether a head is ready",
  });
  return endpoint;
}

/** Makes groups and rules of a cluster's network, named and placed as all its children. */
function securityGroupMaker(scope: Scope, { vpcId }: Place) {
  const { parent } = scope;
  type Rule = Omit<vpc.SecurityGroupIngressRuleArgs, "securityGroupId" | "tags" | "region">;
  const ruleOf = (suffix: string, group: ec2.SecurityGroup, rule: Rule) => ({
    ...placed(scope, suffix),
    securityGroupId: group.id,
    ...rule,
  });
  return {
    group: (suffix: string, description: string) =>
      new ec2.SecurityGroup(childName(scope, suffix), { ...placed(scope, suffix), vpcId, description }, { parent }),
    ingress: (suffix: string, to: ec2.SecurityGroup, rule: Rule) =>
      new vpc.SecurityGroupIngressRule(childName(scope, suffix), ruleOf(suffix, to, rule), { parent }),
    egress: (suffix: string, from: ec2.SecurityGroup, rule: Rule) =>
      new vpc.SecurityGroupEgressRule(childName(scope, suffix), ruleOf(suffix, from, rule), { parent }),
  };
}
