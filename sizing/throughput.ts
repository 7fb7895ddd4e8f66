import constants from "./data/throughput.json";
import { kvCacheBytesPerToken } from "./kvCache";
import type { Configuration } from "./memory";
import { GB, round } from "./units";
import { countParameters, weighCheckpoint } from "./weights";

/** What a request looks like, and how many are live in one replica. */
export interface Load {
  inputTokens: number;
  outputTokens: number;
  concurrency: number;
}

/** How fast one replica is, by a closed form: an estimate, not a measurement. */
export interface Throughput {
  timeToFirstTokenMs: number;
  /** Time to the first token is known less well than the rest: the range that its fitted error gives. */
  timeToFirstTokenRangeMs: [number, number];
  timePerOutputTokenMs: number;
  outputTokensPerSecond: number;
  requestsPerSecond: number;
  /** Requests that are live at a time, once the KV cache has had its say. */
  concurrency: number;
  inputTokens: number;
  outputTokens: number;
}

/**
 * Estimates one replica: each step reads the weights and the live cache, or computes, whichever is longer, plus
 * launches, all-reduces, and the prefill of newcomers mixed in. Pipeline stages take turns, so they change the cache,
 * not the step. Constants and their error: data/throughput.json.
 */
export function estimateThroughput(config: Configuration, load: Load): Throughput {
  const { model, checkpoint, gpu, tensorParallel, dataParallel } = config;
  const fitted = constants[model.kind];
  const counts = countParameters(model);
  const live = Math.max(1, load.concurrency / dataParallel);
  const context = load.inputTokens + load.outputTokens / 2;
  const flops =
    (checkpoint.precision === "fp8" || checkpoint.precision === "int8" ? gpu.fp8Tflops : gpu.bf16Tflops) * 1e12;
  const bandwidth = gpu.hbmTBps * 1e12;

  const readBytes = weightBytesRead(config, live) / tensorParallel;
  const cacheBytes = (live * context * kvCacheBytesPerToken(model, config.kvCacheDtype)) / cacheWays(config);
  const memorySeconds = (readBytes + cacheBytes) / (bandwidth * constants.hbmEfficiency);
  const computeSeconds = (2 * counts.activeLinear * live) / (tensorParallel * flops * constants.computeEfficiency);
  const allReduceSeconds = allReducePerToken(config);
  const attentionFlops = 2 * model.layers * model.attentionHeads * model.headDim * load.inputTokens;
  const prefillSeconds =
    (2 * counts.activeLinear) / (tensorParallel * flops) + attentionFlops / (tensorParallel * gpu.bf16Tflops * 1e12);

  const collectiveUs = tensorParallel > 1 ? fitted.layerCollectiveUs : 0;
  const step =
    Math.max(memorySeconds, computeSeconds) +
    fitted.stepMs / 1e3 +
    (model.layers * (fitted.layerUs + collectiveUs)) / 1e6 +
    (live * allReduceSeconds) / fitted.networkEfficiency;
  const newcomers = (fitted.mix * live * load.inputTokens) / load.outputTokens;
  const perToken =
    step + newcomers * (prefillSeconds / fitted.prefillEfficiency + allReduceSeconds / fitted.networkEfficiency);

  const first = firstTokenConstants(model.kind, live);
  const firstToken =
    (first.baseMs + first.perLayerMs * model.layers) / 1e3 +
    load.inputTokens *
      (prefillSeconds / first.prefill + allReduceSeconds / first.network) *
      (1 + first.queue * Math.log2(live));
  const requestSeconds = firstToken + (load.outputTokens - 1) * perToken;
  const requests = (live * dataParallel) / requestSeconds;
  return {
    timeToFirstTokenMs: round(firstToken * 1e3, 1),
    timeToFirstTokenRangeMs: [
      round(firstToken * 1e3 * (1 - first.error), 1),
      round(firstToken * 1e3 * (1 + first.error), 1),
    ],
    timePerOutputTokenMs: round(perToken * 1e3, 2),
    outputTokensPerSecond: round(requests * load.outputTokens, 1),
    requestsPerSecond: round(requests, 3),
    concurrency: round(live * dataParallel, 1),
    inputTokens: load.inputTokens,
    outputTokens: load.outputTokens,
  };
}

/** Weights that one step reads: all of a dense model; of a mixture, those experts that some live token asks for. */
function weightBytesRead({ model, checkpoint }: Configuration, live: number): number {
  const weights = weighCheckpoint(model, checkpoint);
  // The input embedding is looked up, not read.
  const always = weights.layers + weights.embeddings / (model.tiedEmbeddings ? 1 : 2);
  if (!model.moe) return always;
  const untouched = (1 - model.moe.expertsPerToken / model.moe.experts) ** live;
  return always + weights.experts * (1 - untouched);
}

function cacheWays({ model, tensorParallel }: Configuration): number {
  return model.mla ? 1 : Math.min(tensorParallel, model.kvHeads);
}

/** Seconds of all-reduce traffic of one token: two all-reduces of a 16-bit hidden state a layer. */
function allReducePerToken({ model, gpu, tensorParallel }: Configuration): number {
  const bytes = 2 * model.layers * ((2 * (tensorParallel - 1)) / tensorParallel) * model.hiddenSize * 2;
  return bytes / (gpu.nvlinkGBps * GB);
}

function firstTokenConstants(kind: Configuration["model"]["kind"], live: number) {
  const { fewRequests, denseFew, denseLoaded, moe } = constants.firstToken;
  if (kind === "moe") return moe;
  return live <= fewRequests ? denseFew : denseLoaded;
}
