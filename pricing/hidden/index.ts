import type { Estimate } from "../estimate";
import type { StackSide } from "../inputs/stackChange";
import { unusedBlock } from "./block";
import { clusterBills } from "./clusterBill";
import { headroom } from "./headroom";
import type { HiddenCost, HiddenIdea, HiddenOptions } from "./hiddenCost";
import { idle } from "./idle";
import { logs } from "./logs";
import { customMetrics } from "./metrics";
import { nat } from "./nat";
import { percentCosts } from "./percent";
import { spotReruns } from "./spot";
import { checkpoints, snapshots } from "./stored";
import { replacementSurge } from "./surge";
import { internetEgress, otherZone } from "./traffic";

// Shares of the bill first; a new idea is a file and a name here.
const ideas: readonly HiddenIdea[] = [
  idle,
  headroom,
  unusedBlock,
  nat,
  internetEgress,
  otherZone,
  spotReruns,
  replacementSurge,
  checkpoints,
  snapshots,
  logs,
  customMetrics,
];

/**
 * What a stack costs that is on no price list line of it: cluster by cluster, then what is of the whole stack. What
 * depends on something that nobody stated is assumed with a reason, or listed without an amount.
 * @param estimate of the same side, by the same prices
 */
export function hiddenCosts(side: StackSide, estimate: Estimate, options: HiddenOptions): HiddenCost[] {
  const costs = clusterBills(side, estimate).flatMap((bill) => ideas.flatMap((idea) => idea(bill, options)));
  return [...costs, ...percentCosts(estimate, costs, options)];
}
