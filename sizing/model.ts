import type { PrecisionName } from "./precision";

/** Heads that keep keys and values: of every token (`full`), or of the last `window` (`window`) or the current chunk (`chunked`). */
export interface HeadAttention {
  kind: "full" | "window" | "chunked";
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Width of a value head where it is not headDim. */
  valueHeadDim?: number;
  /** Tokens that a windowed layer looks back, or the length of a chunk. */
  window?: number;
  /** Reads the cache of an earlier layer: has no key and value projections and stores nothing (Gemma 3n, Gemma 4 small). */
  readsEarlierCache?: boolean;
  /** Keys serve as values: one projection for both; engines cache both all the same (Gemma 4's global layers). */
  keyIsValue?: boolean;
  /** The query projection also yields a gate of the output, so it is twice as wide (Qwen3-Next, Qwen3.5). */
  outputGate?: boolean;
}

/** Multi-head latent attention: one compressed cache that every tensor-parallel rank keeps whole. */
export interface LatentAttention {
  kind: "latent";
  heads: number;
  /** Width of the compressed query; 0 when queries are projected directly. */
  qLoraRank: number;
  kvLoraRank: number;
  qkNopeHeadDim: number;
  qkRopeHeadDim: number;
  vHeadDim: number;
  /** Selects the tokens to attend to (DeepSeek sparse attention); keeps one 8-bit key of its own per token. */
  indexer?: { heads: number; headDim: number };
}

/** A layer with a state of constant size per request (Mamba, linear attention, short convolution). */
export interface RecurrentMixer {
  kind: "recurrent";
  /** What it is, such as `mamba2` or `gated delta net`. */
  name: string;
  parameters: number;
  /** Bytes that one request's state takes, over all ranks. */
  stateBytes: number;
}

export type Mixer = HeadAttention | LatentAttention | RecurrentMixer;

/** A feed-forward network that every token passes. */
export interface DenseMlp {
  kind: "dense";
  width: number;
  /** 3 for gated ones (SwiGLU and its kin), 2 for plain ones. */
  matrices: number;
}

/** A mixture of experts. */
export interface ExpertMlp {
  kind: "experts";
  experts: number;
  expertsPerToken: number;
  width: number;
  matrices: number;
  /** Width of all experts together that every token passes; 0 when there are none. */
  sharedWidth: number;
  /** Experts work in a space of this width, between a projection down and one up (Nemotron 3 Super); absent: the hidden size. */
  latentSize?: number;
}

export type Mlp = DenseMlp | ExpertMlp;

/** One layer: what mixes tokens, and the feed-forward networks beside or behind it. Most have one of each. */
export interface Layer {
  mixers: readonly Mixer[];
  mlps: readonly Mlp[];
}

/** A run of layers, by the names of their types, repeated. */
export interface LayerRun {
  repeat: number;
  layers: readonly string[];
}

/** Parts of a model whose linear layers a checkpoint may quantise or leave in 16 bits. */
export const weightParts = ["attention", "recurrent", "dense", "shared", "experts"] as const;
export type WeightPart = (typeof weightParts)[number];

/** A published set of weights, or the rule by which one of a plain precision would be made. */
export interface Checkpoint {
  /** What the decision calls it: a precision, or a name of its own such as `fp8-meta`. */
  id: string;
  precision: PrecisionName;
  repositories: readonly string[];
  /** Parts whose linear layers stay in 16 bits. */
  keeps16Bit?: readonly WeightPart[];
  /** So many layers are left in 16 bits whole (Meta's 405B FP8: the first and the last). */
  unquantizedLayers?: number;
  /** Weights that share a scale, for int4; default 128. */
  groupSize?: number;
  /** int4 without zero points. */
  symmetric?: boolean;
  /** The output head is quantised like the rest. */
  quantizedHead?: boolean;
  /** Block-scaled FP8: each tensor-parallel slice of an MLP must be whole blocks of this size. */
  blockSize?: number;
  /** Bytes of the published tensors that an engine loads, where that is known better than it can be computed. */
  loadedBytes?: number;
  note?: string;
}

/** Tensors that an engine loads beside the language layers. */
export interface ExtraWeights {
  /** `vision tower`, `audio encoder`, `position embeddings`, ... */
  name: string;
  parameters: number;
}

/** A decoder, described as far as memory and speed depend on it. Plain JSON: a row of the catalogue. */
export interface Model {
  id: string;
  family: string;
  kind: "dense" | "moe";
  hiddenSize: number;
  vocabSize: number;
  tiedEmbeddings: boolean;
  /** Longest request that the model was made for, tokens. */
  maxContext: number;
  layerTypes: Readonly<Record<string, Layer>>;
  /** The layers in order. */
  layout: readonly LayerRun[];
  extras?: readonly ExtraWeights[];
  nativePrecision: string;
  checkpoints: readonly Checkpoint[];
  /** Further names that mean this model. */
  aliases?: readonly string[];
  source: string;
  /** Parameters that the publisher states, in billions; absent when it states none. */
  publishedParametersB?: number;
  confidence: string;
  notes?: readonly string[];
  /** What the configuration held that is not modelled: the figures are then a lower bound or a guess, and say so. */
  unmodelled?: readonly string[];
}

const expanded = new WeakMap<Model, readonly Layer[]>();

/** Every layer in order. Layers of one type are one object. */
export function layersOf(model: Model): readonly Layer[] {
  const known = expanded.get(model);
  if (known) return known;
  const layers = model.layout.flatMap(({ repeat, layers: names }) =>
    Array.from({ length: repeat }, () => names.map((name) => layerType(model, name))).flat(),
  );
  expanded.set(model, layers);
  return layers;
}

function layerType(model: Model, name: string): Layer {
  const layer = model.layerTypes[name];
  if (!layer) throw new Error(`catalogue: ${model.id} has a layer of type ${name}, which layerTypes lacks`);
  return layer;
}

/** What a model's layers are made of, one of each type. */
interface Parts {
  mixers: readonly Mixer[];
  mlps: readonly Mlp[];
  heads: readonly HeadAttention[];
  experts: ExpertMlp | undefined;
}

const partsOfModels = new WeakMap<Model, Parts>();

function partsOf(model: Model): Parts {
  const known = partsOfModels.get(model);
  if (known) return known;
  const layers = Object.values(model.layerTypes);
  const mixers = layers.flatMap((layer) => layer.mixers);
  const mlps = layers.flatMap((layer) => layer.mlps);
  const heads = mixers.filter((mixer): mixer is HeadAttention => isHeadAttention(mixer));
  const experts = mlps.find((mlp): mlp is ExpertMlp => mlp.kind === "experts");
  const parts = { mixers, mlps, heads, experts };
  partsOfModels.set(model, parts);
  return parts;
}

/** Every mixer that caches keys and values by head. */
export function headAttentions(model: Model): readonly HeadAttention[] {
  return partsOf(model).heads;
}

export function isHeadAttention(mixer: Mixer): mixer is HeadAttention {
  return mixer.kind === "full" || mixer.kind === "window" || mixer.kind === "chunked";
}

/** The mixers of a model, one of each layer type. */
export function mixersOf(model: Model): readonly Mixer[] {
  return partsOf(model).mixers;
}

/** The feed-forward networks of a model, one of each layer type. */
export function mlpsOf(model: Model): readonly Mlp[] {
  return partsOf(model).mlps;
}

/** The experts of a mixture, as its layer types have them; undefined for a dense model. */
export function expertsOf(model: Model): ExpertMlp | undefined {
  return partsOf(model).experts;
}
