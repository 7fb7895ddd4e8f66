import type { Reading } from "./reading";

/** Tokens that a convolution looks at. */
export const kernelRule = { most: 1024 };

/** Bytes of one number of a state that is kept in the model's own 16 bits. */
export const halfBytes = 2;

/**
 * Bytes of one number of a recurrent state. vLLM takes the configuration's word (mamba_ssm_cache_dtype,
 * mamba_ssm_dtype) and else the model's 16 bits (vllm/model_executor/layers/mamba/mamba_utils.py,
 * MambaStateDtypeCalculator); transformers itself keeps float32.
 */
export function stateElementBytes({ text, report }: Reading): number {
  const name = ["mamba_ssm_cache_dtype", "mamba_ssm_dtype"].find((candidate) => text.has(candidate));
  const stated = name === undefined ? undefined : text.text(name);
  if (stated === "float32") return 4;
  if (stated === undefined) report.note("recurrent state: 16 bits a number, vLLM's default; transformers keeps 32");
  else if (!/^(bfloat16|float16|auto)$/.test(stated))
    report.leaveOut(`${name}: "${stated}" is read as 16 bits`, "medium");
  return halfBytes;
}
