import type { PriceBook } from "../pricing/priceBook";
import { shippedPrices } from "../pricing/snapshot";
import { compareCandidates, compareCost, isWithinReach } from "./candidates";
import type { Decision, ResolvedDecision } from "./decision";
import { allowedMachines, decisionFor } from "./placing";
import { type ConfigurationSummary, type Plan, summarize } from "./plan";
import { type MachinePlan, planMachine, smallestThatLoads } from "./planMachine";
import type { KnownShapes } from "./shapes";
import { type MissedTarget, roundAway, type TargetName } from "./targets";
import { isTraining } from "./training/recipe";
import { notListed, targetWarnings } from "./warnings";

/** A planned decision: the best configuration, and every other machine's best in order of cost. */
export interface Sizing {
  decision: Decision;
  /** The first candidate. Its verdict is `no` when no machine of the catalogue carries the decision. */
  plan: Plan;
  /** One a machine: those that fit before those that do not, then by cost; unpriced ones last among their equals. */
  candidates: Plan[];
}

/**
 * Plans a decision over every machine that it allows. Pure: same decision and same prices, same plan.
 * @param known keeps the shapes that are found, for a ranking of the same decision
 */
export function planDecision(
  resolved: ResolvedDecision,
  prices: PriceBook = shippedPrices(),
  known: KnownShapes = new Map(),
): Sizing {
  const { decision } = resolved;
  if (isTraining(decision.workload)) throw new Error("planDecision plans serving: use sizeDecision, or planTraining");
  const allowed = allowedMachines(resolved);
  const candidates = allowed
    .map((machine) => planMachine(decisionFor(resolved, machine), machine, prices, known))
    .sort((left, right) => compareCandidates(left.plan, right.plan));
  const smallest = allowed
    .map((machine) => smallestThatLoads(decisionFor(resolved, machine), machine, prices, known))
    .filter((found) => found !== undefined);
  const minimum = smallest.sort(compareCost)[0];
  const recommended = candidates.find(({ plan: { verdict, machine } }) => {
    return verdict === "fits" && (isWithinReach(machine, decision) || decision.machine !== undefined);
  })?.plan;
  const ranked = candidates.map(({ plan }) => ({
    ...withTargetWarnings(plan, candidates),
    minimum,
    recommended: recommended && summarize(recommended),
  }));
  const plan = ranked[0];
  if (!plan) throw new Error("planner: the decision allows no machine, though its rules passed it");
  return {
    decision: { ...decision, concurrency: plan.decision.concurrency },
    plan: withNearest(plan, ranked),
    candidates: ranked,
  };
}

/** A plan that misses a target says how near any machine that fits comes to it. */
function withTargetWarnings(plan: Plan, candidates: readonly MachinePlan[]): Plan {
  if (!plan.targets) return plan;
  const reachable = candidates.filter(({ plan: { verdict, machine, decision } }) => {
    return verdict !== "no" && (isWithinReach(machine, decision) || decision.machine !== undefined);
  });
  const missed = plan.targets.missed.map((miss) => ({ ...miss, nearest: nearestOf(miss.target, reachable) }));
  const judged = { ...plan, targets: { ...plan.targets, missed } };
  return { ...judged, warnings: [...plan.warnings, ...targetWarnings(judged)] };
}

function nearestOf(target: TargetName, candidates: readonly MachinePlan[]): MissedTarget["nearest"] {
  const sign = target === "tokensPerSecond" ? -1 : 1;
  const values = candidates.flatMap(({ best, plan }) => (best ? [{ value: best[target], machine: plan.machine }] : []));
  const nearest = values.sort((left, right) => sign * (left.value - right.value))[0];
  return nearest && { ...nearest, value: roundAway(target, nearest.value) };
}

/** A plan that does not fit says what would: the next best machine, or that there is none. */
function withNearest(plan: Plan, candidates: readonly Plan[]): Plan {
  if (plan.verdict !== "no") return plan;
  if (candidates.every(({ warnings }) => warnings.some((warning) => warning.includes(notListed)))) {
    return {
      ...plan,
      warnings: [
        ...plan.warnings,
        "no machine that the decision allows is listed there: choose another region or zone",
      ],
    };
  }
  const nearest: ConfigurationSummary | undefined = plan.minimum;
  const words = nearest
    ? `the smallest that loads it is ${nearest.nodes} x ${nearest.machine}, tensor ${nearest.tensorParallel} x pipeline ${nearest.pipelineParallel}`
    : `${candidates.length === 1 ? "the machine does not load" : `none of the ${candidates.length} machines tried loads`} it: lower the precision or the context length`;
  return { ...plan, warnings: [...plan.warnings, words] };
}
