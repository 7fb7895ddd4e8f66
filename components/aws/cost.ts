import { type Estimate, estimateCost, isUnknown } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import type { ResourceRecord } from "../../pricing/records";
import type { ParsedAwsArgs } from "./args";
import { type AwsLayout, planInputs, rootVolume } from "./layout";

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
  const oneOffUnknown = layout.capacityBlockId !== undefined && !isKnown(estimate, "oneOff");
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
export function costRecords(layout: AwsLayout, { resolved, storage, serving }: ParsedAwsArgs): ResourceRecord[] {
  const { serves } = layout;
  const cluster: ResourceRecord = {
    // Its children know by this that they are a cluster's.
    urn: "urn:pulumi:stack::project::llm-cluster:index:AwsCluster::cluster",
    type: "llm-cluster:index:AwsCluster",
    name: "cluster",
    custom: false,
    inputs: { decision: resolved.decision, plan: planInputs(layout), storage: storage ?? {} },
  };
  const child = (type: string, name: string, inputs: Record<string, unknown> = {}): ResourceRecord => ({
    urn: name,
    type,
    name,
    custom: true,
    parent: cluster.urn,
    inputs: { region: layout.region, ...inputs },
  });
  const marketType =
    layout.capacityBlockId === undefined ? {} : { instanceMarketOptions: { marketType: "capacity-block" } };
  const instance = { instanceType: layout.plan.machine, rootBlockDevice: rootVolume, ...marketType };
  return [
    cluster,
    child("aws:ec2/eip:Eip", "nat-address"),
    child("aws:ec2/natGateway:NatGateway", "nat"),
    ...(serves
      ? [child("aws:lb/loadBalancer:LoadBalancer", "nlb", { loadBalancerType: "network", internal: true })]
      : []),
    ...(storage?.bucket === undefined ? [child("aws:s3/bucket:Bucket", "models")] : []),
    ...(serves && serving?.apiKeySecret === undefined ? [child("aws:secretsmanager/secret:Secret", "api-key")] : []),
    ...layout.nodes.map(({ suffix }) => child("aws:ec2/instance:Instance", suffix, instance)),
  ];
}
