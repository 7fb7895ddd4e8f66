import type { KvCacheDtype } from "./decisionArgs";
import { type EngineLimits, type EngineMemory, engineLimits, engineMemory, type Sampler } from "./engineMemory";
import type { Gpu } from "./hardware";
import { blockTokens, type CacheLoad, longestRequest, prefillBytes, requestBytes, requestsHeld } from "./kvCache";
import { type Checkpoint, expertsOf, type Model } from "./model";
import { type Split, type Stage, stagesOf } from "./stages";
import { GiB, round } from "./units";

/** vLLM's own default since 0.20 (0.90 before). */
export const defaultGpuMemoryUtilization = 0.92;

/** A verdict on memory: `marginal` loads with less than 2 GiB or 10 % of the cache to spare. */
export type Verdict = "fits" | "marginal" | "no";

const marginGiB = 2;
const marginShare = 0.1;
/**
 * Ranks that share experts gather each other's tokens, into buffers that are not modelled: DeepSeek V3.2 on eight H200
 * had 7 to 13 GiB less than is reckoned here (gpustack's deepseek-v3.2/h200 page), another 16 ranks 13 GiB less (vllm#25683).
 */
const sharedExpertsMarginGiB = { upTo8: 8, above: 16 };
/**
 * CUDA graphs of releases up to 0.19 lie outside the engine's share: up to 1.1 GiB on 80 GB, 0.7 on 24 GB in logs;
 * vllm#6746 ran out at 0.99 of 80 GB.
 */
const outside = { mostGiB: 1.2, share: 0.03 };

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

/** Requests that are live at a time in one replica (one data-parallel rank), and how long each is, tokens. */
export interface LiveRequests {
  requests: number;
  tokensEach: number;
}

export interface MemoryJudgement {
  verdict: Verdict;
  /** Why the verdict is `marginal`; absent when it is not. */
  tight?: string;
  /** Of the GPU that has the least to spare. */
  memory: MemoryBudget;
  /** Whether weights and activations alone leave anything for a cache. */
  weightsLoad: boolean;
  /** Tokens that the cache of one replica (one data-parallel rank) holds, in requests of the context length. */
  kvCacheTokens: number;
  engine: EngineMemory;
  /** The stage that has the least to spare, from 0. */
  fullestStage: number;
  /** What requests take on that stage's GPUs. */
  cache: CacheLoad;
}

/** A configuration's stages and what the engine takes beside them: all that judging needs, computed once. */
export interface LaidOut {
  config: Configuration;
  stages: readonly Stage[];
  engine: EngineMemory;
  limits: EngineLimits;
}

/**
 * Lays a configuration out on its GPUs.
 * @param sampler the kind of engine; without it the one that takes more
 */
export function layOut(config: Configuration, sampler?: Sampler): LaidOut {
  const { model, checkpoint, gpu, kvCacheDtype } = config;
  // Tiles of the MXFP4 kernels: 256 columns on Blackwell and AMD, 128 elsewhere.
  const expertTile = gpu.architecture === "blackwell" || gpu.vendor === "amd" ? 256 : 128;
  return {
    config,
    stages: stagesOf(model, checkpoint, kvCacheDtype, config, expertTile),
    engine: engineMemory(model, checkpoint, gpu, config, sampler),
    limits: engineLimits(gpu),
  };
}

/**
 * Judges memory stage by stage: capacity x utilisation - weights - activations - non-torch is the KV cache, which must
 * hold the live requests, and in any case one of the context length. The GPU with the least to spare decides.
 */
export function judgeMemory(laidOut: LaidOut, live: LiveRequests = oneRequest(laidOut)): MemoryJudgement {
  const { config, stages } = laidOut;
  const needs = stages.map((stage) => {
    const leftGiB = leftForCache(laidOut, stage);
    const neededGiB = neededBytes(laidOut, stage.cache, live) / GiB;
    return { leftGiB, spareGiB: leftGiB - neededGiB };
  });
  const tightest = needs.reduce(
    (worst, need, index) => (need.spareGiB < (needs[worst]?.spareGiB ?? 0) ? index : worst),
    0,
  );
  const { leftGiB, spareGiB } = needs[tightest] as (typeof needs)[number];
  const stage = stages[tightest] as Stage;
  const caches = stages.map(({ cache }, index) => ({ cache, bytes: Math.max(0, needs[index]?.leftGiB ?? 0) * GiB }));
  return {
    ...needs.map((need) => judge(config, need.leftGiB, need.spareGiB)).reduce(worse),
    weightsLoad: needs.every((need) => need.leftGiB > 0),
    memory: budget(laidOut, stage, leftGiB, spareGiB),
    kvCacheTokens: boundedTokens(
      laidOut,
      caches.map(({ cache, bytes }) => tokensHeld(laidOut, cache, bytes)),
    ),
    engine: laidOut.engine,
    fullestStage: tightest,
    cache: stage.cache,
  };
}

function oneRequest({ config }: LaidOut): LiveRequests {
  return { requests: 1, tokensEach: config.contextLength };
}

function leftForCache({ config, engine }: LaidOut, stage: Stage): number {
  const usableGiB = config.gpu.memoryGiB * config.gpuMemoryUtilization;
  return usableGiB - stage.weightBytes / GiB - engine.activationsGiB - engine.nonTorchGiB;
}

/** Bytes that live requests need; the engine starts only if one of the whole context fits, whatever the average is. */
function neededBytes(
  { config, limits: { batchedTokens } }: LaidOut,
  cache: CacheLoad,
  { requests, tokensEach }: LiveRequests,
) {
  const all = requests * requestBytes(cache, tokensEach) + prefillBytes(cache, tokensEach, batchedTokens);
  const longest = requestBytes(cache, config.contextLength) + prefillBytes(cache, config.contextLength, batchedTokens);
  return Math.max(all, longest);
}

