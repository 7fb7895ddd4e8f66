import type { CostLine } from "../lines";
import { money, sum } from "../money";
import { infracostDefaults } from "../usage";
import { asNumber, count } from "./arithmetic";
import type { ClusterBill } from "./clusterBill";
import { type HiddenCost, type HiddenIdea, unknownCost } from "./hiddenCost";
import { inBill, meteredCost } from "./metered";

// One machine is taken for one log group of the public table of usage defaults that pricing/aws/logGroup.ts takes too.
const assumedGBPerNode = 10;
// CloudWatch keeps logs for ever unless it is told otherwise; a month is what we assume that somebody told it.
const assumedRetentionDays = 30;
const daysPerMonth = 365 / 12;

const [arriving, kept] = [
  { key: "logIngest", what: "logs that arrive" },
  { key: "logStorage", what: "logs that are kept" },
] as const;

/**
 * Logs of all machines in CloudWatch: what arrives, and what is kept. What the cluster's own log groups hold is in its bill;
 * what somebody states here comes on top of that.
 */
export const logs: HiddenIdea = (bill, options) => {
  const { logGBPerNode = assumedGBPerNode, logRetentionDays = assumedRetentionDays } = options;
  const own = bill.lines.filter(({ price }) => price?.sku.startsWith("cloudwatch.logs."));
  if (own.length > 0 && options.logGBPerNode === undefined) {
    const ofKey = (wanted: string) => own.filter(({ key }) => key === wanted);
    return [inGroups(bill, ofKey("ingest"), arriving), inGroups(bill, ofKey("storage"), kept)].flat();
  }
  const { nodes } = bill.machines;
  if (nodes === undefined) {
    const why = "the plan does not say how many machines there are";
    return [arriving, kept].map((line) => unknownCost({ ...line, cluster: bill.name, within: "beside" }, why));
  }
  const quantity = money(nodes).times(logGBPerNode);
  const units = `${count(nodes, "machine")} x ${asNumber(logGBPerNode)} GB`;
  const isAmountAssumed = options.logGBPerNode === undefined;
  const isTimeAssumed = options.logRetentionDays === undefined;
  return [
    meteredCost(bill, options, {
      ...arriving,
      sku: "cloudwatch.logs.ingest",
      quantity,
      units,
      because: isAmountAssumed
        ? `${assumedGBPerNode} GB a machine, if sent to CloudWatch: ${infracostDefaults}`
        : undefined,
    }),
    meteredCost(bill, options, {
      ...kept,
      sku: "cloudwatch.logs.storage",
      quantity: quantity.times(logRetentionDays).div(daysPerMonth),
      units: `${units} x ${asNumber(logRetentionDays)} days of ${asNumber(daysPerMonth)}`,
      because: isAmountAssumed || isTimeAssumed ? `what arrives is kept ${asNumber(logRetentionDays)} days` : undefined,
    }),
  ];
};

/** One line for what all of a cluster's groups hold. */
function inGroups(bill: ClusterBill, lines: readonly CostLine[], subject: typeof arriving | typeof kept): HiddenCost[] {
  const [first, ...others] = lines.map((line) => inBill(bill, line, subject));
  if (!first) return [];
  const all = [first, ...others];
  const isKnown = all.every(({ monthlyUsd }) => monthlyUsd !== undefined);
  return [
    {
      ...first,
      arithmetic: all.map(({ arithmetic }) => arithmetic).join(" + "),
      monthlyUsd: isKnown ? sum(all.flatMap(({ monthlyUsd }) => monthlyUsd ?? [])) : undefined,
      assumption: all.some(({ assumption }) => assumption),
    },
  ];
}
