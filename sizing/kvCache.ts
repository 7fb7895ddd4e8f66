import type { Model } from "./catalogue";
import { KvCacheDtype } from "./decisionArgs";

/** vLLM keeps the cache in blocks of this many tokens (its default block size on NVIDIA GPUs). */
export const blockTokens = 16;

/** Bytes of one cached number. `auto` is the model's own 16 bits. */
export function kvCacheElementBytes(dtype: KvCacheDtype): number {
  return dtype === KvCacheDtype.fp8 ? 1 : 2;
}

/** Bytes of KV cache that one token takes over all layers, before any split. */
export function kvCacheBytesPerToken(model: Model, dtype: KvCacheDtype): number {
  const element = kvCacheElementBytes(dtype);
  if (model.mla) return model.layers * (model.mla.kvLoraRank + model.mla.qkRopeHeadDim) * element;
  return 2 * model.layers * model.kvHeads * model.headDim * element;
}

/**
 * Bytes of KV cache that one token takes on the fullest GPU. Tensor parallelism divides KV heads until each rank has
 * one, then copies them; latent attention is kept whole on every rank; pipeline stages keep their own layers' part.
 */
export function kvCacheBytesPerTokenPerGpu(
  model: Model,
  dtype: KvCacheDtype,
  split: { tensorParallel: number; pipelineParallel: number },
): number {
  const stageShare = Math.ceil(model.layers / split.pipelineParallel) / model.layers;
  const ways = model.mla ? 1 : Math.min(split.tensorParallel, model.kvHeads);
  return (kvCacheBytesPerToken(model, dtype) * stageShare) / ways;
}

/** Tokens that a cache of so many bytes holds: whole blocks only. */
export function tokensHeld(cacheBytes: number, bytesPerToken: number): number {
  return Math.floor(cacheBytes / (bytesPerToken * blockTokens)) * blockTokens;
}

/** Tokens that a request of a length occupies: whole blocks. */
export function tokensTaken(length: number): number {
  return Math.ceil(length / blockTokens) * blockTokens;
}
