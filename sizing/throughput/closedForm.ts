import type { PrecisionName } from "../precision";
import type { Engine } from "./engines";
import type { Work } from "./work";

/**
 * The constants of the closed form, all fitted on measurements (data/throughput.json says which; `npm run calibrate`
 * refits them). Shares are of the data sheet's rates; factors multiply.
 */
export interface Constants {
  /** Share of the memory bandwidth that reading weights reaches. */
  weightBandwidth: number;
  /** The same for routed experts. */
  expertBandwidth: number;
  /** Factor on it where whole experts are spread over GPUs, which never balance. */
  spreadBandwidth: number;
  /** Share of the memory bandwidth that reading the KV cache reaches. */
  cacheBandwidth: number;
  /** Share of the arithmetic rate while tokens are generated. */
  arithmetic: number;
  /** Share of the 16-bit rate that attention over a latent cache reaches. */
  latentArithmetic: number;
  /** Share of the arithmetic rate while prompts are read. */
  promptArithmetic: { dense: number; moe: number };
  /** Share of the 16-bit rate that attention over a prompt reaches. */
  promptAttention: number;
  /** Share of the link's rate. */
  linkBandwidth: number;
  /** What a layer takes however little it does: launches, norms, small kernels. */
  layerUs: number;
  /** On top, for a layer with experts: routing, sorting, grouped kernels. */
  mixtureLayerUs: number;
  /** On top, for a layer with latent attention. */
  latentLayerUs: number;
  /** Latency of one all-reduce or exchange. */
  collectiveUs: number;
  /** What a step takes beside its layers: scheduling, sampling. */
  stepMs: number;
  /** What each live request adds to a step: sampling, detokenising, bookkeeping. */
  requestUs: number;
  /** Handing over from one pipeline stage to the next. */
  stageHopUs: number;
  /** How much of the newcomers' prompts the others wait for; 1 is all of it. */
  interference: number;
  /** What the first token takes beside reading the prompt. */
  firstTokenMs: number;
  /** The same, for each layer: prompts are read without CUDA graphs. */
  firstTokenLayerMs: { dense: number; moe: number };
  /** Steps that a newcomer waits for. */
  firstTokenSteps: number;
  /** Prompts of others that a newcomer waits for, for each other live request. */
  queueShare: number;
  engines: Record<Engine, { launch: number; prompt: number; firstToken: number }>;
  precisions: Record<MeasuredPrecision, { prompt: number; bandwidth: number }>;
  /** Factors of Blackwell on Hopper's constants. */
  blackwell: { arithmetic: number; launch: number; firstToken: number };
}

/** Number formats that there are measurements of. */
export const measuredPrecisions = ["bf16", "fp8", "int4", "mxfp4", "nvfp4"] as const;
export type MeasuredPrecision = (typeof measuredPrecisions)[number];

const likePrecision: Record<PrecisionName, MeasuredPrecision> = {
  bf16: "bf16",
  fp16: "bf16",
  fp8: "fp8",
  int8: "fp8",
  int4: "int4",
  mxfp4: "mxfp4",
  nvfp4: "nvfp4",
};

/** Seconds. */
export interface Times {
  firstToken: number;
  perToken: number;
}

/** What a step and a prompt take, in seconds. */
export interface Parts {
  weights: number;
  /** Linear layers' arithmetic; runs while weights are read. */
  linear: number;
  cache: number;
  /** Launches, latencies of collectives, scheduling. */
  overhead: number;
  /** What collectives send. */
  sending: number;
  step: number;
  /** Reading one prompt, with nobody else about. */
  prompt: number;
  /** What is read of others' prompts between two tokens. */
  reading: number;
  /** What the first token takes beside prompts and steps. */
  starting: number;
}

