import type { Checkpoint, Gpu, Model } from "./catalogue";
import type { KvCacheDtype } from "./decisionArgs";
import { kvCacheBytesPerTokenPerGpu, tokensHeld, tokensTaken } from "./kvCache";
import { GiB, round } from "./units";
import { type Split, weighCheckpoint, weightBytesPerGpu } from "./weights";

/** vLLM's own default since 0.22 (0.90 before). */
export const defaultGpuMemoryUtilization = 0.92;

// What vLLM takes at start besides weights, GiB a GPU, constant in context length: activations and CUDA graphs as
// its profiling run finds them with default batching, measured by llm-d-planner (4.8-5.6 dense, 7.4 MoE) and rounded
// up to the safe side; then memory outside PyTorch (NCCL, CUDA context), and all-to-all buffers when data-parallel
// ranks share experts (fitted on one log).
const activationsGiB = { dense: 5.6, moe: 8.0 };
const nonTorchGiB = { alone: 0.15, parallel: 0.6 };
const allToAllGiB = 2.5;

/** A verdict on memory: `marginal` loads with less than 2 GiB or 10 % of the cache to spare. */
export type Verdict = "fits" | "marginal" | "no";

const marginGiB = 2;
const marginShare = 0.1;

/** Memory of the fullest GPU, GiB. */
export interface MemoryBudget {
  /** What the engine can see of the GPU's memory. */
  capacityGiB: number;
  /** What the engine may take of it: capacity x gpuMemoryUtilization. */
  usableGiB: number;
  weightsGiB: number;
  /** What is left for the KV cache, which the engine takes whole; 0 when the rest alone is too much. */
  kvCacheGiB: number;
  activationsGiB: number;
  nonTorchGiB: number;
  /** What the asked requests leave of the KV cache; 0 when they do not fit. */
  freeGiB: number;
  /** What is missing; 0 when everything fits. */
  shortGiB: number;
}

/** What is to be judged: a model cut over GPUs of one kind. */
export interface Configuration extends Split {
  model: Model;
  checkpoint: Checkpoint;
  gpu: Gpu;
  kvCacheDtype: KvCacheDtype;
  gpuMemoryUtilization: number;
  /** Longest request, tokens. */
  contextLength: number;
}

export interface MemoryJudgement {
  verdict: Verdict;
  memory: MemoryBudget;
  /** Whether weights and activations alone leave anything for a cache. */
  weightsLoad: boolean;
  /** Tokens that the cache of one replica (one data-parallel rank) holds. */
  kvCacheTokens: number;
  kvCacheBytesPerTokenPerGpu: number;
}

/**
 * Judges memory: capacity x utilisation - weights - activations - non-torch is the KV cache, which must hold
 * `liveTokens` (default: one request of the context length).
 */
export function judgeMemory(config: Configuration, liveTokens = tokensTaken(config.contextLength)): MemoryJudgement {
  const { model, checkpoint, gpu } = config;
  const usableGiB = gpu.memoryGiB * config.gpuMemoryUtilization;
  const weightsGiB = weightBytesPerGpu(model, weighCheckpoint(model, checkpoint), config) / GiB;
  const activations = activationsGiB[model.kind];
  const nonTorch = nonTorchOf(config);
  const leftGiB = usableGiB - weightsGiB - activations - nonTorch;
  const perToken = kvCacheBytesPerTokenPerGpu(model, config.kvCacheDtype, config);
  const neededGiB = (liveTokens * perToken) / GiB;
  const spareGiB = leftGiB - neededGiB;
  return {
    verdict: judge(leftGiB, spareGiB),
    weightsLoad: leftGiB > 0,
    memory: {
      capacityGiB: round(gpu.memoryGiB, 3),
      usableGiB: round(usableGiB, 3),
      weightsGiB: round(weightsGiB, 3),
      kvCacheGiB: round(Math.max(0, leftGiB), 3),
      activationsGiB: activations,
      nonTorchGiB: nonTorch,
      freeGiB: round(Math.max(0, spareGiB), 3),
      shortGiB: round(Math.max(0, -spareGiB), 3),
    },
    kvCacheTokens: tokensHeld(Math.max(0, leftGiB) * GiB, perToken),
    kvCacheBytesPerTokenPerGpu: perToken,
  };
}

function judge(leftGiB: number, spareGiB: number): Verdict {
  if (spareGiB < 0) return "no";
  return spareGiB < headroomGiB(leftGiB) ? "marginal" : "fits";
}

function headroomGiB(cacheGiB: number): number {
  return Math.max(marginGiB, marginShare * cacheGiB);
}

/** The part of a KV cache that may be planned for, so that the verdict is `fits` and not `marginal`. */
export function cacheWithHeadroomGiB(cacheGiB: number): number {
  return Math.max(0, cacheGiB - headroomGiB(cacheGiB));
}

function nonTorchOf({ model, tensorParallel, pipelineParallel, dataParallel }: Configuration): number {
  // Data-parallel ranks of a dense model are engines of their own and share nothing.
  const sharesExperts = model.moe !== undefined && dataParallel > 1;
  const parallel = tensorParallel * pipelineParallel > 1 || sharesExperts;
  return (parallel ? nonTorchGiB.parallel : nonTorchGiB.alone) + (sharesExperts ? allToAllGiB : 0);
}
