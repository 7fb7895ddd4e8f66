import type { DenseMlp, ExpertMlp, Mlp } from "../model";
import { expertLayers } from "./expertLayers";
import { widthRule } from "./fieldNames";
import { limits } from "./fields";
import { eachLayer, isType, type LayerMlps, type Reading } from "./reading";

/** Reads what follows the mixers in every layer: one dense network, a mixture of experts, or both side by side. */
export function readMlps(reading: Reading): LayerMlps[] {
  const { layers, modelType } = reading;
  if (/^(mamba2?|falcon_mamba|zamba2)$/.test(modelType)) return eachLayer(layers, () => []);
  const experts = readExperts(reading);
  if (!experts) {
    const dense = readDense(reading);
    return eachLayer(layers, (index) => [dense(index)]);
  }
  const mixed = expertLayers(reading);
  for (const name of ["intermediate_size_mlp", "intermediate_size"]) reading.text.has(name);
  const allMixed = Array.from({ length: layers || 0 }, (_, index) => index).every(mixed);
  const beside = isType(reading, "gemma4") || residual(reading);
  const dense = allMixed && !beside ? undefined : readDense(reading, true);
  return eachLayer(layers, (index): Mlp[] => {
    const networks: Mlp[] = mixed(index) ? [experts(index)] : [];
    return dense && (beside || networks.length === 0) ? [dense(index), ...networks] : networks;
  });
}

/** Snowflake Arctic: a dense network as wide as the hidden size beside the experts. */
function residual({ text }: Reading): boolean {
  return text.flag("parallel_attn_mlp_res") === true;
}

export const widthNames = [
  "intermediate_size",
  "n_inner",
  "ffn_hidden_size",
  "ffn_dim",
  "ff_intermediate_size",
  "block_ff_dim",
];

/** The dense networks; `beside` experts they may have a field of their own. */
function readDense(reading: Reading, besideExperts = false): (index: number) => DenseMlp {
  const { text, layers, modelType } = reading;
  const matrices = matricesOf(reading);
  const shared = text.count(["num_kv_shared_layers"], { least: 0, most: limits.layers }) ?? 0;
  const doubled = text.flag("use_double_wide_mlp") === true;
  if (residual(reading) && besideExperts) return () => ({ kind: "dense", width: reading.hiddenSize, matrices });
  text.has("intermediate_size_mlp");
  const own = besideExperts ? text.count(["intermediate_size_mlp", "dense_intermediate_size"], widthRule) : undefined;
  const listed = Array.isArray(text.values.intermediate_size)
    ? text.countPerLayer("intermediate_size", layers, widthRule)
    : undefined;
  if (listed) return (index) => ({ kind: "dense", width: listed[index] ?? Number.NaN, matrices });
  // Granite 4's dense models: only the shared network is there.
  const onlyShared = modelType === "granitemoehybrid" ? text.count(["shared_intermediate_size"], widthRule) : undefined;
  const width = own ?? onlyShared ?? readWidth(reading);
  return (index) => ({ kind: "dense", width: doubled && index >= layers - shared ? 2 * width : width, matrices });
}

function readWidth(reading: Reading): number {
  const { text, family, hiddenSize, report, modelType } = reading;
  const inner = text.child("ffn_config")?.count(["ffn_hidden_size"], widthRule);
  if (inner !== undefined) return inner;
  const stated = text.count(widthNames, widthRule);
  if (stated !== undefined) return adjusted(reading, stated);
  const ratio = text.ratio("expansion_ratio");
  if (ratio !== undefined) return Math.round(ratio * hiddenSize);
  if (/^rwkv/.test(modelType)) {
    // Rwkv5Config: 3.5 times the hidden size, in steps of 32; version 4 has 4 times.
    return modelType === "rwkv" ? 4 * hiddenSize : Math.floor((hiddenSize * 3.5) / 32) * 32;
  }
  if (family.widthFactor !== undefined) {
    report.note(`${widthNames[0]} is left out: ${family.widthFactor} times hidden_size, as in transformers`);
    return family.widthFactor * hiddenSize;
  }
  return text.required(widthNames, widthRule);
}

/** Widths that a configuration states by another measure than the one that is built. */
function adjusted({ text, family }: Reading, stated: number): number {
  if (family.halfWidth) return stated / 2;
  if (text.flag("block_auto_adjust_ff_dim") !== true) return stated;
  // LFM2 (transformers, Lfm2MLP): two thirds, by a factor, rounded up to a multiple.
  const scaled = Math.floor((2 * stated) / 3) * (text.ratio("block_ffn_dim_multiplier") ?? 1);
  const multiple = text.count(["block_multiple_of"], widthRule) ?? 256;
  return multiple * Math.ceil(Math.floor(scaled) / multiple);
}

const activationNames = ["hidden_act", "hidden_activation", "activation_function", "mlp_hidden_act", "ffn_act_fn"];