/** The parts of one rank's times with so many live requests. */
export function partsOf(work: Work, live: number, constants: Constants): Parts {
  const engine = constants.engines[work.engine];
  const precision = constants.precisions[likePrecision[work.precision]];
  const isBlackwell = work.architecture === "blackwell";
  const launch = engine.launch * (isBlackwell ? constants.blackwell.launch : 1);
  const arithmetic = isBlackwell ? constants.blackwell.arithmetic : 1;

  // Stages work on different requests at a time, each on its share of them.
  const batch = Math.max(1, live / work.stages);
  const weights = weightSeconds(work, batch, constants) / precision.bandwidth;
  const linear = (work.tokenFlops * batch) / (work.weightFlopsRate * constants.arithmetic * arithmetic);
  const cache = Math.max(
    (work.cacheBytes * batch) / (work.hbmRate * constants.cacheBandwidth),
    (work.latentFlops * batch) / (work.attentionFlopsRate * constants.latentArithmetic),
  );
  const link = work.sentBytes / (work.linkRate * constants.linkBandwidth);
  const layersUs =
    work.layers * constants.layerUs +
    work.mixtureLayers * constants.mixtureLayerUs +
    work.latentLayers * constants.latentLayerUs;
  const overhead =
    (launch * (layersUs + work.collectives * constants.collectiveUs) +
      engine.launch * (constants.stepMs * 1e3 + batch * constants.requestUs) +
      (work.stages - 1) * constants.stageHopUs) /
    1e6;

  // Factors of engine and precision were fitted on the models that were measured in them: on others their product may pass the data sheet.
  const promptRate = Math.min(1, constants.promptArithmetic[work.kind] * engine.prompt * precision.prompt * arithmetic);
  const promptToken =
    work.tokenFlops / (work.weightFlopsRate * promptRate) +
    work.promptAttentionFlops / (work.attentionFlopsRate * constants.promptAttention) +
    link;
  // The engine reads no more of them at a time than a batch takes: what is left waits, and the running go on.
  const between = Math.min(
    (((live - 1) / work.stages) * work.inputTokens) / work.outputTokens,
    work.batchedTokens / work.stages,
  );
  const startingMs = constants.firstTokenMs + work.layers * constants.firstTokenLayerMs[work.kind];
  return {
    weights,
    linear,
    cache,
    overhead,
    sending: batch * link,
    step: smoothMaximum(weights, linear) + cache + overhead + batch * link,
    prompt: work.inputTokens * promptToken,
    reading: constants.interference * between * promptToken,
    starting: (engine.firstToken * (isBlackwell ? constants.blackwell.firstToken : 1) * startingMs) / 1e3,
  };
}

/**
 * Times of one rank with so many live requests. A step reads the weights or computes, whichever is longer, reads the
 * cache, and pays for launches and all-reduces; newcomers' prompts are read in between. The first token waits for
 * the running step, for a share of the others' prompts, and for its own. Both never fall with more live requests.
 */
export function timesOf(work: Work, live: number, constants: Constants): Times {
  const { step, prompt, reading, starting } = partsOf(work, live, constants);
  // A request waits for the prompts of the others, not for its own once that is read; stages read prompts side by side.
  const queue = constants.queueShare * ((live - 1) / work.stages) * prompt;
  return {
    perToken: step + reading,
    firstToken: starting + constants.firstTokenSteps * step + prompt + queue,
  };
}

/** Seconds that a request takes of its place among so many live ones: what the times say, and no less than reading the prompts of all. */
export function requestSeconds(work: Work, live: number, times: Times, constants: Constants): number {
  const { prompt } = partsOf(work, live, constants);
  return Math.max(times.firstToken + (work.outputTokens - 1) * times.perToken, (live * prompt) / work.stages);
}

/** Reading what a step needs of the weights: all that is dense, and those experts that some live token asks for. */
function weightSeconds(work: Work, batch: number, constants: Constants): number {
  const dense = work.denseBytes / (work.hbmRate * constants.weightBandwidth);
  if (work.expertBytes === 0) return dense;
  const bandwidth = constants.expertBandwidth * (work.isSpread ? constants.spreadBandwidth : 1);
  return dense + touchedBytes(work, batch) / (work.hbmRate * bandwidth);
}

/** Ranks that share experts ask for them together. */
function touchedBytes(work: Work, batch: number): number {
  return work.expertBytes * (1 - (1 - work.expertShare) ** (batch * work.ranks));
}

/** Reading and computing overlap, but not wholly where they take as long as each other. */
function smoothMaximum(left: number, right: number): number {
  return Math.sqrt(Math.sqrt(left * left * left * left + right * right * right * right));
}

/** Seconds below which no rank can answer a request, one with another: its share of the steps, and its prompt, by the data sheet alone. */
export function leastRequest(work: Work, live: number): number {
  const steps = (work.outputTokens * leastStep(work, live)) / live;
  const prompt = (work.inputTokens * work.tokenFlops) / (work.weightFlopsRate * work.stages);
  return Math.max(steps, prompt);
}

/** Seconds below which no step can be: data-sheet bandwidth and arithmetic, and nothing else. */
export function leastStep(work: Work, live: number): number {
  const batch = Math.max(1, live / work.stages);
  const read = work.denseBytes + touchedBytes(work, batch) + work.cacheBytes * batch;
  return Math.max(read / work.hbmRate, (work.tokenFlops * batch) / work.weightFlopsRate);
}
