import { isPaidUpfront, priceMachine } from "../pricing/machinePrice";
import { hoursPerMonth, money, toText } from "../pricing/money";
import { type PriceBook, shippedPrices } from "../pricing/priceBook";
import { modeOwner } from "./capacityRules";
import { findMachine, machines } from "./catalogue";
import type { Decision, ResolvedDecision } from "./decision";
import { Cloud } from "./decisionArgs";
import { explainMemory } from "./explain";
import type { Machine } from "./hardware";
import { judgeInterconnect } from "./interconnect";
import { kvCacheBytesPerToken, tokensTaken } from "./kvCache";
import { type Configuration, judgeLoad, judgeMemory, longestRequestOf, replicaHolds, type Verdict } from "./memory";
import { cloudOfZone, isOffered, knownRegions, usualRegion } from "./places";
import { type ConfigurationSummary, type Plan, type PlanCost, summarize } from "./plan";
import { canFormGang, chooseShape, liveRequestsOf, type Shape } from "./shapes";
import { estimateThroughput } from "./throughput/estimate";
import { notListed, warnAboutPlan } from "./warnings";

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
 */
export function planDecision(resolved: ResolvedDecision, prices: PriceBook = shippedPrices()): Sizing {
  const { decision } = resolved;
  const allowed = machines.filter((machine) => isAllowed(machine, resolved));
  const candidates = allowed
    .map((machine) => planMachine(decisionFor(resolved, machine), machine, prices))
    .sort(compareCandidates);
  const smallest = allowed
    .map((machine) => smallestThatLoads(decisionFor(resolved, machine), machine, prices))
    .filter((found) => found !== undefined);
  const minimum = smallest.sort(compareCost)[0];
  const recommended = candidates.find(({ verdict, machine }) => {
    return verdict === "fits" && (isWithinReach(machine, decision) || decision.machine !== undefined);
  });
  const ranked = candidates.map((candidate) => ({
    ...candidate,
    minimum,
    recommended: recommended && summarize(recommended),
  }));
  const plan = ranked[0];
  if (!plan) throw new Error("planner: the decision allows no machine, though its rules passed it");
  return { decision, plan: withNearest(plan, ranked), candidates: ranked };
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
function decisionFor(resolved: ResolvedDecision, machine: Machine): ResolvedDecision {
  if (!resolved.regionAssumed) return resolved;
  return { ...resolved, decision: { ...resolved.decision, region: usualRegion(machine) } };
}

function planMachine(resolved: ResolvedDecision, machine: Machine, prices: PriceBook): Plan {
  return buildPlan(resolved, machine, chooseShape(resolved, machine, "headroom"), prices);
}

/** One replica that holds one request of the context length: what `minimum` reports. */
function smallestThatLoads(
  resolved: ResolvedDecision,
  machine: Machine,
  prices: PriceBook,
): ConfigurationSummary | undefined {
  if (!isWithinReach(machine.id, resolved.decision) && resolved.decision.machine === undefined) return undefined;
  const { nodes: _nodes, replicas: _replicas, pipelineParallel: _stages, ...overrides } = resolved.decision.overrides;
  const decision = { ...resolved.decision, concurrency: 1, averageTokens: undefined, overrides };
  const { laidOut, replicas } = chooseShape({ ...resolved, decision }, machine, "fewest machines");
  const offered = isOffered(machine, decision.region, decision.zone) || decision.machine !== undefined;
  if (!offered || judgeMemory(laidOut).verdict === "no") return undefined;
  const { tensorParallel, pipelineParallel, dataParallel } = laidOut.config;
  const nodes = replicas * pipelineParallel;
  const { hourlyCostUsd } = costOf(decision, machine, nodes, prices);
  return { machine: machine.id, nodes, tensorParallel, pipelineParallel, dataParallel, replicas, hourlyCostUsd };
}

function buildPlan(resolved: ResolvedDecision, machine: Machine, shape: Shape, prices: PriceBook): Plan {
  const { decision, model } = resolved;
  const { laidOut, replicas } = shape;
  const { config } = laidOut;
  const { tensorParallel, pipelineParallel, dataParallel, expertParallel } = config;
  const live = liveRequestsOf(decision, replicas, dataParallel);
  const all = judgeLoad(laidOut, live);
  const offered = isOffered(machine, decision.region, decision.zone);
  const nodes = replicas * pipelineParallel;
  const requests = live.requests * dataParallel;
  const plan: Plan = {
    decision,
    verdict: offered || decision.machine !== undefined ? all.verdict : "no",
    machine: machine.id,
    nodes,
    nodesPerReplica: pipelineParallel,
    replicas,
    tensorParallel,
    pipelineParallel,
    dataParallel,
    expertParallel,
    memory: all.memory,
    kvCache: {
      dtype: decision.kvCacheDtype,
      bytesPerToken: kvCacheBytesPerToken(model, decision.kvCacheDtype),
      tokensPerReplica: all.kvCacheTokens * dataParallel,
      longestRequestTokens: longestRequestOf(laidOut),
      maxSequences: replicaHolds(laidOut, config.contextLength, false) * dataParallel,
      worstCaseTokensPerReplica: requests * tokensTaken(decision.contextLength),
      // The engine is told to accept requests of maxModelLen, and starts only if one of them fits.
      plannedTokensPerReplica: Math.max(requests * tokensTaken(live.tokensEach), tokensTaken(config.contextLength)),
    },
    throughput: all.weightsLoad ? throughputOf(decision, shape, requests) : undefined,
    engine: {
      name: "vllm",
      gpuMemoryUtilization: config.gpuMemoryUtilization,
      maxModelLen: decision.overrides.maxModelLen ?? decision.contextLength,
    },
    interconnect: judgeInterconnect(machine, config),
    cost: costOf(decision, machine, nodes, prices),
    warnings: [],
    explanation: [...explainMemory(laidOut, all, live), ...shape.explanation],
    assumptions: [...resolved.assumptions],
  };
  return { ...plan, warnings: warnAboutPlan(plan, machine, offered, all.tight) };
}

/** One replica at its share of the live requests, as many as its cache admits. Half of an average request is output, at most 1024 tokens. */
function throughputOf(decision: Decision, { laidOut }: Shape, requests: number) {
  const average = decision.averageTokens ?? decision.contextLength;
  const outputTokens = Math.max(1, Math.min(1024, Math.floor(average / 2)));
  const inputTokens = Math.max(1, average - outputTokens);
  const config: Configuration = laidOut.config;
  const admitted = Math.max(1, replicaHolds(laidOut, average, false) * config.dataParallel);
  return estimateThroughput(config, { inputTokens, outputTokens, concurrency: Math.min(requests, admitted) });
}

function costOf(decision: Decision, machine: Machine, nodes: number, prices: PriceBook): PlanCost {
  const { mode, hours } = decision.capacity;
  const price = priceMachine(machine, decision.region, mode, prices);
  if (price.state !== "priced") return { price };
  const hourly = money(price.row.usd).times(nodes);
  const hourlyCostUsd = toText(hourly, 4);
  if (isPaidUpfront(mode)) {
    return { price, hourlyCostUsd, oneOffCostUsd: hours === undefined ? undefined : toText(hourly.times(hours)) };
  }
  return { price, hourlyCostUsd, monthlyCostUsd: toText(hourly.times(hoursPerMonth)) };
}

const verdictOrder: Record<Verdict, number> = { fits: 0, marginal: 1, no: 2 };

/** Whether a machine can be had in the asked way and is built by this package; only then is it recommended. */
function isWithinReach(id: string, { capacity }: Decision): boolean {
  const machine = findMachine(id);
  return machine !== undefined && !machine.notProvisionable && !machine.notSold?.[capacity.mode];
}

/** Order of the ranking: what fits, of that what is within reach, then cost. */
function compareCandidates(left: Plan, right: Plan): number {
  return (
    verdictOrder[left.verdict] - verdictOrder[right.verdict] ||
    Number(isWithinReach(right.machine, right.decision)) - Number(isWithinReach(left.machine, left.decision)) ||
    compareCost(left, right)
  );
}

/** What has a price before what has none, then cost, fewer machines, name. */
function compareCost(left: Comparable, right: Comparable): number {
  const [leftCost, rightCost] = [hourlyCost(left), hourlyCost(right)];
  return (
    (leftCost === rightCost ? 0 : leftCost - rightCost) ||
    left.nodes - right.nodes ||
    left.machine.localeCompare(right.machine, "en")
  );
}

type Comparable = Pick<ConfigurationSummary, "machine" | "nodes"> &
  Partial<Pick<Plan, "cost">> & { hourlyCostUsd?: string };

function hourlyCost({ cost, hourlyCostUsd = cost?.hourlyCostUsd }: Comparable): number {
  return hourlyCostUsd === undefined ? Number.POSITIVE_INFINITY : Number(hourlyCostUsd);
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
    : `none of the ${candidates.length} machines tried loads it: lower the precision or the context length`;
  return { ...plan, warnings: [...plan.warnings, words] };
}
