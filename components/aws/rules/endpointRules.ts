import { defaultEnginePort, masterPort } from "../../../serving/engine";
import { metricsPort } from "../../../serving/metrics";
import { readinessPort } from "../../../serving/readiness";
import { isZoneId, regionOfZone } from "../../../sizing/places";
import type { Problem } from "../../../sizing/problems";
import { type AwsEndpointArgs, LoadBalancerKind } from "../args";
import type { ReadableArgs } from "./argRules";

/** What each kind of load balancer needs and cannot have. */
export function checkEndpoint(args: ReadableArgs, zone: string | undefined): Problem[] {
  const { endpoint = {} } = args;
  return [
    ...checkPort(args),
    ...checkSecondZone(args, endpoint, zone),
    ...checkNames(endpoint),
    ...checkSharing(endpoint),
  ];
}

/** Ports of a node that are taken: where ranks meet, readiness, and the GPUs' metrics. */
const takenPorts: Readonly<Record<number, string>> = {
  [masterPort]: "where a gang's ranks meet",
  [readinessPort]: "where a node says whether it is ready",
  [metricsPort]: "where a node shows its GPUs' metrics",
};

function checkPort({ serving }: ReadableArgs): Problem[] {
  const { port = defaultEnginePort } = serving ?? {};
  const taken = takenPorts[port];
  if (taken === undefined) return [];
  return [
    { path: "serving.port", value: port, message: `is ${taken}`, fix: `use another, such as ${defaultEnginePort}` },
  ];
}

/** An application load balancer stands in two zones (ELB guide, availability zones); a network one in the nodes' own. */
function checkSecondZone(args: ReadableArgs, endpoint: AwsEndpointArgs, zone: string | undefined): Problem[] {
  const { secondZone, secondSubnetId } = endpoint;
  const brought = args.network?.subnetId !== undefined;
  const wanted = brought ? "secondSubnetId" : "secondZone";
  if (endpoint.loadBalancer !== LoadBalancerKind.application) {
    return Object.entries({ secondZone, secondSubnetId })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ({
        path: `endpoint.${key}`,
        value: String(value),
        message: "is for an application load balancer; a network one stands in the nodes' zone",
        fix: "remove it, or set endpoint.loadBalancer to application",
      }));
  }
  const problems: Problem[] = [];
  const [other, otherValue] = brought ? ["secondZone", secondZone] : ["secondSubnetId", secondSubnetId];
  if (otherValue !== undefined) {
    problems.push({
      path: `endpoint.${other}`,
      value: String(otherValue),
      message: brought ? "is for a VPC that the cluster makes" : "is for a VPC that you bring along",
      fix: `use endpoint.${wanted}`,
    });
  }
  if (endpoint[wanted] === undefined) {
    problems.push({
      path: `endpoint.${wanted}`,
      message: "is missing, and an application load balancer needs subnets in two zones",
      fix: brought ? "name a subnet in another zone" : "name another zone of the region, such as us-east-1b",
    });
  }
  if (brought && secondSubnetId !== undefined && secondSubnetId === args.network?.subnetId) {
    problems.push({
      path: "endpoint.secondSubnetId",
      value: String(secondSubnetId),
      message: "is the nodes' own subnet, and an application load balancer needs two zones",
      fix: "name a subnet in another zone",
    });
  }
  if (!brought && secondZone !== undefined && zone !== undefined) problems.push(...checkZonePair(zone, secondZone));
  return problems;
}

function checkZonePair(zone: string, secondZone: string): Problem[] {
  const path = "endpoint.secondZone";
  const region = regionOfZone(zone);
  if (isZoneId(zone) !== isZoneId(secondZone)) {
    return [
      {
        path,
        value: secondZone,
        message: `may be ${zone} itself: which name has which id differs from account to account`,
        fix: "give both zones by name, or both by id",
      },
    ];
  }
  if (secondZone === zone) {
    return [{ path, value: secondZone, message: "is the nodes' own zone", fix: "name another zone of the region" }];
  }
  if (region === undefined || regionOfZone(secondZone) === region) return [];
  return [{ path, value: secondZone, message: `is not in region ${region}`, fix: `name a zone of ${region}` }];
}

function checkNames({ domainName, hostedZoneId }: AwsEndpointArgs): Problem[] {
  if (hostedZoneId === undefined || domainName !== undefined) return [];
  return [
    {
      path: "endpoint.domainName",
      message: "is missing, and endpoint.hostedZoneId needs it",
      fix: "name what callers use, such as llm.example.internal",
    },
  ];
}

function checkSharing({ privateLinkPrincipals, loadBalancer }: AwsEndpointArgs): Problem[] {
  if (privateLinkPrincipals === undefined || loadBalancer !== LoadBalancerKind.application) return [];
  return [
    {
      path: "endpoint.privateLinkPrincipals",
      value: privateLinkPrincipals.join(", "),
      message: "needs a network load balancer: PrivateLink serves no application one",
      fix: "remove it, or set endpoint.loadBalancer to network",
    },
  ];
}
