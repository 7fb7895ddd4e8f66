import {
  type Checkpoint,
  type ExpertMlp,
  isHeadAttention,
  type LatentAttention,
  type Layer,
  layersOf,
  type Mixer,
  type Model,
  type WeightPart,
} from "./model";
import { bytesOfWeight } from "./precision";

/** Embeddings, norms, routers and whatever a checkpoint does not quantise are kept in 16 bits. */
export const unquantizedBytes = 2;

/** Parameters of one layer, by what quantises them. */
export interface LayerCounts extends Record<WeightPart | "routers" | "norms", number> {
  /** Part of attention that every tensor-parallel rank keeps whole: latent attention's projections down, and its indexer. */
  wholeAttention: number;
  /** 16-bit copies that an engine makes of latent attention's expansion, to skip it while decoding. Not in any file. */
  copies: number;
}

const countedLayers = new WeakMap<Layer, Map<number, LayerCounts>>();

/** Counts one layer's parameters from the numbers of the model's own config.json. */
export function countLayer(layer: Layer, hiddenSize: number): LayerCounts {
  const known = countedLayers.get(layer)?.get(hiddenSize);
  if (known) return known;
  const counts: LayerCounts = { ...nothing };
  for (const mixer of layer.mixers) {
    counts[mixer.kind === "recurrent" ? "recurrent" : "attention"] += countMixer(mixer, hiddenSize);
    counts.norms += hiddenSize;
    if (mixer.kind === "latent") {
      counts.wholeAttention += countWhole(mixer, hiddenSize);
      counts.copies += mixer.kvLoraRank * mixer.heads * (mixer.qkNopeHeadDim + mixer.vHeadDim);
    }
  }
  for (const mlp of layer.mlps) {
    counts.norms += hiddenSize;
    if (mlp.kind === "dense") {
      counts.dense += mlp.matrices * hiddenSize * mlp.width;
      continue;
    }
    counts.experts += mlp.experts * expertSize(mlp, hiddenSize);
    counts.shared += mlp.matrices * hiddenSize * mlp.sharedWidth + latentProjections(mlp, hiddenSize);
    counts.routers += mlp.experts * hiddenSize;
  }
  const bySize = countedLayers.get(layer) ?? new Map<number, LayerCounts>();
  countedLayers.set(layer, bySize.set(hiddenSize, counts));
  return counts;
}

const nothing: LayerCounts = {
  attention: 0,
  recurrent: 0,
  dense: 0,
  shared: 0,
  experts: 0,
  routers: 0,
  norms: 0,
  wholeAttention: 0,
  copies: 0,
};

/** vLLM's ReplicatedLinear layers of latent attention. */
function countWhole({ qLoraRank, kvLoraRank, qkRopeHeadDim, indexer }: LatentAttention, hiddenSize: number): number {
  const down = hiddenSize * (qLoraRank + kvLoraRank + qkRopeHeadDim);
  return down + (indexer ? countIndexer(qLoraRank, indexer, hiddenSize) : 0);
}

function countIndexer(qLoraRank: number, indexer: NonNullable<LatentAttention["indexer"]>, hiddenSize: number): number {
  const query = (qLoraRank || hiddenSize) * indexer.heads * indexer.headDim;
  return query + hiddenSize * (indexer.headDim + indexer.heads);
}

function expertSize({ matrices, width, latentSize }: ExpertMlp, hiddenSize: number): number {
  return matrices * width * (latentSize ?? hiddenSize);
}

function latentProjections({ latentSize }: ExpertMlp, hiddenSize: number): number {
  return latentSize === undefined ? 0 : 2 * latentSize * hiddenSize;
}

