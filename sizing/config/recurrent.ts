import type { RecurrentMixer } from "../model";
import { headNames, headRule, widthRule } from "./fieldNames";
import type { Fields } from "./fields";
import { readMamba1, readMamba2 } from "./mamba";
import { isType, type Reading } from "./reading";
import { readReceptance } from "./receptance";
import { halfBytes, kernelRule, stateElementBytes } from "./recurrentState";

/** Reads the mixer of the layers whose state does not grow: one kind a model. */
export function readRecurrent(reading: Reading): RecurrentMixer[] {
  const { text, report, modelType } = reading;
  const delta = text.child("linear_attn_config");
  if (delta) return [readKimiDelta(reading, delta)];
  if (text.has("linear_num_value_heads")) return [readGatedDelta(reading)];
  if (text.has("conv_L_cache") || isType(reading, "lfm2", "lfm2_moe")) return [readShortConvolution(reading)];
  if (text.has("lru_width") || modelType === "recurrent_gemma") return [readLinearUnit(reading)];
  if (/^rwkv/.test(modelType)) return [readReceptance(reading)];
  if (text.has("attn_type_list")) return [readLightning(reading)];
  const mamba = readMamba2(reading) ?? readMamba1(reading);
  if (mamba) return [mamba];
  report.leaveOut(
    "a recurrent layer whose sizes no known field gives: its weights and its state are counted as nothing",
  );
  return [];
}

/** Gated delta net (Qwen3-Next, Qwen3.5). Source: vLLM, Qwen3NextGatedDeltaNet; state by gated_delta_net_state_shape. */
function readGatedDelta(reading: Reading): RecurrentMixer {
  const { text, hiddenSize } = reading;
  const keyHeads = text.required(["linear_num_key_heads"], headRule);
  const valueHeads = text.required(["linear_num_value_heads"], headRule);
  const keyDim = text.required(["linear_key_head_dim"], widthRule);
  const valueDim = text.required(["linear_value_head_dim"], widthRule);
  const kernel = text.count(["linear_conv_kernel_dim"], kernelRule) ?? 4;
  const keys = keyHeads * keyDim;
  const values = valueHeads * valueDim;
  const convolved = 2 * keys + values;
  const projections = hiddenSize * (2 * keys + 2 * values + 2 * valueHeads) + values * hiddenSize;
  return {
    kind: "recurrent",
    name: "gated delta net",
    parameters: projections + convolved * kernel + 2 * valueHeads + valueDim,
    stateBytes: valueHeads * keyDim * valueDim * stateElementBytes(reading) + convolved * (kernel - 1) * halfBytes,
  };
}

/** Kimi delta attention. Source: vLLM, KimiDeltaAttention; its recurrent state is float32 (kda_state_dtype). */
function readKimiDelta({ hiddenSize, report }: Reading, linear: Fields): RecurrentMixer {
  const heads = linear.required(["num_heads"], headRule);
  const headDim = linear.required(["head_dim"], widthRule);
  const kernel = linear.count(["short_conv_kernel_size"], kernelRule) ?? 4;
  const width = heads * headDim;
  const lowRank = hiddenSize * headDim + headDim * width;
  const fullGate = linear.flag("use_full_rank_gate") === true;
  if (fullGate) report.note("linear_attn_config.use_full_rank_gate: the output gate is counted as one full projection");
  const gates = lowRank + (fullGate ? hiddenSize * width : lowRank);
  return {
    kind: "recurrent",
    name: "kimi delta attention",
    parameters: 4 * hiddenSize * width + gates + hiddenSize * heads + 3 * width * kernel + width + heads + headDim,
    stateBytes: heads * headDim * headDim * 4 + 3 * width * (kernel - 1) * halfBytes,
  };
}

/** Lightning attention (MiniMax-Text-01, M1). Source: vLLM, MiniMaxText01LinearAttention. */
function readLightning(reading: Reading): RecurrentMixer {
  const { text, hiddenSize } = reading;
  const heads = text.required(headNames, headRule);
  const headDim = text.count(["head_dim"], widthRule) ?? hiddenSize / heads;
  const width = heads * headDim;
  return {
    kind: "recurrent",
    name: "lightning attention",
    parameters: 5 * hiddenSize * width + width,
    stateBytes: heads * headDim * headDim * stateElementBytes(reading),
  };
}

/** Gated short convolution (LFM2). Source: transformers, Lfm2ShortConv; state as vLLM's short_conv_state_shape. */
function readShortConvolution({ text, hiddenSize }: Reading): RecurrentMixer {
  const length = text.count(["conv_L_cache"], kernelRule) ?? 3;
  const width = text.count(["conv_dim"], widthRule) ?? hiddenSize;
  text.count(["conv_dim_out"], widthRule);
  return {
    kind: "recurrent",
    name: "short convolution",
    parameters: hiddenSize * 3 * width + width * length + width * hiddenSize,
    stateBytes: width * (length - 1) * halfBytes,
  };
}

/** Real-gated linear recurrent unit (RecurrentGemma). Source: transformers, RecurrentGemmaRecurrentBlock, state float32. */
function readLinearUnit({ text, hiddenSize }: Reading): RecurrentMixer {
  const width = text.count(["lru_width"], widthRule) ?? hiddenSize;
  const heads = text.required(headNames, headRule);
  const kernel = text.count(["conv1d_width"], kernelRule) ?? 4;
  return {
    kind: "recurrent",
    name: "linear recurrent unit",
    parameters: 3 * hiddenSize * width + width * kernel + (2 * width * width) / heads + 6 * width,
    stateBytes: width * 4 + width * (kernel - 1) * halfBytes,
  };
}
