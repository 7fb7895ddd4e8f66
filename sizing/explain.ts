import { cacheLoad, kvCacheBytesPerToken, requestBytes } from "./kvCache";
import { type Configuration, type LaidOut, type LiveRequests, longestRequestOf, type MemoryJudgement } from "./memory";
import { bytesOfWeight } from "./precision";
import { GB, GiB, round } from "./units";
import { countParameters, unquantizedBytes, weighCheckpoint } from "./weights";

/** The arithmetic of a memory judgement, a line a step, with units and the source of each constant: what `--explain` prints. */
export function explainMemory(laidOut: LaidOut, judgement: MemoryJudgement, live: LiveRequests): string[] {
  const { memory, engine } = judgement;
  const { config } = laidOut;
  return [
    ...explainWeights(config, judgement),
    `usable: ${config.gpu.id} shows ${memory.capacityGiB} GiB x ${config.gpuMemoryUtilization} = ${memory.usableGiB} GiB [${config.gpu.source}]`,
    engine.explain(),
    `KV cache: ${memory.usableGiB} - ${memory.weightsGiB} weights - ${memory.activationsGiB} activations - ${memory.nonTorchGiB} outside PyTorch = ${memory.kvCacheGiB} GiB a GPU${memory.kvCacheGiB === 0 ? " (nothing is left)" : ""}`,
    ...explainCache(laidOut, judgement),
    `asked: ${live.requests} request${live.requests > 1 ? "s" : ""} of ${live.tokensEach} tokens; ${memory.shortGiB > 0 ? `${memory.shortGiB} GiB a GPU are missing` : `${memory.freeGiB} GiB a GPU stay free`}`,
  ];
}

function explainWeights(config: Configuration, { memory, fullestStage }: MemoryJudgement): string[] {
  const { model, checkpoint, tensorParallel, pipelineParallel, dataParallel } = config;
  const weights = weighCheckpoint(model, checkpoint);
  const counts = countParameters(model);
  const billions = (count: number) => `${round(count / 1e9, 2)}B`;
  const parts = [
    `attention ${billions(counts.attention)}`,
    counts.recurrent > 0 ? `recurrent ${billions(counts.recurrent)}` : "",
    counts.denseMlp > 0 ? `MLPs ${billions(counts.denseMlp)}` : "",
    counts.routedExperts > 0 ? `experts ${billions(counts.routedExperts)}` : "",
    counts.sharedExperts > 0 ? `shared experts ${billions(counts.sharedExperts)}` : "",
    `embeddings ${billions(counts.embeddings)}`,
    ...(model.extras ?? []).map(({ name, parameters }) => `${name} ${billions(parameters)}`),
  ].filter((part) => part !== "");
  const kept = checkpoint.keeps16Bit ? `, ${checkpoint.keeps16Bit.join(", ")} in 16 bits` : "";
  const split = `tensor ${tensorParallel} x pipeline ${pipelineParallel}${dataParallel > 1 ? ` x data ${dataParallel}` : ""}`;
  const lines = [
    `parameters: ${billions(counts.total)} = ${parts.join(" + ")} [${model.source}]`,
    `weights: ${model.id} in ${checkpoint.id} is ${round(weights.total / GB, 1)} GB (linear layers x ${round(bytesOfWeight(checkpoint), 5)} bytes${kept}: ${round((weights.layers + weights.experts) / GB, 1)} GB; embeddings x ${unquantizedBytes}: ${round((weights.embedding + weights.head) / GB, 1)} GB); ${memory.weightsGiB} GiB on the fullest GPU of ${split}${pipelineParallel > 1 ? `, stage ${fullestStage + 1}` : ""}`,
  ];
  if (checkpoint.note) lines.push(`note: ${checkpoint.note}`);
  for (const note of model.notes ?? []) lines.push(`note: ${note}`);
  return lines;
}

function explainCache(laidOut: LaidOut, judgement: MemoryJudgement): string[] {
  const { model, kvCacheDtype, contextLength } = laidOut.config;
  const { cache } = judgement;
  const whole = cacheLoad(model, kvCacheDtype, 1);
  const lines = [
    `KV per token: ${kvCacheBytesPerToken(model, kvCacheDtype)} bytes over all layers that keep every token, ${round(cache.perToken, 0)} on the fullest GPU; the cache holds ${judgement.kvCacheTokens} tokens, a single request up to ${longestRequestOf(laidOut)}`,
  ];
  for (const { tokens, perToken } of whole.windows)
    lines.push(
      `KV of windows: ${perToken} bytes a token over the layers that keep only the last ${tokens} tokens of a request`,
    );
  if (whole.state > 0)
    lines.push(`state: ${round(whole.state / GiB, 4)} GiB a request over the recurrent layers, however long it is`);
  lines.push(
    `a request of ${contextLength} tokens takes ${round(requestBytes(cache, contextLength) / GiB, 3)} GiB on the fullest GPU`,
  );
  return lines;
}
