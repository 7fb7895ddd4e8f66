import constants from "./data/throughput.json";
import type { Gpu } from "./hardware";
import { cacheLoad, requestBytes } from "./kvCache";
import type { Configuration } from "./memory";
import { expertsOf, isHeadAttention, layersOf, type Mixer, type Model } from "./model";
import { isEightBit, type PrecisionName } from "./precision";
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
  const flops = computeTflops(checkpoint.precision, gpu) * 1e12;
  const layers = layersOf(model).length;
  const bandwidth = gpu.hbmTBps * 1e12;

  const readBytes = weightBytesRead(config, live) / tensorParallel;
  const cacheBytes = live * requestBytes(cacheLoad(model, config.kvCacheDtype, tensorParallel), context);
  const memorySeconds = (readBytes + cacheBytes) / (bandwidth * constants.hbmEfficiency);
  const computeSeconds = (2 * counts.activeLinear * live) / (tensorParallel * flops * constants.computeEfficiency);
  const allReduceSeconds = allReducePerToken(config);
  const attentionFlops = attentionFlopsPerToken(model, load.inputTokens);
  const prefillSeconds =
    (2 * counts.activeLinear) / (tensorParallel * flops) + attentionFlops / (tensorParallel * gpu.bf16Tflops * 1e12);

  const collectiveUs = tensorParallel > 1 ? fitted.layerCollectiveUs : 0;
  const step =
    Math.max(memorySeconds, computeSeconds) +
    fitted.stepMs / 1e3 +
    (layers * (fitted.layerUs + collectiveUs)) / 1e6 +
    (live * allReduceSeconds) / fitted.networkEfficiency;
  const newcomers = (fitted.mix * live * load.inputTokens) / load.outputTokens;
  const perToken =
    step + newcomers * (prefillSeconds / fitted.prefillEfficiency + allReduceSeconds / fitted.networkEfficiency);

  const first = firstTokenConstants(model.kind, live);
  const firstToken =
    (first.baseMs + first.perLayerMs * layers) / 1e3 +
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

/** Rate of the units that multiply weights of a format; where a GPU has none for it, it widens them to 16 bits. */
function computeTflops(precision: PrecisionName, gpu: Gpu): number {
  if (precision === "nvfp4") return gpu.fp4Tflops ?? gpu.bf16Tflops;
  if (precision === "int8") return gpu.int8Tops ?? gpu.fp8Tflops ?? gpu.bf16Tflops;
  return (isEightBit(precision) && gpu.fp8Tflops) || gpu.bf16Tflops;
}

/** Weights that one step reads: all of a dense model; of a mixture, those experts that some live token asks for. */
function weightBytesRead({ model, checkpoint }: Configuration, live: number): number {
  const weights = weighCheckpoint(model, checkpoint);
  // An input embedding of its own is looked up, not read.
  const always = weights.layers + (model.tiedEmbeddings ? weights.embedding : weights.head);
  const experts = expertsOf(model);
  if (!experts) return always;
  const untouched = (1 - experts.expertsPerToken / experts.experts) ** live;
  return always + weights.experts * (1 - untouched);
}

/** Arithmetic of attention for one prompt token, half of the prompt behind it on average; windows look back no further. */
function attentionFlopsPerToken(model: Model, inputTokens: number): number {
  const flops = (mixer: Mixer) => {
    if (mixer.kind === "recurrent") return 0;
    if (!isHeadAttention(mixer)) return 2 * mixer.heads * mixer.qkNopeHeadDim * inputTokens;
    const behind = mixer.kind === "full" ? inputTokens : Math.min(inputTokens, 2 * (mixer.window ?? inputTokens));
    return 2 * mixer.heads * mixer.headDim * behind;
  };
  return layersOf(model).reduce((sum, { mixers }) => sum + mixers.reduce((inner, mixer) => inner + flops(mixer), 0), 0);
}

/** Seconds of all-reduce traffic of one token: two all-reduces of a 16-bit hidden state a layer. */
function allReducePerToken({ model, gpu, tensorParallel }: Configuration): number {
  const bytes = 2 * layersOf(model).length * ((2 * (tensorParallel - 1)) / tensorParallel) * model.hiddenSize * 2;
  return bytes / (gpu.linkGBps * GB);
}

function firstTokenConstants(kind: Configuration["model"]["kind"], live: number) {
  const { fewRequests, denseFew, denseLoaded, moe } = constants.firstToken;
  if (kind === "moe") return moe;
  return live <= fewRequests ? denseFew : denseLoaded;
}
