import { money } from "../money";
import { infracostDefaults } from "../usage";
import { asNumber, count } from "./arithmetic";
import { type HiddenIdea, unknownCost } from "./hiddenCost";
import { meteredCost } from "./metered";

// One machine is taken for one log group of the public table of usage defaults that pricing/aws/logGroup.ts takes too.
const assumedGBPerNode = 10;
// CloudWatch keeps logs for ever unless it is told otherwise; a month is what we assume that somebody told it.
const assumedRetentionDays = 30;
const daysPerMonth = 365 / 12;

/** Logs of all machines in CloudWatch: what arrives, and what is kept. No component here sends any: this is if you do. */
export const logs: HiddenIdea = (bill, options) => {
  const { logGBPerNode, logRetentionDays = assumedRetentionDays } = options;
  const { nodes } = bill.machines;
  const [arriving, kept] = [
    { key: "logIngest", what: "logs that arrive" },
    { key: "logStorage", what: "logs that are kept" },
  ] as const;
  if (nodes === undefined) {
    const why = "the plan does not say how many machines there are";
    return [arriving, kept].map((line) => unknownCost({ ...line, cluster: bill.name, within: "beside" }, why));
  }
  const each = logGBPerNode ?? assumedGBPerNode;
  const quantity = money(nodes).times(each);
  const units = `${count(nodes, "machine")} x ${asNumber(each)} GB`;
  const months = money(logRetentionDays).div(daysPerMonth);
  const amount =
    logGBPerNode === undefined ? [`${each} GB a machine, if sent to CloudWatch: ${infracostDefaults}`] : [];
  const days = options.logRetentionDays === undefined ? [`kept ${logRetentionDays} days`] : [];
  return [
    meteredCost(bill, options, {
      ...arriving,
      sku: "cloudwatch.logs.ingest",
      quantity,
      units,
      because: joined(amount),
    }),
    meteredCost(bill, options, {
      ...kept,
      sku: "cloudwatch.logs.storage",
      quantity: quantity.times(months),
      units: `${units} x ${asNumber(logRetentionDays)} days of ${asNumber(daysPerMonth)}`,
      because: joined([...amount, ...days]),
    }),
  ];
};

function joined(reasons: readonly string[]): string | undefined {
  return reasons.length > 0 ? reasons.join("; ") : undefined;
}
