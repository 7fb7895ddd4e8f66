import type { HeadAttention, Mixer } from "../model";
import { headNames, headRule } from "./fieldNames";
import { type CountRule, limits } from "./fields";
import { readLatent } from "./latentAttention";
import { type AttentionOf, readLayerKinds } from "./layerKinds";
import { isType, type LayerMixers, type Reading } from "./reading";
import { readRecurrent } from "./recurrent";

/** Reads what mixes tokens in every layer. */
export function readMixers(reading: Reading): LayerMixers[] {
  const kinds = readLayerKinds(reading);
  const recurrent = kinds.some(({ kind }) => kind === "recurrent" || kind === "both") ? readRecurrent(reading) : [];
  const attends = kinds.length === 0 || kinds.some(({ kind }) => kind !== "recurrent");
  if (!attends) return kinds.map(() => recurrent);
  const attention = readLatent(reading) ?? readHeads(reading);
  return kinds.map((kind, index): LayerMixers => {
    if (kind.kind === "recurrent") return recurrent;
    const mixers = attention(kind, index);
    return kind.kind === "both" ? [...recurrent, ...mixers] : mixers;
  });
}

interface Heads {
  heads: number;
  kvHeads: number;
  headDim: number;
  valueHeadDim?: number;
}

const widths: CountRule = { most: limits.width };

/** Attention by heads: multi-head, grouped-query and multi-query. */
function readHeads(reading: Reading): AttentionOf {
  const { text, layers } = reading;
  const usual = usualHeads(reading);
  const windowed = windowHeads(reading, usual);
  const global = globalHeads(reading, usual);
  const headsOf = text.countPerLayer("num_attention_heads_per_layer", layers, headRule);
  const kvHeadsOf = text.countPerLayer("num_key_value_heads_per_layer", layers, headRule);
  const shares = sharesCache(reading);
  const crosses = text.layerNumbers("cross_attention_layers", layers);
  if (crosses) reading.report.leaveOut(crossNote, "medium");
  const gate = outputGate(reading);
  return (kind, index) => {
    const windows = kind.kind === "window" || kind.kind === "chunked";
    const base = windows ? windowed : (global ?? usual);
    const attention: HeadAttention = {
      kind: windows ? kind.kind : "full",
      ...base,
      ...(headsOf ? { heads: headsOf[index] ?? base.heads } : {}),
      ...(kvHeadsOf ? { kvHeads: kvHeadsOf[index] ?? base.kvHeads } : {}),
      ...(windows ? { window: kind.window } : {}),
      ...(shares(index) ? { readsEarlierCache: true } : {}),
      ...(gate ? { outputGate: true } : {}),
    };
    return [withinContext(attention, reading)];
  };
}

const crossNote =
  "cross_attention_layers: keep the image's tokens, not the text's; counted as if they kept every token";

/** A window as long as the longest request keeps every token. */
function withinContext(attention: HeadAttention, { text }: Reading): HeadAttention {
  const longest = text.values.max_position_embeddings;
  if (attention.kind !== "window" || typeof longest !== "number" || (attention.window ?? 0) < longest) return attention;
  const { window: _window, ...rest } = attention;
  return { ...rest, kind: "full" };
}

function usualHeads(reading: Reading): Heads {
  const { text, family } = reading;
  const heads = text.required(headNames, headRule);
  const kvHeads = readKvHeads(reading, heads);
  const headDim = text.count(["head_dim", "attention_head_dim", "kv_channels", "d_kv"], widths) ?? defaultHeadDim();
  const valueHeadDim = text.count(["v_head_dim"], { least: 0, most: limits.width });
  checkGroups(reading, heads, kvHeads);
  return { heads, kvHeads, headDim, ...(valueHeadDim && valueHeadDim !== headDim ? { valueHeadDim } : {}) };

  function defaultHeadDim(): number {
    if (family.headDim !== undefined) {
      reading.report.note(`head_dim is left out: ${family.headDim}, transformers' default for ${reading.modelType}`);
      return family.headDim;
    }
    const size = text.count(["attention_hidden_size"], widths) ?? reading.hiddenSize;
    if (!Number.isNaN(size % heads) && size % heads !== 0)
      text.report.fault(
        text.pathOf("head_dim"),
        undefined,
        `is missing, and hidden_size ${size} is not a multiple of ${heads} heads`,
        "give head_dim, or heads that divide hidden_size",
      );
    return size / heads;
  }
}

