import { findMachine } from "./catalogue";
import type { Decision } from "./decision";
import type { Verdict } from "./memory";
import type { ConfigurationSummary, Plan, PlanBase } from "./plan";

/** The better a verdict, the smaller. */
export const verdictOrder: Record<Verdict, number> = { fits: 0, marginal: 1, no: 2 };

/** Whether a machine can be had in the asked way and is built by this package; only then is it recommended. */
export function isWithinReach(id: string, { capacity }: Decision): boolean {
  const machine = findMachine(id);
  return machine !== undefined && !machine.notProvisionable && !machine.notSold?.[capacity.mode];
}

/** What fits, of that what is within reach, of that what misses the fewest targets, then cost, then time: the order of rankings too. */
export function compareCandidates(left: Plan, right: Plan): number {
  return (
    verdictOrder[left.verdict] - verdictOrder[right.verdict] ||
    Number(isWithinReach(right.machine, right.decision)) - Number(isWithinReach(left.machine, left.decision)) ||
    (left.targets?.missed.length ?? 0) - (right.targets?.missed.length ?? 0) ||
    difference(hourlyCost(left), hourlyCost(right)) ||
    difference(timeOf(left), timeOf(right)) ||
    compareCost(left, right)
  );
}

function timeOf({ throughput }: Plan): number {
  return throughput?.timePerOutputTokenMs ?? Number.POSITIVE_INFINITY;
}

/** As sorting takes it; two infinities are equal. */
export function difference(left: number, right: number): number {
  return left === right ? 0 : left - right;
}

/** What has a price before what has none, then cost, fewer machines, name. */
export function compareCost(left: Comparable, right: Comparable): number {
  return (
    difference(hourlyCost(left), hourlyCost(right)) ||
    left.nodes - right.nodes ||
    left.machine.localeCompare(right.machine, "en")
  );
}

type Comparable = Pick<ConfigurationSummary, "machine" | "nodes"> &
  Partial<Pick<PlanBase, "cost">> & { hourlyCostUsd?: string };

function hourlyCost({ cost, hourlyCostUsd = cost?.hourlyCostUsd }: Comparable): number {
  return hourlyCostUsd === undefined ? Number.POSITIVE_INFINITY : Number(hourlyCostUsd);
}