function countMixer(mixer: Mixer, hiddenSize: number): number {
  if (mixer.kind === "recurrent") return mixer.parameters;
  if (isHeadAttention(mixer)) {
    const { heads, kvHeads, headDim, valueHeadDim = headDim } = mixer;
    const query = hiddenSize * heads * headDim * (mixer.outputGate ? 2 : 1);
    const output = heads * valueHeadDim * hiddenSize;
    if (mixer.readsEarlierCache) return query + output;
    return query + output + hiddenSize * kvHeads * (mixer.keyIsValue ? headDim : headDim + valueHeadDim);
  }
  const { heads, qLoraRank, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim, indexer } = mixer;
  const queryWidth = heads * (qkNopeHeadDim + qkRopeHeadDim);
  const query = qLoraRank > 0 ? (hiddenSize + queryWidth) * qLoraRank : hiddenSize * queryWidth;
  const compressed = hiddenSize * (kvLoraRank + qkRopeHeadDim);
  const expanded = kvLoraRank * heads * (qkNopeHeadDim + vHeadDim);
  const output = heads * vHeadDim * hiddenSize;
  const selecting = indexer ? countIndexer(qLoraRank, indexer, hiddenSize) : 0;
  return query + compressed + expanded + output + selecting;
}

/** Parameters of one model, by what splits and what quantises them. All are counts, for the whole model. */
export interface ParameterCounts {
  attention: number;
  recurrent: number;
  denseMlp: number;
  /** With the routers that choose them. */
  routedExperts: number;
  /** Of these, the routers, which nobody quantises. */
  routers: number;
  sharedExperts: number;
  /** Input embedding and output head, counted twice unless they are tied. */
  embeddings: number;
  norms: number;
  /** Vision towers and the like. */
  extras: number;
  total: number;
  /** Linear parameters that one token passes, with the output head: what sets the arithmetic of a step. */
  activeLinear: number;
}

const counted = new WeakMap<Model, ParameterCounts>();

/** Counts a model's parameters, layer by layer. */
export function countParameters(model: Model): ParameterCounts {
  const known = counted.get(model);
  if (known) return known;
  const sum = { ...nothing };
  let activeExperts = 0;
  for (const layer of layersOf(model)) {
    const counts = countLayer(layer, model.hiddenSize);
    for (const part of Object.keys(sum) as (keyof typeof sum)[]) sum[part] += counts[part];
    for (const mlp of layer.mlps)
      if (mlp.kind === "experts") activeExperts += mlp.expertsPerToken * expertSize(mlp, model.hiddenSize);
  }
  const embedding = model.vocabSize * model.hiddenSize;
  const embeddings = embedding * (model.tiedEmbeddings ? 1 : 2);
  const extras = extraParameters(model);
  const routedExperts = sum.experts + sum.routers;
  const norms = sum.norms + model.hiddenSize;
  const linear = sum.attention + sum.recurrent + sum.dense + sum.shared;
  const result = {
    attention: sum.attention,
    recurrent: sum.recurrent,
    denseMlp: sum.dense,
    routedExperts,
    routers: sum.routers,
    sharedExperts: sum.shared,
    embeddings,
    norms,
    extras,
    total: linear + routedExperts + embeddings + norms + extras,
    activeLinear: linear + activeExperts + embedding,
  };
  counted.set(model, result);
  return result;
}

function extraParameters({ extras = [] }: Model): number {
  return extras.reduce((total, { parameters }) => total + parameters, 0);
}

/** Bytes of one layer's weights, by how parallelism divides them. */
export interface LayerBytes {
  /** Attention, dense MLPs and shared experts: tensor parallelism divides them. */
  dense: number;
  /** What every tensor-parallel rank keeps whole: routers, norms, latent attention's projections down. */
  whole: number;
  /** Routed experts: expert parallelism may divide them further. */
  experts: number;
  /** What an engine makes beside the checkpoint's own bytes; tensor parallelism divides it. */
  copies: number;
}

