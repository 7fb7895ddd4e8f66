import { engineLimits } from "../engineMemory";
import type { Gpu } from "../hardware";
import { cacheLoad, requestBytes } from "../kvCache";
import type { Configuration } from "../memory";
import { expertsOf, isHeadAttention, layersOf, type Mixer, type Model } from "../model";
import { isEightBit, type PrecisionName } from "../precision";
import { GB } from "../units";
import { countParameters, weighCheckpoint } from "../weights";
import type { Engine } from "./engines";

/** What a request looks like, and how many are live in one replica. */
export interface Load {
  inputTokens: number;
  outputTokens: number;
  concurrency: number;
}

/**
 * What one GPU of a configuration reads, computes and sends: everything that the closed form multiplies its constants
 * with. Bytes, floating-point operations, and rates a second as the data sheet has them.
 */
export interface Work {
  kind: Model["kind"];
  engine: Engine;
  precision: PrecisionName;
  architecture: string;
  /** Half a layer is one that only mixes tokens, or only has networks; an empty one is none. */
  layers: number;
  mixtureLayers: number;
  latentLayers: number;
  stages: number;
  /** Ranks that share experts; copies of a dense model are replicas of each other and share nothing. */
  ranks: number;
  /** Whole experts are spread over the GPUs. */
  isSpread: boolean;
  /** Weights that every step reads. */
  denseBytes: number;
  /** Routed experts, all of them. */
  expertBytes: number;
  /** Of the experts, those that one token asks for. */
  expertShare: number;
  /** The cache of one live request, half of its output written. */
  cacheBytes: number;
  /** Linear layers, one token. */
  tokenFlops: number;
  /** Attention of one prompt token, half of the prompt behind it. */
  promptAttentionFlops: number;
  /** Attention of one generated token over a latent cache, whose heads all read the same bytes. */
  latentFlops: number;
  /** All-reduces and experts' exchanges of one token. */
  sentBytes: number;
  /** All-reduces and exchanges of one step. */
  collectives: number;
  /** The most prompt tokens that are read between two steps of the others. */
  batchedTokens: number;
  weightFlopsRate: number;
  attentionFlopsRate: number;
  hbmRate: number;
  linkRate: number;
  inputTokens: number;
  outputTokens: number;
}

/** Reads a configuration's work off its model and GPU. */
export function workOf(config: Configuration, load: Omit<Load, "concurrency">, engine: Engine): Work {
  const { model, checkpoint, gpu, tensorParallel, dataParallel, kvCacheDtype } = config;
  const { inputTokens, outputTokens } = load;
  const kinds = countLayers(model);
  const weights = weighCheckpoint(model, checkpoint);
  const experts = expertsOf(model);
  const ranks = experts ? dataParallel : 1;
  const context = inputTokens + outputTokens / 2;
  const attention = attentionFlops(model, inputTokens, context);
  return {
    kind: model.kind,
    engine,
    precision: checkpoint.precision,
    architecture: gpu.architecture,
    layers: (kinds.mixing + kinds.networks) / 2,
    mixtureLayers: kinds.mixtureLayers,
    latentLayers: kinds.latentLayers,
    stages: config.pipelineParallel,
    ranks,
    isSpread: config.expertParallel > 1,
    // An input embedding of its own is looked up, not read.
    denseBytes: (weights.layers + (model.tiedEmbeddings ? weights.embedding : weights.head)) / tensorParallel,
    expertBytes: weights.experts / (tensorParallel * ranks),
    expertShare: experts ? experts.expertsPerToken / experts.experts : 0,
    cacheBytes: requestBytes(cacheLoad(model, kvCacheDtype, tensorParallel), context) - skippedBytes(config, context),
    tokenFlops: (2 * countParameters(model).activeLinear) / tensorParallel,
    promptAttentionFlops: attention.prompt / tensorParallel,
    latentFlops: attention.latent / tensorParallel,
    ...exchange(config, kinds),
    batchedTokens: engineLimits(gpu).batchedTokens,
    weightFlopsRate: weightTflops(checkpoint.precision, gpu) * 1e12,
    attentionFlopsRate: gpu.bf16Tflops * 1e12,
    hbmRate: gpu.hbmTBps * 1e12,
    linkRate: linkGBps(config) * GB,
    inputTokens,
    outputTokens,
  };
}

interface LayerKinds {
  /** Layers that mix tokens, and layers with networks; most are both. */
  mixing: number;
  networks: number;
  mixtureLayers: number;
  latentLayers: number;
  /** How often each mixer occurs. */
  mixers: ReadonlyMap<Mixer, number>;
}

const layerKinds = new WeakMap<Model, LayerKinds>();

function countLayers(model: Model): LayerKinds {
  const known = layerKinds.get(model);
  if (known) return known;
  const layers = layersOf(model);
  const counted = new Map<Mixer, number>();
  for (const { mixers } of layers) for (const mixer of mixers) counted.set(mixer, (counted.get(mixer) ?? 0) + 1);
  const counts = {
    mixing: layers.filter(({ mixers }) => mixers.length > 0).length,
    networks: layers.filter(({ mlps }) => mlps.length > 0).length,
    mixtureLayers: layers.filter(({ mlps }) => mlps.some(({ kind }) => kind === "experts")).length,
    latentLayers: layers.filter(({ mixers }) => mixers.some(({ kind }) => kind === "latent")).length,
    mixers: counted,
  };
  layerKinds.set(model, counts);
  return counts;
}