/** Whether a network is gated: transformers decides by the class, so the model type says; else the activation hints. */
export function matricesOf({ text, family, known, report }: Reading): number {
  const names = activationNames.filter((candidate) => text.has(candidate));
  if (known || family.matrices !== undefined) return family.matrices ?? 3;
  const activation = names[0] === undefined ? "" : String(text.values[names[0]]);
  if (!/^(relu2?|xielu|gelu|gelu_new|gelu_fast|squared_relu)$/.test(activation)) return 3;
  report.leaveOut(
    `${names[0]}: "${activation}" hints at networks without a gate: 2 matrices are counted, not 3`,
    "medium",
  );
  return 2;
}

const expertNames = ["n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts", "num_expert"];
const perTokenNames = [
  "num_experts_per_tok",
  "num_experts_per_token",
  "moe_topk",
  "moe_top_k",
  "moe_k",
  "top_k_experts",
  "num_selected_experts",
  "experts_per_token",
];

/** The experts of a layer; undefined for a model that has none. */
export function readExperts(reading: Reading): ((index: number) => ExpertMlp) | undefined {
  const { text, report, layers } = reading;
  const inner = text.child("ffn_config");
  for (const name of ["ffn_act_fn", "moe_jitter_eps", "moe_loss_weight"]) inner?.has(name);
  const innerExperts = inner?.count(["moe_num_experts"], { least: 0, most: limits.experts });
  const numbers = expertNumbers(reading);
  const experts = innerExperts ?? countOf(reading, expertNames, limits.experts, 0);
  if (text.flag("enable_moe_block") === false || !experts) {
    numbers.skip();
    return undefined;
  }
  if (Array.isArray(text.values[text.first(expertNames) ?? ""])) report.note("experts are read off the first layer's");
  const perToken = inner?.has("moe_top_k")
    ? inner.required(["moe_top_k"], { most: limits.experts })
    : countOf(reading, perTokenNames, limits.experts, 1, true);
  if (perToken !== undefined && perToken > experts) {
    const name = text.first(perTokenNames) ?? "moe_top_k";
    report.fault(
      text.pathOf(name),
      perToken,
      `is more than the ${experts} experts`,
      "give at most as many as there are",
    );
  }
  const width = numbers.width();
  const sharedWidth = numbers.sharedWidth(width);
  const latentSize = text.count(["moe_latent_size", "routed_expert_hidden_size"], { least: 0, most: limits.width });
  const expert: ExpertMlp = {
    kind: "experts",
    experts,
    expertsPerToken: perToken ?? Number.NaN,
    width,
    matrices: matricesOf(reading),
    sharedWidth,
    ...(latentSize ? { latentSize } : {}),
  };
  const widths = Array.isArray(text.values.moe_intermediate_size) ? text.list("moe_intermediate_size") : undefined;
  if (widths && layers && new Set(widths).size > 1) report.note("moe_intermediate_size: the widths differ by layer");
  return (index) => {
    const own = widths?.[index];
    return typeof own === "number" && own !== width && own > 0 ? { ...expert, width: own } : expert;
  };
}

/** A number that some configurations (Hunyuan) give once a layer: the first layer's then. */
function countOf(
  reading: Reading,
  names: readonly string[],
  most: number,
  least: number,
  must = false,
): number | undefined {
  const { text } = reading;
  const name = text.first(names);
  if (name !== undefined && Array.isArray(text.values[name])) {
    const [first] = text.list(name) ?? [];
    return text.checkCount(`${name}[0]`, first, { least, most });
  }
  return must ? text.required(names, { least, most }) : text.count(names, { least, most });
}

const sharedCountNames = ["n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts"];
const sharedWidthNames = [
  "shared_expert_intermediate_size",
  "moe_shared_expert_intermediate_size",
  "share_expert_dim",
  "shared_intermediate_size",
];
const routedWidthNames = ["moe_intermediate_size", "expert_intermediate_size", "expert_ffn_hidden_size"];

function expertNumbers(reading: Reading): { width(): number; sharedWidth(width: number): number; skip(): void } {
  const { text, family } = reading;
  return {
    width: () => {
      const own = countOf(reading, routedWidthNames, limits.width, 1);
      return own ?? readWidth(reading);
    },
    sharedWidth: (width) => {
      const count = countOf(reading, sharedCountNames, limits.experts, 0);
      const stated = text.count(sharedWidthNames, { least: 0, most: limits.width });
      // Where both are there the width is of all shared experts together (DeepSeek-like classes, MiniMax-M3, Step).
      if (stated !== undefined) return stated * (count && text.has("moe_shared_expert_intermediate_size") ? count : 1);
      if (count !== undefined) return count * width;
      return family.sharedExpert ? width : 0;
    },
    skip: () => {
      for (const name of [
        ...expertNames,
        ...perTokenNames,
        ...sharedCountNames,
        ...sharedWidthNames,
        ...routedWidthNames,
      ])
        text.has(name);
    },
  };
}
