import type { Mixer } from "../model";
import { type CountRule, limits } from "./fields";
import { eachLayer, type Reading } from "./reading";

/** What a layer attends to, before its heads are known. */
export type LayerKind =
  | { kind: "full" }
  | { kind: "window" | "chunked"; window: number }
  | { kind: "recurrent" }
  /** Attention and a recurrent mixer side by side (Falcon-H1). */
  | { kind: "both" };

/** Makes one layer's attention of its kind. */
export type AttentionOf = (kind: LayerKind, index: number) => readonly Mixer[];

const full: LayerKind = { kind: "full" };
const recurrent: LayerKind = { kind: "recurrent" };
const tokens: CountRule = { most: limits.tokens };

const ruledOut = [
  "sliding_window",
  "sliding_window_size",
  "sliding_window_pattern",
  "_sliding_window_pattern",
  "full_attention_interval",
];

/** What `layer_types` and its kin call the kinds. */
const kindNames: Readonly<Record<string, LayerKind["kind"]>> = {
  full_attention: "full",
  attention: "full",
  full: "full",
  global: "full",
  global_attention: "full",
  deepseek_sparse_attention: "full",
  sliding_attention: "window",
  sliding_window_attention: "window",
  sliding: "window",
  swa: "window",
  local: "window",
  local_attention: "window",
  chunked_attention: "chunked",
  linear_attention: "recurrent",
  mamba: "recurrent",
  mamba2: "recurrent",
  conv: "recurrent",
  recurrent: "recurrent",
  hybrid: "both",
};

/** Says of every layer what it attends to, by whichever of its many fields a configuration says it. */
export function readLayerKinds(reading: Reading): LayerKind[] {
  // Said by several fields at once: what decides makes the others say nothing.
  for (const name of ruledOut) reading.text.has(name);
  return (
    fromNames(reading) ??
    fromChunks(reading) ??
    fromHybridFields(reading) ??
    fromWindow(reading) ??
    eachLayer(reading.layers, () => full)
  );
}

/** A list that names every layer's kind. */
function fromNames(reading: Reading): LayerKind[] | undefined {
  const { text, layers, report } = reading;
  const name = ["layer_types", "layers_block_type", "block_types"].find((candidate) => text.has(candidate));
  if (name === undefined) return undefined;
  // RecurrentGemma gives one period.
  const list = name === "block_types" ? repeated(text.list(name) ?? [], layers) : text.perLayer(name, layers);
  if (list === undefined) return eachLayer(layers, () => full);
  const named = list.map((entry) => {
    const kind = typeof entry === "string" && Object.hasOwn(kindNames, entry) ? kindNames[entry] : undefined;
    if (kind === undefined) {
      const shown = typeof entry === "string" ? `"${entry.slice(0, 40)}"` : `a ${typeof entry}`;
      report.leaveOut(`${name}: ${shown} is not known: counted as attention that keeps every token`);
    }
    return kind ?? "full";
  });
  return withWidths(named, reading);
}

/** Gives windows and chunks their widths, which one field says for all. */
function withWidths(named: readonly LayerKind["kind"][], { text, modelType }: Reading): LayerKind[] {
  // RecurrentGemma's attention is windowed, which goes without saying.
  if (modelType === "recurrent_gemma") {
    const window = text.count(["attention_window_size"], tokens) ?? recurrentGemmaWindow;
    return named.map((kind) => (kind === "recurrent" ? recurrent : { kind: "window", window }));
  }
  const windowNames = ["sliding_window", "sliding_window_size", "window_size", "attention_window_size"];
  const window = named.includes("window") ? text.required(windowNames, tokens) : Number.NaN;
  const chunk = named.includes("chunked") ? (text.count(["attention_chunk_size"], tokens) ?? llama4Chunk) : Number.NaN;
  return named.map((kind): LayerKind => {
    if (kind === "window") return { kind, window };
    return kind === "chunked" ? { kind, window: chunk } : { kind };
  });
}

// RecurrentGemmaConfig's default (transformers).
const recurrentGemmaWindow = 2048;

function repeated(period: readonly unknown[], layers: number): unknown[] {
  return period.length === 0 ? [] : eachLayer(layers, (index) => period[index % period.length]);
}

// Llama4TextConfig's defaults (transformers): every fourth layer attends to everything, the others to chunks.
const llama4Chunk = 8192;
const llama4Interval = 4;

/** Llama 4: layers with rotary embeddings attend to a chunk, the others to everything. */
function fromChunks({ text, layers, modelType }: Reading): LayerKind[] | undefined {
  if (modelType !== "llama4" && modelType !== "llama4_text") return undefined;
  const window = text.count(["attention_chunk_size"], tokens) ?? llama4Chunk;
  const interval = text.count(["no_rope_layer_interval"], { most: limits.layers }) ?? llama4Interval;
  const rotary = text.perLayer("no_rope_layers", layers);
  return eachLayer(layers, (index) => {
    const chunked = rotary ? rotary[index] === 1 : (index + 1) % interval !== 0;
    return chunked ? { kind: "chunked", window } : full;
  });
}

