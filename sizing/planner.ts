import { type PriceBook, shippedPrices } from "../pricing/priceBook";
import { compareCandidates, compareCost, isWithinReach } from "./candidates";
import { modeOwner } from "./capacityRules";
import { machines } from "./catalogue";
import type { Decision, ResolvedDecision } from "./decision";
import { Cloud } from "./decisionArgs";
import type { Machine } from "./hardware";
import { cloudOfZone, knownRegions, usualRegion } from "./places";
import { type ConfigurationSummary, type Plan, summarize } from "./plan";
import { type MachinePlan, planMachine, smallestThatLoads } from "./planMachine";
import { canFormGang, type KnownShapes } from "./shapes";
import { type MissedTarget, roundAway, type TargetName } from "./targets";
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

/** The machines that a decision allows. */
export function allowedMachines(resolved: ResolvedDecision): Machine[] {
  return machines.filter((machine) => isAllowed(machine, resolved));
}

/** What the decision names, or all that can be what it asks for. A rule has refused a decision that leaves nothing. */
function isAllowed(machine: Machine, { decision, regionAssumed }: ResolvedDecision): boolean {
  const { machine: named, cloud, overrides, region, zone, capacity } = decision;
  if (named !== undefined) return named === machine.id;
  if (cloud !== Cloud.any && cloud !== machine.cloud) return false;
  // A region, and some ways of buying, are one cloud's.
  const bought = cloud === Cloud.any && capacity.reservationId?.startsWith("cr-") ? "aws" : modeOwner[capacity.mode];
  const placed = zone === undefined ? undefined : cloudOfZone(zone);
  const owner = bought ?? placed ?? (regionAssumed ? undefined : knownRegions().get(region));
  if (owner !== undefined && owner !== machine.cloud) return false;
  const { tensorParallel = 1, nodes, replicas } = overrides;
  const stages = overrides.pipelineParallel ?? (nodes !== undefined && replicas !== undefined ? nodes / replicas : 1);
  return tensorParallel <= machine.gpus && (stages === 1 || canFormGang(machine));
}

/** The decision as it reads for one machine: where nobody named a region, the one that this machine is looked at in. */
export function decisionFor(resolved: ResolvedDecision, machine: Machine): ResolvedDecision {
  if (!resolved.regionAssumed) return resolved;
  return { ...resolved, decision: { ...resolved.decision, region: usualRegion(machine) } };
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