/** Rate of the units that multiply weights of a format; where a GPU has none for it, engines widen them to 16 bits. */
function weightTflops(precision: PrecisionName, gpu: Gpu): number {
  if (precision === "nvfp4") return gpu.fp4Tflops ?? gpu.bf16Tflops;
  // GPUs with 4-bit units multiply MXFP4 weights with 8-bit activations; others widen them (gpt-oss's own kernels).
  if (precision === "mxfp4") return (gpu.fp4Tflops && gpu.fp8Tflops) || gpu.bf16Tflops;
  if (precision === "int8") return gpu.int8Tops ?? gpu.fp8Tflops ?? gpu.bf16Tflops;
  return (isEightBit(precision) && gpu.fp8Tflops) || gpu.bf16Tflops;
}

/** What all-reduces and experts send for one token, and how many of them a step has. */
function exchange(
  { model, tensorParallel, dataParallel }: Configuration,
  { mixing, networks, mixtureLayers }: LayerKinds,
) {
  const others = (ways: number) => (ways - 1) / ways;
  // An all-reduce of a 16-bit hidden state behind what mixes tokens and one behind the networks; each moves it out and back.
  let sentBytes = (mixing + networks) * 2 * others(tensorParallel) * model.hiddenSize * 2;
  let collectives = tensorParallel > 1 ? mixing + networks : 0;
  const experts = expertsOf(model);
  if (experts && dataParallel > 1) {
    // Each token goes to its experts in 8 bits and comes back in 16.
    sentBytes += mixtureLayers * others(dataParallel) * experts.expertsPerToken * model.hiddenSize * 3;
    collectives += 2 * mixtureLayers;
  }
  return { sentBytes, collectives };
}

/** Cards without NVLink that one machine takes. */
const cardsOfMachine = 8;
/** Where no network of a GPU is known: four times 100 Gb/s for eight GPUs, which machines of A100 have. */
const usualNetworkGBps = 6.25;

/** The link that layers are shared over: the fast one while it reaches, the network beyond. */
function linkGBps({ gpu, tensorParallel, dataParallel, model }: Configuration): number {
  const reach = tensorParallel * (expertsOf(model) ? dataParallel : 1);
  const isInside = reach <= (gpu.link === "pcie" ? cardsOfMachine : gpu.linkDomainGpus);
  return isInside ? gpu.linkGBps : (gpu.interNodeGBpsPerGpu ?? usualNetworkGBps);
}

/** Tokens that an indexer selects for attention: `index_topk` of DeepSeek V3.2's and GLM-5's configurations. */
const selectedTokens = 2048;

/** Of a latent cache, what an indexer spares a step from reading. */
function skippedBytes({ model, kvCacheDtype }: Configuration, context: number): number {
  const unread = Math.max(0, context - selectedTokens);
  const element = kvCacheDtype === "fp8" ? 1 : 2;
  let skipped = 0;
  for (const [mixer, count] of countLayers(model).mixers) {
    if (mixer.kind !== "latent" || !mixer.indexer) continue;
    skipped += count * unread * (mixer.kvLoraRank + mixer.qkRopeHeadDim) * element;
  }
  return skipped;
}

/** Arithmetic of attention over all layers: of a prompt token, and of a generated one where the cache is latent. */
export function attentionFlops(model: Model, inputTokens: number, context: number): { prompt: number; latent: number } {
  let prompt = 0;
  let latent = 0;
  for (const [mixer, count] of countLayers(model).mixers) {
    prompt += count * promptFlops(mixer, inputTokens);
    if (mixer.kind !== "latent") continue;
    const read = mixer.indexer ? Math.min(context, selectedTokens) : context;
    latent += count * 2 * mixer.heads * (2 * mixer.kvLoraRank + mixer.qkRopeHeadDim) * read;
  }
  return { prompt, latent };
}

/** Scores and sums over what is behind: half of the prompt on average; windows look back no further. */
function promptFlops(mixer: Mixer, inputTokens: number): number {
  const half = inputTokens / 2;
  if (mixer.kind === "recurrent") return 0;
  if (!isHeadAttention(mixer)) {
    const { heads, qkNopeHeadDim, qkRopeHeadDim, vHeadDim, indexer } = mixer;
    const read = indexer ? Math.min(half, selectedTokens) : half;
    const selecting = indexer ? 2 * indexer.heads * indexer.headDim * half : 0;
    return 2 * heads * (qkNopeHeadDim + qkRopeHeadDim + vHeadDim) * read + selecting;
  }
  const behind = mixer.kind === "full" ? half : Math.min(half, mixer.window ?? half);
  return 4 * mixer.heads * mixer.headDim * behind;
}
