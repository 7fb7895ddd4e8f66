import { type Estimate, estimateCost, isUnknown } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import type { ResourceRecord } from "../../pricing/records";
import { Egress, LoadBalancerKind, type ParsedAwsArgs } from "./args";
import { nodeServices } from "./network/serviceEndpoints";
import type { AwsLayout } from "./plan/layout";
import { planInputs } from "./plan/planInputs";

/** What a cluster costs, as the decimal strings that it puts out; `unknown` where a price is missing. */
export interface CostOutputs {
  hourlyCostUsd: string;
  monthlyCostUsd: string;
  oneOffCostUsd: string;
}

/**
 * Prices a layout before its resources exist, by the same pricers that price a preview or a state: the records name
 * what costs something. test/components holds that both give the same sum.
 */
export function costOf(layout: AwsLayout, args: ParsedAwsArgs): CostOutputs {
  const estimate = estimateCost(costRecords(layout, args), { region: layout.region, prices: args.prices });
  const oneOffUnknown = layout.capacity.marketType === "capacity-block" && !isKnown(estimate, "oneOff");
  const unknown = !isKnown(estimate, "runRate");
  return {
    hourlyCostUsd: unknown ? "unknown" : toText(estimate.hourlyUsd, 4),
    monthlyCostUsd: unknown ? "unknown" : toText(estimate.monthlyUsd),
    oneOffCostUsd: oneOffUnknown ? "unknown" : toText(estimate.oneOffUsd),
  };
}

function isKnown({ lines }: Estimate, schedule: "runRate" | "oneOff"): boolean {
  return !lines.some((line) => line.schedule === schedule && isUnknown(line));
}

/** The resources of a cluster that cost something, as records. */
export function costRecords(layout: AwsLayout, args: ParsedAwsArgs): ResourceRecord[] {
  const { resolved, storage, serving, network, endpoint } = args;
  const cluster: ResourceRecord = {
    // Its children know by this that they are a cluster's.
    urn: "urn:pulumi:stack::project::llm-cluster:index:AwsCluster::cluster",
    type: "llm-cluster:index:AwsCluster",
    name: "cluster",
    custom: false,
    inputs: {
      decision: resolved.decision,
      plan: planInputs(layout),
      storage: storage ?? {},
      network: network ?? {},
      endpoint: endpoint ?? {},
    },
  };
  const child: MakeChild = (type, name, inputs = {}) => ({
    urn: `urn:pulumi:stack::project::llm-cluster:index:AwsCluster$${type}::${name}`,
    type,
    name,
    custom: true,
    parent: cluster.urn,
    inputs: { region: layout.region, ...inputs },
  });
  return [
    cluster,
    ...networkRecords(child, layout),
    ...(layout.serves ? endpointRecords(child, args) : []),
    child("aws:cloudwatch/metricAlarm:MetricAlarm", "idle-alarm", { period: 3600 }),
    ...(storage?.bucket === undefined ? [child("aws:s3/bucket:Bucket", "models")] : []),
    ...lustreRecords(child, layout),
    ...(layout.serves && serving?.apiKeySecret === undefined
      ? [child("aws:secretsmanager/secret:Secret", "api-key")]
      : []),
    ...machineRecords(child, layout),
  ];
}

type MakeChild = (type: string, name: string, inputs?: Record<string, unknown>) => ResourceRecord;

function networkRecords(child: MakeChild, { ownNetwork }: AwsLayout): ResourceRecord[] {
  if (!ownNetwork) return [];
  return ownNetwork.egress === Egress.nat ? natRecords(child) : serviceRecords(child);
}

function natRecords(child: MakeChild): ResourceRecord[] {
  return [child("aws:ec2/eip:Eip", "nat-address"), child("aws:ec2/natGateway:NatGateway", "nat")];
}

function serviceRecords(child: MakeChild): ResourceRecord[] {
  const endpoint = { vpcEndpointType: "Interface", subnetIds: ["nodes-subnet"] };
  return nodeServices.map((service) => child("aws:ec2/vpcEndpoint:VpcEndpoint", service, endpoint));
}

function endpointRecords(child: MakeChild, { endpoint }: ParsedAwsArgs): ResourceRecord[] {
  const loadBalancerType = endpoint?.loadBalancer ?? LoadBalancerKind.network;
  const makesZone = endpoint?.domainName !== undefined && endpoint.hostedZoneId === undefined;
  return [
    child("aws:lb/loadBalancer:LoadBalancer", "balancer", { loadBalancerType, internal: true }),
    child("aws:cloudwatch/metricAlarm:MetricAlarm", "unhealthy-alarm", { period: 60 }),
    ...(makesZone ? [child("aws:route53/zone:Zone", "zone")] : []),
  ];
}

function lustreRecords(child: MakeChild, { lustre }: AwsLayout): ResourceRecord[] {
  if (!lustre) return [];
  const { capacityGiB: storageCapacity, throughput: perUnitStorageThroughput } = lustre;
  const kind = { deploymentType: "PERSISTENT_2", storageType: "SSD", metadataConfiguration: { mode: "AUTOMATIC" } };
  const files = { ...kind, storageCapacity, perUnitStorageThroughput };
  return [child("aws:fsx/lustreFileSystem:LustreFileSystem", "lustre", files)];
}

function machineRecords(child: MakeChild, { plan, nodes, rootVolume, capacity }: AwsLayout): ResourceRecord[] {
  const market = capacity.marketType && { instanceMarketOptions: { marketType: capacity.marketType } };
  const instance = { instanceType: plan.machine, rootBlockDevice: rootVolume, ...market };
  return nodes.map(({ suffix }) => child("aws:ec2/instance:Instance", suffix, instance));
}

/** The plan in short as the component shows it: with both ways out of its VPC, so that the dearer one is seen. */
export function planFacts(layout: AwsLayout, args: ParsedAwsArgs): Record<string, unknown> {
  const facts = planInputs(layout);
  return layout.ownNetwork ? { ...facts, egressMonthlyUsd: egressCosts(layout, args) } : facts;
}

/** Both ways out of a VPC that is made, US dollars a month before traffic; a text that is `unknown` where a price is missing. */
function egressCosts({ region }: AwsLayout, { prices }: ParsedAwsArgs): Record<Egress, string> {
  const child: MakeChild = (type, name, inputs = {}) => ({
    urn: name,
    type,
    name,
    custom: true,
    inputs: { region, ...inputs },
  });
  const monthly = (records: readonly ResourceRecord[]) => {
    const estimate = estimateCost(records, { region, prices });
    return isKnown(estimate, "runRate") ? toText(estimate.monthlyUsd) : "unknown";
  };
  return { nat: monthly(natRecords(child)), none: monthly(serviceRecords(child)) };
}
