/** Number formats of the linear layers' weights. */
export const precisions = ["bf16", "fp16", "fp8", "int8", "int4", "mxfp4", "nvfp4"] as const;
export type PrecisionName = (typeof precisions)[number];

/**
 * Bytes of one linear-layer weight with its scales: mxfp4 has an 8-bit scale per 32 weights, nvfp4 one per 16.
 * int4 depends on the group (below). Source: stas00/ml-engineering inference/README.
 */
const bytesPerWeight: Record<Exclude<PrecisionName, "int4">, number> = {
  bf16: 2,
  fp16: 2,
  fp8: 1,
  int8: 1,
  mxfp4: 0.53125,
  nvfp4: 0.5625,
};

/** AWQ and GPTQ scale this many weights together unless they say otherwise. */
const usualGroupSize = 128;

/** What the bytes of a weight depend on. */
export interface WeightFormat {
  precision: PrecisionName;
  groupSize?: number;
  symmetric?: boolean;
}

/** Bytes of one quantised weight. int4 has a 16-bit scale a group, and a 4-bit zero point unless it is symmetric. */
export function bytesOfWeight({ precision, groupSize = usualGroupSize, symmetric = false }: WeightFormat): number {
  if (precision !== "int4") return bytesPerWeight[precision];
  return (4 + (symmetric ? 16 : 20) / groupSize) / 8;
}

/** Whether weights are multiplied by the GPU's 8-bit units: the wide formats, and 4-bit ones only where there are no units for them. */
export function isEightBit(precision: PrecisionName): boolean {
  return precision === "fp8" || precision === "int8";
}
