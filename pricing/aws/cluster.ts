import {
  blockKey,
  type CostLine,
  hiddenLines,
  type PricingContext,
  priceLine,
  type ResourcePricer,
  unknownLine,
  usageLine,
} from "../lines";
import { isHidden, numberIn, type ResourceRecord, textIn, valueIn } from "../records";
import type { UsageSetting } from "../usage";
import { natDataGB, readRequests, secretCalls, servedDataGB, type UsageOfPlan, writeRequests } from "./clusterUsage";

const internetEgressGB: UsageSetting = {
  key: "internetEgressGB",
  meaning: "GB that leave AWS for the internet; the endpoint itself is reachable inside the VPC only",
};
const checkpointsKept: UsageSetting = { key: "checkpointsKept", meaning: "checkpoints in the store at a time" };

/**
 * What a cluster costs that only its plan tells: the weights in its store, a capacity block's fee, and what depends on
 * use. These are the component's lines, because its inputs carry the plan: a changed plan shows in a preview that leaves
 * the unchanged bucket or gateway out.
 */
export const clusterPricer: ResourcePricer = {
  usage: [
    natDataGB.setting,
    servedDataGB.setting,
    readRequests.setting,
    writeRequests.setting,
    secretCalls.setting,
    internetEgressGB,
    checkpointsKept,
  ],
  price: (record, context) => {
    if (valueIn(record.inputs, "plan") === undefined) {
      return [unknownLine(record, "plan", "what its plan tells", "the component's inputs carry no plan")];
    }
    return [
      ...blockLines(record, context),
      ...storeLines(record, context),
      gpuMetric(record, context),
      ...useLines(record, context),
      ...hiddenLines(record, record.inputs, ["decision", "decision.capacity", "decision.capacity.mode"]),
    ];
  },
};

/** The fee of a capacity block is for all its machines and hours, paid upfront, whatever is destroyed meanwhile. */
function blockLines(record: ResourceRecord, context: PricingContext): CostLine[] {
  const { inputs } = record;
  const capacity = (key: string) => textIn(inputs, "decision", "capacity", key);
  if (capacity("mode") !== "capacityBlock") return [];
  const machine = textIn(inputs, "plan", "machine") ?? "";
  const nodes = numberIn(inputs, "plan", "nodes");
  // A plan to train makes the block as long as the run, where the decision leaves that open.
  const hours = numberIn(inputs, "plan", "capacityHours") ?? numberIn(inputs, "decision", "capacity", "hours");
  const length = hours === undefined ? "" : `, ${hours} hours`;
  return [
    priceLine(record, context, {
      cloud: "aws",
      sku: machine,
      mode: "capacity-block",
      key: blockKey(capacity("reservationId") ?? capacity("offeringId")),
      component: `${nodes ?? "?"} x ${machine}, capacity-block${length}`,
      schedule: "oneOff",
      quantity: hours === undefined || nodes === undefined ? undefined : nodes * hours,
      unknownBecause: "the length of the capacity block is not given (decision.capacity.hours)",
    }),
  ];
}

/** A store that is brought along is its owner's, weights and all. */
function storeLines(record: ResourceRecord, context: PricingContext): CostLine[] {
  const { inputs } = record;
  if (valueIn(inputs, "storage", "bucket") !== undefined || isHidden(inputs, "storage", "bucket")) return [];
  const weightsGB = numberIn(inputs, "plan", "weightsGB");
  const checkpointGB = numberIn(inputs, "plan", "checkpointGB");
  const storage = { cloud: "aws", sku: "s3.standard.storage" };
  // Nodes that pull weights for themselves leave the store with releases and reports, a few MB.
  const pulled = textIn(inputs, "storage", "weights") === "huggingFace";
  const weights = priceLine(record, context, {
    ...storage,
    key: "weights",
    component: weightsGB === undefined ? "model weights" : `model weights, ${weightsGB} GB`,
    quantity: weightsGB,
    unknownBecause: "the plan does not say how large they are",
  });
  const kept = pulled ? [] : [weights];
  if (checkpointGB === undefined) return kept;
  const checkpoints = usageLine(record, context, {
    ...storage,
    key: "checkpoints",
    component: `checkpoints, ${checkpointGB} GB each`,
    setting: checkpointsKept,
    unitsEach: checkpointGB,
  });
  return [...kept, checkpoints];
}

/** The one metric that nodes send of themselves: the mean utilisation of their GPUs. */
function gpuMetric(record: ResourceRecord, context: PricingContext): CostLine {
  return priceLine(record, context, {
    cloud: "aws",
    sku: "cloudwatch.metric.custom",
    key: "gpuMetric",
    component: "metric of GPU utilisation",
    quantity: 1,
  });
}

/** What goes through the cluster's gateways and stores, as far as the plan lets it be told. */
function useLines(record: ResourceRecord, context: PricingContext): CostLine[] {
  const { inputs } = record;
  const serves = textIn(inputs, "plan", "workload") === undefined;
  const of = ({ setting, assume }: UsageOfPlan) => ({ setting, assume: assume(inputs) });
  const line = { cloud: "aws" };
  const balancer = textIn(inputs, "endpoint", "loadBalancer") === "application" ? "alb" : "nlb";
  const hasNat = valueIn(inputs, "network", "subnetId") === undefined && textIn(inputs, "network", "egress") !== "none";
  const throughNat = usageLine(record, context, {
    ...line,
    sku: "nat-gateway.data",
    key: "natData",
    component: "data through NAT",
    ...of(natDataGB),
  });
  const served = [
    usageLine(record, context, {
      ...line,
      sku: `${balancer}.lcu`,
      key: "served",
      component: `${balancer.toUpperCase()} capacity units`,
      ...of(servedDataGB),
    }),
    usageLine(record, context, {
      ...line,
      sku: "secretsmanager.api",
      key: "secretCalls",
      component: "secret calls",
      unitsEach: 1e-4,
      ...of(secretCalls),
    }),
  ];
  return [
    ...(hasNat && !isHidden(inputs, "network", "subnetId") ? [throughNat] : []),
    ...(serves ? served : []),
    usageLine(record, context, {
      ...line,
      sku: "s3.get",
      key: "reads",
      component: "read requests",
      unitsEach: 1e-3,
      ...of(readRequests),
    }),
    usageLine(record, context, {
      ...line,
      sku: "s3.put",
      key: "writes",
      component: "write requests",
      unitsEach: 1e-3,
      ...of(writeRequests),
    }),
    usageLine(record, context, {
      ...line,
      sku: "internet-egress",
      key: "internetEgress",
      component: "data to the internet",
      setting: internetEgressGB,
    }),
  ];
}
