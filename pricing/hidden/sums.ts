import { type Money, sum } from "../money";
import type { HiddenCost } from "./hiddenCost";

/** What comes on top of a bill. */
export interface BesideSum {
  monthlyUsd: Money;
  /** Paid once. Never added to the monthly sum. */
  oneOffUsd: Money;
  /** False when something has no amount or leaves something out: then the sums are of what is known. */
  complete: boolean;
}

/** Adds up what comes on top. Shares of the bill are in the bill, and are never added. */
export function besideSum(costs: readonly HiddenCost[]): BesideSum {
  const beside = costs.filter(({ within }) => within === "beside");
  return {
    monthlyUsd: sum(beside.flatMap(({ monthlyUsd }) => monthlyUsd ?? [])),
    oneOffUsd: sum(beside.flatMap(({ oneOffUsd }) => oneOffUsd ?? [])),
    complete: beside.every(({ unknownBecause, leavesOut }) => unknownBecause === undefined && leavesOut === undefined),
  };
}
