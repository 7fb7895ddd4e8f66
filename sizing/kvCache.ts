import { KvCacheDtype } from "./decisionArgs";
import { isHeadAttention, type Layer, layersOf, type Mixer, type Model } from "./model";

/** vLLM keeps the cache in blocks of this many tokens (its default block size on NVIDIA GPUs). */
export const blockTokens = 16;

/**
 * Bytes a token of the key that a sparse-attention indexer keeps for itself: 128 of 8 bits and a 32-bit scale
 * (vLLM, DeepseekV32IndexerCache; the head's width stands for the 128).
 */
const indexerScaleBytes = 4;

/** Bytes of one cached number. `auto` is the model's own 16 bits. */
function kvCacheElementBytes(dtype: KvCacheDtype): number {
  return dtype === KvCacheDtype.fp8 ? 1 : 2;
}

/** What requests take of the cache on one GPU. */
export interface CacheLoad {
  /** Bytes of every token, however many there are. */
  perToken: number;
  /** Layers that keep only the last tokens of a request: bytes a token, and how many. */
  windows: readonly { tokens: number; perToken: number }[];
  /** Bytes of a request's constant state. */
  state: number;
}

/** What the layers from `first` up to `end` cache on one GPU of a tensor-parallel group. */
export function cacheLoad(
  model: Model,
  dtype: KvCacheDtype,
  tensorParallel: number,
  first = 0,
  end = Number.POSITIVE_INFINITY,
): CacheLoad {
  const key = [dtype, tensorParallel, first, end].join();
  const ofModel = loadsOfModels.get(model) ?? new Map<string, CacheLoad>();
  loadsOfModels.set(model, ofModel);
  const load = ofModel.get(key) ?? computeLoad(model, dtype, tensorParallel, first, end);
  ofModel.set(key, load);
  return load;
}

// Plans over many machines ask for the same few splits again and again.
const loadsOfModels = new WeakMap<Model, Map<string, CacheLoad>>();

function computeLoad(model: Model, dtype: KvCacheDtype, tensorParallel: number, first: number, end: number): CacheLoad {
  let perToken = 0;
  let state = 0;
  const windows = new Map<number, number>();
  const counts = countCaches(layersOf(model).slice(first, end));
  const group = Math.min(...counts.values());
  for (const [mixer, count] of counts) {
    if (mixer.kind === "recurrent") {
      state += (padded(count, group) * mixer.stateBytes) / tensorParallel;
      continue;
    }
    const bytes = tokenBytes(mixer, dtype, tensorParallel);
    if (mixer.kind === "full" || mixer.kind === "latent" || mixer.window === undefined) {
      perToken += count * bytes;
    } else {
      windows.set(mixer.window, (windows.get(mixer.window) ?? 0) + padded(count, group) * bytes);
    }
  }
  return { perToken, state, windows: [...windows].map(([tokens, bytes]) => ({ tokens, perToken: bytes })) };
}

/**
 * Layers in whole groups. vLLM draws every kind of cache from one pool of blocks for as many layers as the rarest kind
 * has, and pads the others (kv_cache_utils.py; Gemma 3 27B, 10 full and 52 windowed, is logged as 62 + 8 layers).
 */
function padded(count: number, group: number): number {
  return Math.ceil(count / group) * group;
}

/** How often each kind of cache occurs. Mixers that differ in nothing but name count together. */
function countCaches(layers: readonly Layer[]): Map<Mixer, number> {
  const byKind = new Map<string, { mixer: Mixer; count: number }>();
  for (const { mixers } of layers) {
    for (const mixer of mixers) {
      if (isHeadAttention(mixer) && mixer.readsEarlierCache) continue;
      const key = cacheKey(mixer);
      const known = byKind.get(key);
      if (known) known.count += 1;
      else byKind.set(key, { mixer, count: 1 });
    }
  }
  return new Map([...byKind.values()].map(({ mixer, count }) => [mixer, count]));
}

const cacheKeys = new WeakMap<Mixer, string>();

