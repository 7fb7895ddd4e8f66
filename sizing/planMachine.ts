import type { PriceBook } from "../pricing/priceBook";
import { isWithinReach } from "./candidates";
import { costOf } from "./cost";
import type { ResolvedDecision } from "./decision";
import { explainMemory } from "./explain";
import type { Machine } from "./hardware";
import { judgeInterconnect } from "./interconnect";
import { kvCacheBytesPerToken, tokensTaken } from "./kvCache";
import {
  judgeMemory,
  type LaidOut,
  type LiveRequests,
  longestRequestOf,
  type MemoryJudgement,
  replicaHolds,
} from "./memory";
import { type Outline, outlineOf } from "./outline";
import { isOffered } from "./places";
import type { ConfigurationSummary, Plan } from "./plan";
import { chooseShape, type KnownShapes, type Shape } from "./shapes";
import type { Reached, TargetsReached } from "./targets";
import { explainThroughput } from "./throughput/explain";
import { significant } from "./units";
import { warnAboutPlan } from "./warnings";

/** A machine's plan, and how near its splits come to the targets. */
export interface MachinePlan {
  plan: Plan;
  best?: Reached;
}

/** The best way to carry a decision on machines of one kind. */
export function planMachine(
  resolved: ResolvedDecision,
  machine: Machine,
  prices: PriceBook,
  known: KnownShapes,
): MachinePlan {
  const outline = outlineOf(resolved, machine, known);
  return { plan: buildPlan(outline, resolved, prices), best: outline.shape.best };
}

/** One replica that holds one request of the context length: what `minimum` reports. */
export function smallestThatLoads(
  resolved: ResolvedDecision,
  machine: Machine,
  prices: PriceBook,
  known: KnownShapes,
): ConfigurationSummary | undefined {
  if (!isWithinReach(machine.id, resolved.decision) && resolved.decision.machine === undefined) return undefined;
  const { nodes: _nodes, replicas: _replicas, pipelineParallel: _stages, ...overrides } = resolved.decision.overrides;
  const decision = { ...resolved.decision, concurrency: 1, averageTokens: undefined, targets: undefined, overrides };
  const open = { ...resolved.open, concurrency: false };
  const { laidOut, replicas } = chooseShape({ ...resolved, decision, open }, machine, "fewest machines", known);
  const offered = isOffered(machine, decision.region, decision.zone) || decision.machine !== undefined;
  if (!offered || judgeMemory(laidOut).verdict === "no") return undefined;
  const { tensorParallel, pipelineParallel, dataParallel } = laidOut.config;
  const nodes = replicas * pipelineParallel;
  const { hourlyCostUsd } = costOf(decision, machine, nodes, prices);
  return { machine: machine.id, nodes, tensorParallel, pipelineParallel, dataParallel, replicas, hourlyCostUsd };
}

function buildPlan(outline: Outline, resolved: ResolvedDecision, prices: PriceBook): Plan {
  const { machine, decision, shape, live, judgement, throughput, isOffered: offered, nodes } = outline;
  const { laidOut, replicas, targets } = shape;
  const { config } = laidOut;
  const { tensorParallel, pipelineParallel, dataParallel, expertParallel } = config;
  const requests = live.requests * dataParallel;
  const plan: Plan = {
    decision,
    verdict: outline.verdict,
    machine: machine.id,
    nodes,
    nodesPerReplica: pipelineParallel,
    replicas,
    tensorParallel,
    pipelineParallel,
    dataParallel,
    expertParallel,
    memory: judgement.memory,
    kvCache: {
      dtype: decision.kvCacheDtype,
      bytesPerToken: kvCacheBytesPerToken(resolved.model, decision.kvCacheDtype),
      tokensPerReplica: judgement.kvCacheTokens * dataParallel,
      longestRequestTokens: longestRequestOf(laidOut),
      maxSequences: replicaHolds(laidOut, config.contextLength, false) * dataParallel,
      worstCaseTokensPerReplica: requests * tokensTaken(decision.contextLength),
      // The engine is told to accept requests of maxModelLen, and starts only if one of them fits.
      plannedTokensPerReplica: Math.max(requests * tokensTaken(live.tokensEach), tokensTaken(config.contextLength)),
    },
    throughput,
    tokensPerSecond: outline.tokensPerSecond === undefined ? undefined : significant(outline.tokensPerSecond),
    targets,
    engine: {
      name: "vllm",
      gpuMemoryUtilization: config.gpuMemoryUtilization,
      maxModelLen: decision.overrides.maxModelLen ?? decision.contextLength,
      maxNumSeqs: targets && !isTimeMissed(targets) ? shape.letsIn : undefined,
    },
    interconnect: judgeInterconnect(machine, config),
    cost: costOf(decision, machine, nodes, prices),
    warnings: [],
    explanation: [
      ...explainOnce(laidOut, judgement, live),
      ...shape.explanation,
      ...(throughput ? explainThroughput(config, throughput) : []),
    ],
    assumptions: [...resolved.assumptions, ...assumeConcurrency(resolved, shape)],
  };
  return { ...plan, warnings: warnAboutPlan(plan, machine, offered, judgement.tight) };
}

// Machines of the same GPUs share what is judged of their memory, and what there is to say of it.
const explained = new WeakMap<MemoryJudgement, string[]>();

function explainOnce(laidOut: LaidOut, judgement: MemoryJudgement, live: LiveRequests): string[] {
  const lines = explained.get(judgement) ?? explainMemory(laidOut, judgement, live);
  explained.set(judgement, lines);
  return lines;
}

function isTimeMissed({ missed }: TargetsReached): boolean {
  return missed.some(({ target }) => target !== "tokensPerSecond");
}

/** A number of live requests that nobody named was found by the rate of tokens. */
function assumeConcurrency({ open, decision }: ResolvedDecision, { concurrency, targets }: Shape): string[] {
  if (!open.concurrency) return [];
  const rate = decision.targets?.tokensPerSecond;
  const isMissed = targets?.missed.some(({ target }) => target === "tokensPerSecond") ?? true;
  return [
    isMissed
      ? `concurrency: ${concurrency}; no number of live requests reaches ${rate} tokens a second here`
      : `concurrency: ${concurrency}, the live requests that ${rate} tokens a second take`,
  ];
}
