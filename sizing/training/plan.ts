import type { Offload, Optimizer, Recomputation, Sharding, StateFormat } from "../decisionArgs";
import type { ConfigurationSummary, PlanBase } from "../plan";
import type { Checkpoints } from "./checkpoints";
import type { TrainingMemoryBudget } from "./memory";
import type { Method } from "./recipe";
import type { TrainingRun } from "./run";
import type { Utilization } from "./speed";

/** How a model is trained, and how fast. */
export interface TrainingSummary {
  method: Method;
  sequenceLength: number;
  /** Sequences that one rank takes at a time. */
  microBatchSize: number;
  sharding: Sharding;
  recomputation: Recomputation;
  optimizer: Optimizer;
  states: StateFormat;
  logits: string;
  offload: Offload;
  /** Absent for full training. */
  lora?: { rank: number; targets: string; doubleQuantization?: boolean };
  /** Parameters that are trained: all, or the adapters'. */
  trainedParameters: number;
  /** Weights, gradients and optimizer of what is trained, over all GPUs and sharded without loss, decimal GB. */
  statesGB: number;
  /** Weights that are frozen, one copy, decimal GB; 0 for full training. */
  frozenGB: number;
  /** Memory of each machine's own that offloaded states take, GiB; absent without offload. */
  hostMemoryGiB?: number;
  /** Tokens that the cluster trains on a second, by the median utilisation, bounded by the network between machines. */
  tokensPerSecond: number;
  /** The same at the low and the high end of published utilisation. */
  tokensPerSecondRange?: [number, number];
  tokensPerSecondPerGpu: number;
  /** Model FLOPs utilisation that the time is planned with. */
  modelFlopsUtilization: Utilization;
  /** What holds the speed. */
  boundBy: "arithmetic" | "network";
  checkpoints: Checkpoints;
}

/** A decision to train turned into machines. */
export interface TrainingPlan extends PlanBase {
  memory: TrainingMemoryBudget;
  training: TrainingSummary & { run: TrainingRun };
  /** The fewest machines of this kind that load one micro-batch. Absent where none do. */
  loads?: ConfigurationSummary;
}

/** What the run costs as the decision buys its machines, decimal string; undefined where that is not known, or not sold for so long. */
export function runUsd({ decision, training }: TrainingPlan): string | undefined {
  return training.run.costs.find(({ capacityMode }) => capacityMode === decision.capacity.mode)?.usd;
}

/** Whether a plan is one for training. */
export function isTrainingPlan(plan: PlanBase): plan is TrainingPlan {
  return "training" in plan;
}
