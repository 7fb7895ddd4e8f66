import type { Layer } from "../model";
import { widthRule } from "./fieldNames";
import { limits } from "./fields";
import { readLatent } from "./latentAttention";
import { eachLayer, type Reading } from "./reading";

/**
 * LongCat-Flash: a layer has two attentions and two dense networks, and one mixture beside them; some of its experts
 * pass the token on and have no weights. Source: vLLM, longcat_flash.py (FlashDecoderLayer).
 */
export function readLongcat(reading: Reading): Layer[] | undefined {
  const { text, modelType, report, layers } = reading;
  if (modelType !== "longcat_flash") return undefined;
  const attention = readLatent(reading);
  const width = text.required(["ffn_hidden_size", "intermediate_size"], widthRule);
  const expertWidth = text.required(["expert_ffn_hidden_size", "moe_intermediate_size"], widthRule);
  const experts = text.required(["n_routed_experts"], { most: limits.experts });
  const perToken = text.required(["moe_topk", "num_experts_per_tok"], { most: limits.experts });
  const idle = text.count(["zero_expert_num"], { least: 0, most: limits.experts });
  if (idle) report.note(`zero_expert_num: ${idle} experts without weights; a token may pass fewer than ${perToken}`);
  const dense = { kind: "dense", width, matrices: 3 } as const;
  const mixture = {
    kind: "experts",
    experts,
    expertsPerToken: perToken,
    width: expertWidth,
    matrices: 3,
    sharedWidth: 0,
  } as const;
  return eachLayer(layers, (index) => {
    const mixers = attention?.({ kind: "full" }, index) ?? [];
    return { mixers: [...mixers, ...mixers], mlps: [dense, dense, mixture] };
  });
}
