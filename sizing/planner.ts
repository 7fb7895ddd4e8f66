import { isPaidUpfront, priceMachine } from "../pricing/machinePrice";
import { hoursPerMonth, money, toText } from "../pricing/money";
import { type PriceBook, shippedPrices } from "../pricing/priceBook";
import { type Machine, machines } from "./catalogue";
import type { Decision, ResolvedDecision } from "./decision";
import { Cloud } from "./decisionArgs";
import { isZoneId } from "./decisionRules";
import { explainMemory } from "./explain";
import { kvCacheBytesPerToken, tokensTaken } from "./kvCache";
import { type Configuration, judgeMemory, type Verdict } from "./memory";
import { type ConfigurationSummary, type Plan, type PlanCost, summarize } from "./plan";
import { canFormGang, chooseShape, type Shape } from "./shapes";
import { estimateThroughput } from "./throughput";
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
  const allowed = machines.filter((machine) => isAllowed(machine, decision));
  const candidates = allowed.map((machine) => planMachine(resolved, machine, prices)).sort(compareCandidates);
  const smallest = allowed
    .map((machine) => smallestThatLoads(resolved, machine, prices))
    .filter((plan) => plan !== undefined);
  const minimum = smallest.sort(compareCost)[0];
  const recommended = candidates.find(({ verdict }) => verdict === "fits");
  const ranked = candidates.map((candidate) => ({
    ...candidate,
    minimum: minimum && summarize(minimum),
    recommended: recommended && summarize(recommended),
  }));
  const plan = ranked[0];
  if (!plan) throw new Error("planner: the decision allows no machine, though its rules passed it");
  return { decision, plan: withNearest(plan, ranked), candidates: ranked };
}

/** What the decision names, or all that can be what it asks for. A rule has refused a decision that leaves nothing. */
function isAllowed(machine: Machine, { machine: named, cloud, overrides }: Decision): boolean {
  if (named !== undefined) return named === machine.id;
  if (cloud !== Cloud.any && cloud !== machine.cloud) return false;
  const { tensorParallel = 1, pipelineParallel = 1 } = overrides;
  return tensorParallel <= machine.gpus && (pipelineParallel === 1 || canFormGang(machine));
}

function planMachine(resolved: ResolvedDecision, machine: Machine, prices: PriceBook): Plan {
  return buildPlan(resolved, machine, chooseShape(resolved, machine, "headroom"), prices);
}

/** One replica that holds one request of the context length: what `minimum` reports. */
function smallestThatLoads(resolved: ResolvedDecision, machine: Machine, prices: PriceBook): Plan | undefined {
  const { nodes, replicas, pipelineParallel, ...overrides } = resolved.decision.overrides;
  const alone = { ...resolved.decision, concurrency: 1, averageTokens: undefined, overrides };
  const one = { ...resolved, decision: alone };
  const plan = buildPlan(one, machine, chooseShape(one, machine, "fewest machines"), prices);
  return plan.verdict === "no" ? undefined : plan;
}

function buildPlan(resolved: ResolvedDecision, machine: Machine, shape: Shape, prices: PriceBook): Plan {
  const { decision, model } = resolved;
  const { config, replicas } = shape;
  const requests = Math.ceil(decision.concurrency / replicas);
  const worstCase = requests * tokensTaken(decision.contextLength);
  const planned = requests * tokensTaken(decision.averageTokens ?? decision.contextLength);
  // The engine is told to accept requests of maxModelLen, and starts only if one of them fits.
  const live = Math.max(planned, tokensTaken(config.contextLength));
  const one = judgeMemory(config);
  const all = judgeMemory(config, live);
  const offered = isOffered(machine, decision);
  const verdict = verdictOf(one.verdict, all.verdict, offered || decision.machine !== undefined);
  const plan: Plan = {
    decision,
    verdict,
    machine: machine.id,
    nodes: replicas * config.pipelineParallel,
    nodesPerReplica: config.pipelineParallel,
    replicas,
    tensorParallel: config.tensorParallel,
    pipelineParallel: config.pipelineParallel,
    expertParallel: config.expertParallel,
    memory: all.memory,
    kvCache: {
      dtype: decision.kvCacheDtype,
      bytesPerToken: kvCacheBytesPerToken(model, decision.kvCacheDtype),
      tokensPerReplica: all.kvCacheTokens,
      worstCaseTokensPerReplica: worstCase,
      plannedTokensPerReplica: live,
    },
    throughput: all.weightsLoad ? throughputOf(decision, config, requests, all.kvCacheTokens) : undefined,
    engine: {
      name: "vllm",
      gpuMemoryUtilization: config.gpuMemoryUtilization,
      maxModelLen: decision.overrides.maxModelLen ?? decision.contextLength,
    },
    interconnect: {
      withinNode: machine.gpus > 1 ? "nvlink" : "none",
      betweenNodes: config.pipelineParallel > 1 ? machine.fabric : "not used",
    },
    cost: costOf(decision, machine, replicas * config.pipelineParallel, prices),
    warnings: [],
    explanation: [...explainMemory(config, all, live), ...shape.explanation],
    assumptions: [...resolved.assumptions],
  };
  return { ...plan, warnings: warnAboutPlan(plan, machine, offered) };
}

/** Whether the recorded offerings list the machine there. A zone's name says nothing: it differs from account to account. */
function isOffered(machine: Machine, { region, zone }: Decision): boolean {
  if (!machine.regions.includes(region)) return false;
  return zone === undefined || !isZoneId(zone) || machine.zoneIds.includes(zone);
}

/** Requests that do not fit at once queue: that is tight, not impossible, as long as one request fits. */
function verdictOf(one: Verdict, all: Verdict, offered: boolean): Verdict {
  if (one === "no" || !offered) return "no";
  return all === "fits" ? "fits" : "marginal";
}

/** One replica at its share of the live requests, as many as its cache admits. Half of an average request is output, at most 1024 tokens. */
function throughputOf(decision: Decision, config: Configuration, requests: number, cacheTokens: number) {
  const average = decision.averageTokens ?? decision.contextLength;
  const outputTokens = Math.max(1, Math.min(1024, Math.floor(average / 2)));
  const inputTokens = Math.max(1, average - outputTokens);
  const admitted = Math.max(1, Math.floor(cacheTokens / tokensTaken(average)));
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

/** Order of the ranking: what fits, then cost. */
function compareCandidates(left: Plan, right: Plan): number {
  return verdictOrder[left.verdict] - verdictOrder[right.verdict] || compareCost(left, right);
}

/** What has a price before what has none, then cost, fewer machines, name. */
function compareCost(left: Plan, right: Plan): number {
  const costs = [left, right].map(({ cost }) =>
    cost.hourlyCostUsd === undefined ? Number.POSITIVE_INFINITY : Number(cost.hourlyCostUsd),
  );
  const [leftCost = 0, rightCost = 0] = costs;
  return (
    (leftCost === rightCost ? 0 : leftCost - rightCost) ||
    left.nodes - right.nodes ||
    left.machine.localeCompare(right.machine, "en")
  );
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
