import type { Decision, ResolvedDecision } from "./decision";
import type { Machine } from "./hardware";
import { averageRequest } from "./load";
import { judgeLoad, type LaidOut, type LiveRequests, type MemoryJudgement, replicaHolds, type Verdict } from "./memory";
import { isOffered } from "./places";
import { chooseShape, type KnownShapes, liveRequestsOf, type Shape } from "./shapes";
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
  /** Output tokens of all replicas. */
  tokensPerSecond?: number;
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
  const live = liveRequestsOf(decision, replicas, laidOut.config.dataParallel);
  const judgement = judgeLoad(laidOut, live);
  if (!judgement.weightsLoad) return { live, judgement };
  const throughput = throughputOf(decision, laidOut, replicas);
  const busy = Math.min(replicas, decision.concurrency);
  return { live, judgement, throughput, tokensPerSecond: throughput.outputTokensPerSecond * busy };
}

/** One replica at its share of the live requests, as many as its cache admits. */
function throughputOf(decision: Decision, laidOut: LaidOut, replicas: number): Throughput {
  const tokens = averageRequest(decision);
  const { config } = laidOut;
  const admitted = replicaHolds(laidOut, tokens.inputTokens + tokens.outputTokens, false) * config.dataParallel;
  // Replicas beyond the live requests have nothing to do.
  const share = Math.max(1, decision.concurrency / replicas);
  return estimateThroughput(config, { ...tokens, concurrency: Math.min(share, Math.max(1, admitted)) });
}