/** Bytes of a checkpoint's weights. For the whole model. */
export interface WeightBytes {
  /** One entry a layer, in order. */
  byLayer: readonly LayerBytes[];
  layers: number;
  experts: number;
  /** Input embedding; the output head too when they are tied. */
  embedding: number;
  /** Output head; 0 when tied. */
  head: number;
  extras: number;
  total: number;
}

const weighed = new WeakMap<Checkpoint, WeakMap<Model, WeightBytes>>();

/**
 * Weighs a checkpoint. Linear layers and embeddings are counted apart, because "parameters x bytes" is wrong by up
 * to 20 % for partly quantised checkpoints. Where the published bytes are known they win: the computed parts are
 * scaled to them.
 */
export function weighCheckpoint(model: Model, checkpoint: Checkpoint): WeightBytes {
  const known = weighed.get(checkpoint)?.get(model);
  if (known) return known;
  const computed = computeBytes(model, checkpoint);
  const result = checkpoint.loadedBytes === undefined ? computed : scaleTo(computed, checkpoint.loadedBytes);
  const byModel = weighed.get(checkpoint) ?? new WeakMap<Model, WeightBytes>();
  weighed.set(checkpoint, byModel.set(model, result));
  return result;
}

function computeBytes(model: Model, checkpoint: Checkpoint): WeightBytes {
  const layers = layersOf(model);
  const unquantized = unquantizedIndices(layers.length, checkpoint.unquantizedLayers ?? 0);
  const byLayer = layers.map((layer, index) => layerBytes(layer, model, checkpoint, unquantized.has(index)));
  const embedding = model.vocabSize * model.hiddenSize * unquantizedBytes;
  const headBytes = checkpoint.quantizedHead ? bytesOfWeight(checkpoint) : unquantizedBytes;
  const head = model.tiedEmbeddings ? 0 : model.vocabSize * model.hiddenSize * headBytes;
  const extras = (extraParameters(model) + model.hiddenSize) * unquantizedBytes;
  return total(byLayer, embedding, head, extras);
}

function total(byLayer: readonly LayerBytes[], embedding: number, head: number, extras: number): WeightBytes {
  const layers = byLayer.reduce((sum, { dense, whole }) => sum + dense + whole, 0);
  const experts = byLayer.reduce((sum, layer) => sum + layer.experts, 0);
  return { byLayer, layers, experts, embedding, head, extras, total: layers + experts + embedding + head + extras };
}

function scaleTo(computed: WeightBytes, loadedBytes: number): WeightBytes {
  const fixed = computed.embedding + computed.head + computed.extras;
  const factor = (loadedBytes - fixed) / (computed.layers + computed.experts);
  const scaled = computed.byLayer.map(({ dense, whole, experts, copies }) => ({
    dense: dense * factor,
    whole: whole * factor,
    experts: experts * factor,
    copies,
  }));
  return total(scaled, computed.embedding, computed.head, computed.extras);
}

/** Layers that a checkpoint leaves whole: half at the front, half at the back. */
function unquantizedIndices(layers: number, count: number): Set<number> {
  const front = Math.ceil(count / 2);
  return new Set(Array.from({ length: count }, (_, index) => (index < front ? index : layers - 1 - (index - front))));
}

function layerBytes(layer: Layer, model: Model, checkpoint: Checkpoint, unquantized: boolean): LayerBytes {
  const counts = countLayer(layer, model.hiddenSize);
  const quantized = bytesOfWeight(checkpoint);
  const each = (part: WeightPart) =>
    unquantized || checkpoint.keeps16Bit?.includes(part) ? unquantizedBytes : quantized;
  return {
    dense:
      (counts.attention - counts.wholeAttention) * each("attention") +
      counts.recurrent * each("recurrent") +
      counts.dense * each("dense") +
      counts.shared * each("shared"),
    whole: counts.wholeAttention * each("attention") + (counts.norms + counts.routers) * unquantizedBytes,
    experts: counts.experts * each("experts"),
    copies: counts.copies * unquantizedBytes,
  };
}
