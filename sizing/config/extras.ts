import type { ExtraWeights } from "../model";
import { widthRule } from "./fieldNames";
import { limits } from "./fields";
import { isType, type Reading } from "./reading";

const names = ["max_position_embeddings", "n_positions", "max_seq_len", "n_ctx"];

/** Weights of the language model beside its layers and its word embeddings. */
export function readExtras(reading: Reading): ExtraWeights[] {
  const all = [
    positionEmbeddings(reading),
    sharedNetworks(reading),
    ...perLayerInputs(reading),
    ...alternatingUpdates(reading),
  ];
  return all.filter((extra): extra is ExtraWeights => extra !== undefined && extra.parameters > 0);
}

/** Zamba 2: the layers with attention take turns with a few blocks; their networks are counted once here. */
function sharedNetworks({ text, hiddenSize, modelType, report }: Reading): ExtraWeights | undefined {
  if (modelType !== "zamba2") return undefined;
  const blocks = text.count(["num_mem_blocks"], { most: limits.layers }) ?? 1;
  const width = text.count(["intermediate_size", "ffn_hidden_size"], widthRule) ?? 4 * hiddenSize;
  report.leaveOut("num_mem_blocks: attention weights that layers share are counted for each, and adapters are not");
  for (const name of ["adapter_rank", "attention_hidden_size", "hybrid_layer_ids", "attention_head_dim"])
    text.has(name);
  return { name: "shared networks", parameters: blocks * 3 * hiddenSize * width };
}

/** GPT-2, OPT and their kin learn a vector a position. */
function positionEmbeddings({ text, family, hiddenSize, modelType }: Reading): ExtraWeights | undefined {
  const { attn_config: inner } = text.values;
  const alibi = text.values.alibi === true || (inner as { alibi?: unknown } | null | undefined)?.alibi === true;
  const learned = modelType === "mpt" && !alibi && text.flag("learned_pos_emb") !== false;
  if (family.positionRows === undefined && !learned) return undefined;
  const positions = text.count(names, { most: limits.tokens }) ?? 0;
  const parameters = (positions + (family.positionRows ?? 0)) * hiddenSize;
  return { name: "position embeddings", parameters };
}

/** Gemma 3n and 4: embeddings of every layer's own, and what takes them in. Source: transformers, Gemma3nTextModel. */
function perLayerInputs(reading: Reading): (ExtraWeights | undefined)[] {
  const { text, layers, hiddenSize } = reading;
  const stated = text.count(["hidden_size_per_layer_input"], { least: 0, most: limits.width });
  const width = stated ?? (isType(reading, "gemma3n") ? 256 : 0);
  const vocabulary = text.count(["vocab_size_per_layer_input"], { most: limits.vocabulary });
  if (!width) return [];
  const rows = vocabulary ?? text.required(["vocab_size"], { most: limits.vocabulary });
  const projections = 3 * hiddenSize * width * layers + (hiddenSize + 1) * layers;
  return [
    { name: "per-layer embeddings", parameters: rows * width * layers },
    { name: "per-layer projections", parameters: projections },
  ];
}

/** Gemma 3n: several streams through the layers, and a low-rank path beside each. Source: transformers, Gemma3nTextAltUp. */
function alternatingUpdates(reading: Reading): (ExtraWeights | undefined)[] {
  const { text, layers, hiddenSize, report } = reading;
  if (!isType(reading, "gemma3n")) return [];
  const streams = text.count(["altup_num_inputs"], { most: 64 }) ?? 4;
  const rank = text.count(["laurel_rank"], widthRule) ?? 64;
  const shared = text.count(["num_kv_shared_layers"], { least: 0, most: limits.layers }) ?? 0;
  const kvHeads = text.count(["num_key_value_heads"], widthRule) ?? 0;
  const headDim = text.count(["head_dim"], widthRule) ?? 256;
  const perLayer = 2 * hiddenSize * rank + hiddenSize * (streams + 3) + streams ** 3 + streams ** 2;
  report.note("layers that read another's cache keep the weights of their own keys and values (Gemma 3n)");
  return [
    { name: "alternating updates", parameters: 2 * (streams - 1) * hiddenSize ** 2 + perLayer * layers },
    { name: "unused key and value projections", parameters: shared * 2 * kvHeads * headDim * hiddenSize },
  ];
}