function readKvHeads({ text, family, report, modelType }: Reading, heads: number): number {
  const inner = text.child("attn_config");
  const kvHeads = inner?.count(["kv_n_heads"], headRule);
  for (const name of ["alibi", "attn_type", "clip_qkv", "rope_theta", "rope", "softmax_scale"]) inner?.has(name);
  if (kvHeads !== undefined) return kvHeads;
  if (inner?.values.attn_type === "multiquery_attention") return 1;
  if (modelType === "falcon" && text.flag("new_decoder_architecture") !== true) {
    // FalconConfig: multi_query unless it says otherwise.
    text.has("num_kv_heads");
    return (text.flag("multi_query") ?? true) ? 1 : heads;
  }
  if (text.flag("multi_query") === true && modelType !== "falcon") return 1;
  const named = text.count(
    ["num_key_value_heads", "n_head_kv", "num_kv_heads", "n_kv_heads", "num_attention_groups"],
    headRule,
  );
  if (named !== undefined) return named;
  if (text.flag("multi_query_attention") === true) return text.required(["multi_query_group_num"], headRule);
  text.has("multi_query_group_num");
  if (family.kvHeads !== undefined) {
    report.note(`num_key_value_heads is left out: ${family.kvHeads}, transformers' default for ${modelType}`, "medium");
    return family.kvHeads;
  }
  if (!Number.isNaN(heads)) report.note(`num_key_value_heads is left out: as many as heads, ${heads}`);
  return heads;
}

function checkGroups({ text, report }: Reading, heads: number, kvHeads: number, name = "num_key_value_heads"): void {
  const rule = `does not divide num_attention_heads, ${heads}`;
  const fix = "give as many as there are heads, or a number that divides them";
  if (heads % kvHeads !== 0 && !Number.isNaN(heads % kvHeads)) report.fault(text.pathOf(name), kvHeads, rule, fix);
}

/** Layers with a window may have heads of their own (MiMo-V2-Flash). */
function windowHeads(reading: Reading, usual: Heads): Heads {
  const { text } = reading;
  const heads = text.count(["swa_num_attention_heads"], headRule) ?? usual.heads;
  const kvHeads = text.count(["swa_num_key_value_heads"], headRule) ?? usual.kvHeads;
  const headDim = text.count(["swa_head_dim"], widths) ?? usual.headDim;
  const valueHeadDim = text.count(["swa_v_head_dim"], widths) ?? usual.valueHeadDim;
  if (text.has("swa_num_key_value_heads")) checkGroups(reading, heads, kvHeads, "swa_num_key_value_heads");
  return { heads, kvHeads, headDim, ...(valueHeadDim && valueHeadDim !== headDim ? { valueHeadDim } : {}) };
}

/** Gemma 4: the layers that keep every token have wider heads, fewer of them, and keys that serve as values. */
function globalHeads(reading: Reading, usual: Heads): (Heads & { keyIsValue?: boolean }) | undefined {
  const { text } = reading;
  const headDim = text.count(["global_head_dim"], widths);
  const keyIsValue = text.flag("attention_k_eq_v") === true;
  const kvHeads = text.count(["num_global_key_value_heads"], headRule);
  if (headDim === undefined && kvHeads === undefined && !keyIsValue) return undefined;
  // Gemma4TextAttention: the global layers have heads of their own number only where keys serve as values.
  const global = {
    ...usual,
    headDim: headDim ?? usual.headDim,
    kvHeads: (keyIsValue ? kvHeads : undefined) ?? usual.kvHeads,
  };
  checkGroups(reading, global.heads, global.kvHeads, "num_global_key_value_heads");
  return { ...global, ...(keyIsValue ? { keyIsValue } : {}) };
}

/** Layers that read the cache of an earlier one: the last ones of Gemma 3n and 4, all but the first of a group in Hunyuan. */
function sharesCache(reading: Reading): (index: number) => boolean {
  const { text, layers } = reading;
  const last = text.count(["num_kv_shared_layers"], { least: 0, most: Math.max(0, layers - 1) || limits.layers });
  if (last) return (index) => index >= layers - last;
  if (text.flag("use_cla") === true) {
    const group = text.count(["cla_share_factor"], { most: limits.layers }) ?? 1;
    return (index) => index % group !== 0;
  }
  text.has("cla_share_factor");
  return () => false;
}

/** Qwen3-Next and Qwen3.5 gate the output of attention; the former does not say so. */
function outputGate(reading: Reading): boolean {
  const stated = reading.text.flag("attn_output_gate");
  return stated ?? (isType(reading, "qwen3_next", "qwen3_5", "qwen3_5_moe") || false);
}

/** Attention of one kind throughout; for the readers of other layouts. */
export function plainAttention(reading: Reading): readonly Mixer[] {
  return readHeads(reading)({ kind: "full" }, 0);
}
