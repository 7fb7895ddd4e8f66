import { kvCacheBytesPerToken } from "./kvCache";
import type { Configuration, MemoryJudgement } from "./memory";
import { GB, round } from "./units";
import { weighCheckpoint } from "./weights";

/** The arithmetic of a memory judgement, a line a step, with units: what `--explain` prints. */
export function explainMemory(config: Configuration, judgement: MemoryJudgement, liveTokens: number): string[] {
  const { model, checkpoint, gpu, tensorParallel, pipelineParallel, dataParallel } = config;
  const { memory } = judgement;
  const weights = weighCheckpoint(model, checkpoint);
  const split = `tensor ${tensorParallel} x pipeline ${pipelineParallel}${dataParallel > 1 ? ` x data ${dataParallel}` : ""}`;
  const lines = [
    `weights: ${model.id} in ${checkpoint.id} is ${round(weights.total / GB, 1)} GB (linear layers ${round((weights.layers + weights.experts) / GB, 1)} GB, embeddings ${round(weights.embeddings / GB, 1)} GB in bf16); ${memory.weightsGiB} GiB on the fullest GPU of ${split}`,
    `usable: ${gpu.id} shows ${memory.capacityGiB} GiB x ${config.gpuMemoryUtilization} = ${memory.usableGiB} GiB`,
    `KV cache: ${memory.usableGiB} - ${memory.weightsGiB} weights - ${memory.activationsGiB} activations - ${memory.nonTorchGiB} outside PyTorch = ${memory.kvCacheGiB} GiB a GPU${memory.kvCacheGiB === 0 ? " (nothing is left)" : ""}`,
    `KV per token: ${kvCacheBytesPerToken(model, config.kvCacheDtype)} bytes over all layers, ${round(judgement.kvCacheBytesPerTokenPerGpu, 0)} on the fullest GPU; the cache holds ${judgement.kvCacheTokens} tokens`,
    `asked: ${liveTokens} live tokens; ${memory.shortGiB > 0 ? `${memory.shortGiB} GiB a GPU are missing` : `${memory.freeGiB} GiB a GPU stay free`}`,
  ];
  if (checkpoint.note) lines.push(`note: ${checkpoint.note}`);
  return lines;
}
