import { bytesPerToken } from "../aws/clusterUsage";
import { hoursPerMonth, type Money, money } from "../money";
import { numberIn } from "../records";
import { asNumber, asPercent } from "./arithmetic";
import type { ClusterBill } from "./clusterBill";
import { type HiddenCost, type HiddenIdea, type HiddenOptions, notStated, unknownCost } from "./hiddenCost";
import { inBill, meteredCost } from "./metered";
import { utilizationOf } from "./utilization";

/** GB of answers in a month, and what that rests on where no usage file states it. */
interface ServedData {
  quantityGB: Money;
  because?: string;
}

/** Answers that leave the cloud. Questions come in free of charge. */
export const internetEgress: HiddenIdea = (bill, options) => {
  const { egressShare } = options;
  const subject = { key: "internetEgress", what: "answers to the internet" };
  const stated = bill.lines.find(({ key, state }) => key === "internetEgress" && state === "priced");
  if (stated) return [inBill(bill, stated, subject)];
  if (!bill.serves) return [];
  return [
    trafficCost(bill, options, { ...subject, sku: "internet-egress", share: egressShare, flag: "--egress-share" }),
  ];
};

/** Answers to callers in another zone: whoever sends pays, and whoever receives pays as much again. */
export const otherZone: HiddenIdea = (bill, options) => {
  if (!bill.serves) return [];
  const subject = { key: "otherZone", what: "answers to another zone" };
  const { otherZoneShare: share } = options;
  return [trafficCost(bill, options, { ...subject, sku: "inter-az", share, flag: "--other-zone-share", times: 2 })];
};

interface Traffic extends Pick<HiddenCost, "key" | "what"> {
  sku: string;
  share: number | undefined;
  /** The option that states the share. */
  flag: string;
  /** How often each GB is billed. Default: 1. */
  times?: number;
}

function trafficCost(bill: ClusterBill, options: HiddenOptions, traffic: Traffic): HiddenCost {
  const { key, what, sku, share, flag, times = 1 } = traffic;
  const subject = { cluster: bill.name, key, what, within: "beside" } as const;
  if (share === undefined) return notStated(subject, flag);
  const served = servedData(bill, options);
  if (!served) return unknownCost(subject, "the plan does not say how many tokens come out");
  const { quantityGB, because } = served;
  const twice = times === 1 ? "" : ` x ${times} ways`;
  const units = `${asNumber(quantityGB)} GB x ${asPercent(share)}${twice}`;
  return meteredCost(bill, options, { key, what, sku, quantity: quantityGB.times(share).times(times), units, because });
}

/** What a usage file states of the load balancer's data, else the planned output at its share of use, streamed. */
function servedData({ inputs, lines }: ClusterBill, options: HiddenOptions): ServedData | undefined {
  // One capacity unit of the load balancer is a GB an hour: the line's quantity is GB.
  const stated = lines.find(({ key, usage }) => key === "served" && usage?.basis === "stated")?.quantity;
  if (stated) return { quantityGB: stated };
  const tokensPerSecond = numberIn(inputs, "plan", "outputTokensPerSecond");
  if (tokensPerSecond === undefined) return undefined;
  const { share } = utilizationOf(options);
  const tokens = money(tokensPerSecond).times(share).times(3600).times(hoursPerMonth);
  return {
    quantityGB: tokens.times(bytesPerToken).div(1e9),
    because: `${asPercent(share)} of ${asNumber(tokensPerSecond)} output tokens a second, an estimate, at ${bytesPerToken} bytes a token`,
  };
}
