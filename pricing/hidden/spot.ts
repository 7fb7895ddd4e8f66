import { money } from "../money";
import { numberIn, textIn } from "../records";
import { asNumber, asRate } from "./arithmetic";
import { type HiddenIdea, notStated, unknownCost } from "./hiddenCost";
import { originOf } from "./metered";

/** Work done again after spot machines were taken back: one eviction stops all machines of a replica. */
export const spotReruns: HiddenIdea = ({ name, inputs, machines }, options) => {
  if (textIn(inputs, "plan", "capacityMode") !== "spot") return [];
  const { evictionsPerMonth, lostHoursPerEviction } = options;
  const subject = { cluster: name, key: "spotReruns", what: "work lost to spot evictions", within: "beside" } as const;
  const missing = [
    ...(evictionsPerMonth === undefined ? ["--evictions-per-month"] : []),
    ...(lostHoursPerEviction === undefined ? ["--lost-hours-per-eviction"] : []),
  ];
  if (evictionsPerMonth === undefined || lostHoursPerEviction === undefined) return [notStated(subject, ...missing)];
  const { price, nodes, machine, unknownBecause } = machines;
  const replicas = numberIn(inputs, "plan", "replicas");
  if (!price || nodes === undefined || !replicas) {
    return [unknownCost(subject, unknownBecause ?? "the plan does not say how many machines a replica has")];
  }
  const perReplica = money(nodes).div(replicas);
  return [
    {
      ...subject,
      arithmetic: `${asNumber(evictionsPerMonth)} evictions x ${asNumber(lostHoursPerEviction)} h x ${asNumber(perReplica)} x ${machine} x ${asRate(price.usd)}`,
      monthlyUsd: money(price.usd).times(perReplica).times(lostHoursPerEviction).times(evictionsPerMonth),
      ...originOf(price),
      assumption: false,
    },
  ];
};
