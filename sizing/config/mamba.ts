import type { RecurrentMixer } from "../model";
import { headRule, widthRule } from "./fieldNames";
import type { Fields } from "./fields";
import type { Reading } from "./reading";
import { halfBytes, kernelRule, stateElementBytes } from "./recurrentState";

const stateNames = ["ssm_state_size", "mamba_d_state", "state_size"];
const kernelNames = ["conv_kernel", "mamba_d_conv", "d_conv", "conv_kernel_size"];
const expandNames = ["expand", "mamba_expand"];

/** The first checkpoints (state-spaces) leave every size but the hidden one to the code. */
function isOriginal(text: Fields): boolean {
  return !stateNames.some((name) => text.has(name)) && text.has("ssm_cfg");
}

/** Mamba 2: heads that share a state per group. Source: transformers, NemotronHMamba2Mixer, BambaMixer, Mamba2Mixer. */
export function readMamba2(reading: Reading): RecurrentMixer | undefined {
  const { text, hiddenSize, modelType } = reading;
  const headNames = [
    "mamba_num_heads",
    "mamba_n_heads",
    "n_mamba_heads",
    ...(modelType === "mamba2" ? ["num_heads"] : []),
  ];
  if (!headNames.some((name) => text.has(name)) && modelType !== "mamba2") return undefined;
  const expand = text.ratio(expandNames.find((name) => text.has(name)) ?? "expand") ?? 2;
  // Mamba2Config's defaults where the first checkpoints leave all of it out: heads of 64, a state of 128.
  const original = isOriginal(text);
  const heads = original ? (expand * hiddenSize) / 64 : text.required(headNames, headRule);
  const headDimNames = [
    "mamba_head_dim",
    "mamba_d_head",
    "mamba_headdim",
    ...(modelType === "mamba2" ? ["head_dim"] : []),
  ];
  const stated = headDimNames.find((name) => text.has(name));
  // Bamba and Granite may say "auto".
  const headDim =
    (stated !== undefined && text.values[stated] === "auto" ? undefined : text.count(headDimNames, widthRule)) ??
    Math.floor((expand * hiddenSize) / heads);
  const inner = text.count(["mamba_d_ssm"], widthRule) ?? heads * headDim;
  const groups = text.count(["n_groups", "mamba_n_groups", "mamba_ngroups"], headRule) ?? 1;
  const state = original ? 128 : text.required(stateNames, widthRule);
  const kernel = text.count(kernelNames, kernelRule) ?? 4;
  const convolved = inner + 2 * groups * state;
  const projections = hiddenSize * (inner + convolved + heads) + inner * hiddenSize;
  return {
    kind: "recurrent",
    name: "mamba2",
    parameters: projections + convolved * (kernel + 1) + 3 * heads + inner,
    stateBytes: inner * state * stateElementBytes(reading) + convolved * (kernel - 1) * halfBytes,
  };
}

/** Mamba 1: a state per channel. Source: transformers, MambaMixer, JambaMambaMixer. */
export function readMamba1(reading: Reading): RecurrentMixer | undefined {
  const { text, hiddenSize, modelType } = reading;
  const original = isOriginal(text);
  if (!original && !stateNames.some((name) => text.has(name))) return undefined;
  const state = original ? 16 : text.required(stateNames, widthRule);
  const expand = text.ratio(expandNames.find((name) => text.has(name)) ?? "expand") ?? 2;
  const own = /mamba/.test(modelType) ? text.count(["intermediate_size"], widthRule) : undefined;
  const inner = own ?? Math.floor(expand * hiddenSize);
  const rankName = ["mamba_dt_rank", "time_step_rank"].find((name) => text.has(name));
  const automatic = rankName === undefined || text.values[rankName] === "auto";
  const rank = automatic ? Math.ceil(hiddenSize / 16) : (text.count([rankName], widthRule) ?? Number.NaN);
  const kernel = text.count(kernelNames, kernelRule) ?? 4;
  const projections = hiddenSize * 2 * inner + inner * (rank + 2 * state) + rank * inner + inner * hiddenSize;
  return {
    kind: "recurrent",
    name: "mamba",
    parameters: projections + inner * (kernel + 1) + inner * state + 2 * inner,
    stateBytes: inner * state * stateElementBytes(reading) + inner * (kernel - 1) * halfBytes,
  };
}