function cacheKey(mixer: Mixer): string {
  const known = cacheKeys.get(mixer);
  if (known) return known;
  const key = isHeadAttention(mixer)
    ? [mixer.kind, mixer.kvHeads, mixer.headDim, mixer.valueHeadDim, mixer.window].join()
    : mixer.kind === "latent"
      ? [mixer.kind, mixer.kvLoraRank, mixer.qkRopeHeadDim, mixer.indexer?.headDim].join()
      : [mixer.kind, mixer.name, mixer.stateBytes].join();
  cacheKeys.set(mixer, key);
  return key;
}

/**
 * Bytes that one token of one layer takes on one GPU. Tensor parallelism divides KV heads until each rank has one,
 * then copies them; latent attention is kept whole on every rank.
 */
function tokenBytes(mixer: Exclude<Mixer, { kind: "recurrent" }>, dtype: KvCacheDtype, tensorParallel: number): number {
  const element = kvCacheElementBytes(dtype);
  if (mixer.kind === "latent") {
    const indexer = mixer.indexer ? mixer.indexer.headDim + indexerScaleBytes : 0;
    return (mixer.kvLoraRank + mixer.qkRopeHeadDim) * element + indexer;
  }
  const { kvHeads, headDim, valueHeadDim = headDim } = mixer;
  return (kvHeads * (headDim + valueHeadDim) * element) / Math.min(tensorParallel, kvHeads);
}

/** Bytes of KV cache that a token takes over all layers that keep every token, before any split. */
export function kvCacheBytesPerToken(model: Model, dtype: KvCacheDtype): number {
  return cacheLoad(model, dtype, 1).perToken;
}

/** Tokens that a request of a length occupies: whole blocks. */
export function tokensTaken(length: number): number {
  return Math.ceil(length / blockTokens) * blockTokens;
}

/** Bytes that one request of a length takes once its prompt is read. */
export function requestBytes({ perToken, windows, state }: CacheLoad, length: number): number {
  const taken = tokensTaken(length);
  const windowed = windows.reduce(
    (sum, window) => sum + Math.min(taken, windowTokens(window.tokens)) * window.perToken,
    0,
  );
  return taken * perToken + windowed + state;
}

/** Blocks that a window touches: one more than it fills, because it need not begin at a block's edge. */
function windowTokens(window: number): number {
  return tokensTaken(window - 1) + blockTokens;
}

/**
 * Bytes that windowed layers need on top while prompts are read: the tokens of a step are all kept until it ends
 * (vLLM, SlidingWindowSpec.max_memory_usage_bytes: window - 1 + max_num_batched_tokens). All requests share one step.
 */
export function prefillBytes({ windows }: CacheLoad, length: number, batchedTokens: number): number {
  const taken = tokensTaken(length);
  return windows.reduce((sum, { tokens, perToken }) => {
    const steady = Math.min(taken, windowTokens(tokens));
    const reading = Math.min(taken, windowTokens(tokens + batchedTokens));
    return sum + (reading - steady) * perToken;
  }, 0);
}

/** Requests of a length that a cache holds at a time; not rounded. */
export function requestsHeld(load: CacheLoad, cacheBytes: number, length: number, batchedTokens: number): number {
  const left = cacheBytes - prefillBytes(load, length, batchedTokens);
  const each = requestBytes(load, length);
  if (each === 0) return Number.POSITIVE_INFINITY;
  return Math.max(0, left / each);
}

/** Longest single request that a cache holds, tokens: whole blocks, up to `most`. */
export function longestRequest(load: CacheLoad, cacheBytes: number, batchedTokens: number, most: number): number {
  const fits = (blocks: number) => {
    const length = blocks * blockTokens;
    return requestBytes(load, length) + prefillBytes(load, length, batchedTokens) <= cacheBytes;
  };
  let held = 0;
  let above = Math.ceil(most / blockTokens) + 1;
  while (above - held > 1) {
    const middle = Math.floor((held + above) / 2);
    if (fits(middle)) held = middle;
    else above = middle;
  }
  return Math.min(most, held * blockTokens);
}
