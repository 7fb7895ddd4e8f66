import { bytesOfWeight, type PrecisionName, type WeightFormat } from "../precision";
import type { Json } from "./fields";

/** How the weights of a part are kept. */
export interface Format extends WeightFormat {
  /** Bytes of a weight with its scales, where the precision's own figure is not right. */
  bytes?: number;
  /** Side of the blocks that share a scale (FP8). */
  blockSize?: number;
}

export function formatBytes(format: Format): number {
  return format.bytes ?? bytesOfWeight(format);
}

/** 8 bits a weight and an 8-bit scale per 32 (OCP microscaling). */
const mxfp8: Format = { precision: "fp8", bytes: 1.03125 };

/** Names of modelopt's quant_algo. Source: NVIDIA/TensorRT-Model-Optimizer, export/quant_utils.py. */
const algorithms: Readonly<Record<string, Format>> = {
  FP8: { precision: "fp8" },
  FP8_PB_WO: { precision: "fp8" },
  FP8_PER_CHANNEL_PER_TOKEN: { precision: "fp8" },
  FP8_PB_REAL: { precision: "fp8" },
  MXFP8: mxfp8,
  NVFP4: { precision: "nvfp4" },
  NVFP4_AWQ: { precision: "nvfp4" },
  NVFP4_SVDQUANT: { precision: "nvfp4" },
  W4A16_NVFP4: { precision: "nvfp4" },
  W4A8_NVFP4_FP8: { precision: "nvfp4" },
  MXFP4: { precision: "mxfp4" },
  W4A8_MXFP4_FP8: { precision: "mxfp4" },
  W4A16: { precision: "int4", symmetric: true },
  W4A16_AWQ: { precision: "int4", symmetric: true },
  INT4_AWQ: { precision: "int4", symmetric: true },
  W4A8_AWQ: { precision: "int4", symmetric: true },
  W8A16: { precision: "int8" },
  W8A8_SQ_PER_CHANNEL: { precision: "int8" },
  INT8_SQ: { precision: "int8" },
};

/** The format of a modelopt algorithm; undefined when it is not known. */
export function algorithmFormat(name: unknown, groupSize?: unknown): Format | undefined {
  if (typeof name !== "string") return undefined;
  const key = name.toUpperCase();
  const format = Object.hasOwn(algorithms, key) ? algorithms[key] : undefined;
  if (format?.precision !== "int4") return format;
  return { ...format, ...groupOf(groupSize) };
}

// A group cannot be longer than a row of a matrix.
const longestGroup = 1_000_000;

/** A stated group; -1 is a whole row, whose one scale weighs next to nothing. */
export function groupOf(value: unknown): { groupSize?: number } {
  if (typeof value !== "number" || !Number.isInteger(value) || value === 0) return {};
  return { groupSize: value > 0 ? Math.min(value, longestGroup) : longestGroup };
}

/** The format of the weights of a compressed-tensors group. */
export function groupFormat(weights: Json, name: string): Format | undefined {
  const { num_bits: bits, type, group_size: groupSize, symmetric, strategy, block_structure: block } = weights;
  if (type === "float" && bits === 8) {
    if (/mxfp8/.test(name)) return mxfp8;
    const side = strategy === "block" && Array.isArray(block) && typeof block[0] === "number" ? block[0] : undefined;
    return { precision: "fp8", ...(side ? { blockSize: side } : {}) };
  }
  if (type === "float" && bits === 4) return { precision: groupSize === 32 || /mxfp4/.test(name) ? "mxfp4" : "nvfp4" };
  if (type !== "int" && type !== undefined) return undefined;
  if (bits === 8) return { precision: "int8" };
  if (bits !== 4) return undefined;
  return { precision: "int4", ...groupOf(groupSize ?? -1), symmetric: symmetric !== false };
}

/** AWQ, GPTQ and AutoRound: bits, group, and whether there are zero points. */
export function integerFormat({
  bits,
  w_bit: wBits,
  group_size,
  q_group_size,
  zero_point,
  sym,
}: Json): Format | undefined {
  const width = bits ?? wBits ?? 4;
  const symmetric = sym === true || zero_point === false;
  if (width === 4) return { precision: "int4", ...groupOf(group_size ?? q_group_size), symmetric };
  return width === 8 ? { precision: "int8" } : undefined;
}

/**
 * bitsandbytes: NF4 has a 32-bit scale per 64 weights, which is a 16-bit one per 32; scaled twice it is 0.127 bits
 * a weight (QLoRA, arXiv 2305.14314, section 3).
 */
export function bitsAndBytesFormat(config: Json): Format | undefined {
  if (config.load_in_4bit === true || config._load_in_4bit === true) {
    const twice = config.bnb_4bit_use_double_quant === true;
    return { precision: "int4", groupSize: twice ? 126 : 32, symmetric: true };
  }
  return config.load_in_8bit === true || config._load_in_8bit === true ? { precision: "int8" } : undefined;
}

/** What engines load a checkpoint without a quantisation as; undefined for a type that is not known. */
export function plainPrecision(dtype: unknown): PrecisionName | undefined {
  const name = typeof dtype === "string" ? dtype.replace(/^torch\./, "") : "";
  if (/^(bfloat16|bf16|float32|fp32|float|float64)$/.test(name)) return "bf16";
  return /^(float16|fp16|half)$/.test(name) ? "fp16" : undefined;
}