/** Hybrids that say by numbers which of their layers have attention. */
function fromHybridFields({ text, layers, modelType, report }: Reading): LayerKind[] | undefined {
  const some = (attends: (index: number) => boolean) =>
    eachLayer(layers, (index) => (attends(index) ? full : recurrent));
  if (modelType === "falcon_h1") return eachLayer(layers, () => ({ kind: "both" as const }));
  if (text.has("attn_layer_period")) {
    const period = text.count(["attn_layer_period"], { most: limits.layers }) ?? 1;
    const offset = text.count(["attn_layer_offset"], { least: 0, most: limits.layers }) ?? 0;
    return some((index) => index % period === offset);
  }
  if (text.has("attn_layer_indices")) {
    const numbers = text.layerNumbers("attn_layer_indices", layers);
    return some((index) => numbers?.has(index) ?? false);
  }
  if (text.has("full_attn_idxs")) {
    const numbers = text.layerNumbers("full_attn_idxs", layers);
    return some((index) => numbers?.has(index) ?? false);
  }
  if (text.has("attn_type_list")) {
    const types = text.perLayer("attn_type_list", layers);
    return some((index) => types?.[index] !== 0);
  }
  const linear = text.child("linear_attn_config");
  if (linear) {
    const attending = linear.layerNumbers("full_attn_layers", layers, 1);
    const delta = linear.layerNumbers("kda_layers", layers, 1);
    if (attending === undefined && delta === undefined) linear.required(["full_attn_layers"], tokens);
    return some((index) => attending?.has(index) ?? !delta?.has(index));
  }
  if (text.has("full_attention_interval") || modelType === "qwen3_next") {
    if (!text.has("linear_num_value_heads")) return undefined;
    const interval = text.count(["full_attention_interval"], { most: limits.layers }) ?? 4;
    return some((index) => (index + 1) % interval === 0);
  }
  if (text.has("hybrid_layer_ids")) {
    const numbers = text.layerNumbers("hybrid_layer_ids", layers);
    report.note("hybrid_layer_ids: these layers have Mamba and attention");
    return eachLayer(layers, (index) => (numbers?.has(index) ? { kind: "both" } : recurrent));
  }
  return /^(mamba2?|falcon_mamba|rwkv\d?)$/.test(modelType) ? some(() => false) : undefined;
}

/** A sliding window, and by one rule or another the layers that it holds for. */
function fromWindow(reading: Reading): LayerKind[] | undefined {
  const { text, layers, family, report } = reading;
  if (text.flag("use_sliding_window") === false) return undefined;
  if (family.windows === "asked" && !text.has("use_sliding_window")) return undefined;
  const name = ["sliding_window", "sliding_window_size", "window_size"].find((candidate) => text.has(candidate));
  if (name === undefined) return undefined;
  const window = text.count([name], tokens) ?? Number.NaN;
  const windowed = whichWindowed(reading);
  if (windowed === undefined) {
    report.leaveOut(`${name}: which layers it holds for is not said: all are counted as keeping every token`);
    return undefined;
  }
  return eachLayer(layers, (index) => (windowed(index) ? { kind: "window", window } : full));
}

function whichWindowed({ text, layers, family }: Reading): ((index: number) => boolean) | undefined {
  const hybrid = text.perLayer("hybrid_layer_pattern", layers);
  // MiMo-V2-Flash repeats its window under these names.
  if (hybrid) for (const name of ["attention_chunk_size", "sliding_window_size"]) text.has(name);
  if (hybrid) return (index) => hybrid[index] === 1;
  const given = ["sliding_window_pattern", "_sliding_window_pattern", "layer_switch"].find((candidate) =>
    text.has(candidate),
  );
  if (given !== undefined && typeof text.values[given] === "string") {
    // EXAONE 4: "LLLG", L for local.
    const pattern = text.values[given] as string;
    return (index) => pattern[index % pattern.length] === "L";
  }
  const every = given === undefined ? undefined : text.count([given], { most: limits.layers });
  const interval = every ?? (typeof family.windows === "number" ? family.windows : undefined);
  if (interval !== undefined) return (index) => (index + 1) % interval !== 0;
  if (family.windows === "asked") {
    // Qwen2: the first layers attend to everything.
    const fullLayers = text.count(["max_window_layers"], { least: 0, most: limits.layers }) ?? 0;
    return (index) => index >= fullLayers;
  }
  return family.windows === "all" ? () => true : undefined;
}
