import type { Decision, ResolvedDecision } from "./decision";
import type { Machine } from "./hardware";
import { averageRequest } from "./load";
import { judgeLoad, type LaidOut, type LiveRequests, type MemoryJudgement, replicaHolds, type Verdict } from "./memory";
import { isOffered } from "./places";
import { chooseShape, type KnownShapes, liveRequestsOf, type Shape } from "./shapes";
import { judgeTargets, type Reached, type TargetsReached } from "./targets";
import { estimateThroughput, type Throughput } from "./throughput/estimate";

/** The best way to carry a decision on machines of one kind, judged; what plans and rankings are made from. */
export interface Outline extends Judged {
  machine: Machine;
  /** With the live requests that the shape was made for. */
  decision: Decision;
  shape: Shape;
  nodes: number;
  /** Whether the machine is known to be offered where the decision asks for it. */
  isOffered: boolean;
  /** `no` also for a machine that is not offered there, unless it was asked for by name. */
  verdict: Verdict;
}

interface Judged {
  live: LiveRequests;
  judgement: MemoryJudgement;
  /** One replica; absent when the weights do not load. */
  throughput?: Throughput;
  targets?: TargetsReached;
}

/** Finds and judges the best way to carry a decision on machines of one kind. */
export function outlineOf(resolved: ResolvedDecision, machine: Machine, known: KnownShapes): Outline {
  const shape = chooseShape(resolved, machine, "headroom", known);
  const decision = { ...resolved.decision, concurrency: shape.concurrency };
  const judged = judgedShapes.get(shape.laidOut) ?? judge(decision, shape);
  judgedShapes.set(shape.laidOut, judged);
  const offered = isOffered(machine, decision.region, decision.zone);
  return {
    ...judged,
    machine,
    decision,
    shape,
    nodes: shape.replicas * shape.laidOut.config.pipelineParallel,
    isOffered: offered,
    verdict: offered || decision.machine !== undefined ? judged.judgement.verdict : "no",
  };
}

// Machines of the same GPUs share their shapes, and what is judged of them.
const judgedShapes = new WeakMap<LaidOut, Judged>();

function judge(decision: Decision, { laidOut, replicas }: Shape): Judged {
  const { dataParallel } = laidOut.config;
  const live = liveRequestsOf(decision, replicas, dataParallel);
  const judgement = judgeLoad(laidOut, live);
  if (!judgement.weightsLoad) return { live, judgement };
  const throughput = throughputOf(decision, laidOut, live.requests * dataParallel);
  const targets = decision.targets && judgeTargets(decision.targets, reachedBy(throughput, replicas));
  return { live, judgement, throughput, targets };
}

/** One replica at its share of the live requests, as many as its cache admits. */
function throughputOf(decision: Decision, laidOut: LaidOut, requests: number): Throughput {
  const tokens = averageRequest(decision);
  const { config } = laidOut;
  const admitted = replicaHolds(laidOut, tokens.inputTokens + tokens.outputTokens, false) * config.dataParallel;
  return estimateThroughput(config, { ...tokens, concurrency: Math.min(requests, Math.max(1, admitted)) });
}

function reachedBy(throughput: Throughput, replicas: number): Reached {
  const { timePerOutputTokenMs, timeToFirstTokenMs } = throughput;
  return {
    timePerOutputTokenMs,
    timeToFirstTokenMs,
    tokensPerSecond: throughput.outputTokensPerSecond * replicas,
  };
}