function budget({ config, engine }: LaidOut, stage: Stage, leftGiB: number, spareGiB: number): MemoryBudget {
  const { gpu, gpuMemoryUtilization } = config;
  return {
    capacityGiB: round(gpu.memoryGiB, 3),
    usableGiB: round(gpu.memoryGiB * gpuMemoryUtilization, 3),
    weightsGiB: round(stage.weightBytes / GiB, 3),
    kvCacheGiB: round(Math.max(0, leftGiB), 3),
    activationsGiB: round(engine.activationsGiB, 3),
    nonTorchGiB: round(engine.nonTorchGiB, 3),
    freeGiB: round(Math.max(0, spareGiB), 3),
    shortGiB: round(Math.max(0, -spareGiB), 3),
  };
}

/** What every stage holds. Where no layer caches anything, only the engine's own limit of requests puts a bound. */
function boundedTokens({ config, limits }: LaidOut, tokens: readonly number[]): number {
  const held = Math.min(...tokens);
  return Number.isFinite(held) ? held : limits.sequences * config.contextLength;
}

/** Whole blocks of tokens, in requests of the context length: what vLLM prints as its cache's size. Unbounded where nothing is cached. */
function tokensHeld({ config, limits }: LaidOut, cache: CacheLoad, bytes: number): number {
  if (cache.windows.length === 0 && cache.state === 0 && cache.perToken > 0) {
    return Math.floor(bytes / (cache.perToken * blockTokens)) * blockTokens;
  }
  const held = requestsHeld(cache, bytes, config.contextLength, limits.batchedTokens);
  return Math.floor((held * config.contextLength) / blockTokens) * blockTokens;
}

/** Longest single request that a replica's cache holds, tokens; at most what the model was made for. */
export function longestRequestOf(laidOut: LaidOut): number {
  const { config, limits } = laidOut;
  const longest = laidOut.stages.map((stage) => {
    const bytes = Math.max(0, leftForCache(laidOut, stage)) * GiB;
    return longestRequest(stage.cache, bytes, limits.batchedTokens, config.model.maxContext);
  });
  return Math.min(...longest);
}

/**
 * Judges a load: when one request fits and all of them do not, the rest queue, which is tight and not impossible; so
 * it is when more are live than the engine lets in.
 */
export function judgeLoad(laidOut: LaidOut, live: LiveRequests): MemoryJudgement {
  const all = judgeMemory(laidOut, live);
  const most = laidOut.limits.sequences;
  if (all.verdict === "no" && judgeMemory(laidOut).verdict !== "no") return { ...all, verdict: "marginal" };
  if (all.verdict === "no" || live.requests <= most) return all;
  const tight = `the engine lets in ${most} of ${live.requests} live requests at a time: the rest queue`;
  return { ...all, verdict: "marginal", tight };
}

/** Requests of a length that a replica (one data-parallel rank) takes at a time: as many as fit, with headroom or without, and as the engine lets in. */
export function replicaHolds(laidOut: LaidOut, tokensEach: number, headroom: boolean): number {
  const held = laidOut.stages.map((stage) => {
    const leftGiB = Math.max(0, leftForCache(laidOut, stage));
    const cacheGiB = headroom ? Math.max(0, leftGiB - headroomGiB(laidOut.config, leftGiB)) : leftGiB;
    return requestsHeld(stage.cache, cacheGiB * GiB, tokensEach, laidOut.limits.batchedTokens);
  });
  return Math.floor(Math.min(laidOut.limits.sequences, ...held));
}

type Judged = Pick<MemoryJudgement, "verdict" | "tight">;

const order: readonly Verdict[] = ["no", "marginal", "fits"];

function worse(left: Judged, right: Judged): Judged {
  return order.indexOf(left.verdict) <= order.indexOf(right.verdict) ? left : right;
}

function judge(config: Configuration, leftGiB: number, spareGiB: number): Judged {
  if (spareGiB < 0 || leftGiB <= 0) return { verdict: "no" };
  const { memoryGiB } = config.gpu;
  const outsideGiB = memoryGiB * (1 - config.gpuMemoryUtilization);
  if (outsideGiB < Math.min(outside.mostGiB, outside.share * memoryGiB)) {
    const words = `gpuMemoryUtilization ${config.gpuMemoryUtilization} leaves ${round(outsideGiB)} GiB of the GPU for CUDA graphs, which may lie outside it`;
    return { verdict: "marginal", tight: words };
  }
  const headroom = headroomGiB(config, leftGiB);
  if (spareGiB >= headroom) return { verdict: "fits" };
  return {
    verdict: "marginal",
    tight: `only ${round(spareGiB, 3)} GiB a GPU of the KV cache stay free, less than the ${round(headroom)} that ${whatFor(config)}`,
  };
}

function whatFor({ model, dataParallel }: Configuration): string {
  return dataParallel > 1 && expertsOf(model)
    ? "ranks that share experts may need for it"
    : "are to be spared (2 GiB and 10 %)";
}

/** What must stay free of a KV cache for the verdict to be `fits` and not `marginal`. */
function headroomGiB({ model, dataParallel }: Configuration, cacheGiB: number): number {
  const { upTo8, above } = sharedExpertsMarginGiB;
  const shared = dataParallel > 1 && expertsOf(model) ? (dataParallel > 8 ? above : upTo8) : 0;
  return Math.max(marginGiB, marginShare * cacheGiB, shared);
}
