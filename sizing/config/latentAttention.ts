import type { LatentAttention } from "../model";
import { headNames, headRule, widthRule } from "./fieldNames";
import { limits } from "./fields";
import type { AttentionOf } from "./layerKinds";
import type { Reading } from "./reading";

/** Reads multi-head latent attention (DeepSeek V2 and later, Kimi, GLM-5); undefined where there is none. */
export function readLatent(reading: Reading): AttentionOf | undefined {
  const { text, report, layers, modelType } = reading;
  const asked = text.flag("use_mla") !== false;
  for (const name of latentNames) text.has(name);
  if (!asked || !text.has("kv_lora_rank") || text.values.kv_lora_rank === 0) return undefined;
  const heads = text.required(headNames, headRule);
  // Engines cache one compressed key for all heads: the number of KV heads says nothing.
  text.count(["num_key_value_heads"], headRule);
  const qkNopeHeadDim = text.required(["qk_nope_head_dim"], { least: 0, most: limits.width });
  const qkRopeHeadDim = text.required(["qk_rope_head_dim"], { least: 0, most: limits.width });
  const latent: LatentAttention = {
    kind: "latent",
    heads,
    qLoraRank: text.count(["q_lora_rank"], { least: 0, most: limits.width }) ?? 0,
    kvLoraRank: text.required(["kv_lora_rank"], widthRule),
    qkNopeHeadDim,
    qkRopeHeadDim,
    vHeadDim: text.count(["v_head_dim"], widthRule) ?? defaultValueDim(reading, heads),
  };
  const indexer = readIndexer(reading);
  const indexes = text.perLayer("indexer_types", layers);
  if (modelType === "minicpm3")
    report.leaveOut(
      `kv_lora_rank: vLLM caches MiniCPM3's keys and values of every head (${4 * heads * (qkNopeHeadDim + qkRopeHeadDim)} bytes a token and layer), not the compressed ones`,
    );
  if (text.flag("mla_use_output_gate") === true)
    report.leaveOut("mla_use_output_gate: the gate's weights are not counted", "medium");
  return ({ kind }, index) => {
    if (kind === "window" || kind === "chunked")
      report.leaveOut("a window over latent attention: counted as keeping every token");
    return [indexer && indexes?.[index] !== "shared" ? { ...latent, indexer } : latent];
  };
}

const latentNames = [
  "q_lora_rank",
  "kv_lora_rank",
  "qk_nope_head_dim",
  "qk_rope_head_dim",
  "v_head_dim",
  "qk_head_dim",
  "head_dim",
];

function defaultValueDim({ report, hiddenSize }: Reading, heads: number): number {
  if (!Number.isNaN(hiddenSize / heads))
    report.note(`v_head_dim is left out: ${hiddenSize / heads}, hidden_size over heads`, "medium");
  return Math.round(hiddenSize / heads);
}

/** DeepSeek sparse attention: a small attention that chooses the tokens, with a cached key of its own. */
function readIndexer({ text }: Reading): LatentAttention["indexer"] {
  if (!text.has("index_n_heads") && !text.has("index_head_dim")) return undefined;
  const heads = text.required(["index_n_heads"], headRule);
  return { heads, headDim: text.required(["index_head_dim"], widthRule) };
}
