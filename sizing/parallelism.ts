import type { Checkpoint, Model } from "./catalogue";

/** Why an engine would crash at start with this split, and what to do instead. */
export interface Refusal {
  reason: string;
  fix: string;
}

/**
 * The divisibility rules of tensor parallelism, each of which is a crash at start-up if it is broken:
 * attention heads and KV heads (vLLM model code), and whole blocks of block-scaled FP8 (vllm#17569).
 * @param expertParallel experts are spread whole over the ranks instead of being sliced, so block scales do not bind
 * @param widest the most GPUs that can share a layer here; wider splits are not proposed
 */
export function checkTensorParallel(
  model: Model,
  checkpoint: Checkpoint,
  tensorParallel: number,
  expertParallel: boolean,
  widest = 32,
): Refusal | undefined {
  const reason = refusalReason(model, checkpoint, tensorParallel, expertParallel);
  if (!reason) return undefined;
  const allowed = allowedTensorParallel(model, checkpoint, expertParallel)
    .filter((width) => width <= widest)
    .join(", ");
  const spread =
    checkpoint.blockSize && model.moe && !expertParallel ? ", or spread whole experts with expertParallel" : "";
  return { reason, fix: `use one of ${allowed}${spread}` };
}

function refusalReason(
  model: Model,
  checkpoint: Checkpoint,
  tensorParallel: number,
  expertParallel: boolean,
): string | undefined {
  const { attentionHeads, kvHeads } = model;
  if (attentionHeads % tensorParallel !== 0)
    return `does not divide the ${attentionHeads} attention heads of ${model.id}`;
  // Latent attention keeps one shared cache: its heads put no further bound.
  if (!model.mla && kvHeads % tensorParallel !== 0 && tensorParallel % kvHeads !== 0) {
    return `neither divides nor is a multiple of the ${kvHeads} KV heads of ${model.id}`;
  }
  const block = checkpoint.blockSize;
  const uneven = block && slicedWidths(model, expertParallel).find((width) => (width / tensorParallel) % block !== 0);
  if (uneven)
    return `cuts the ${uneven} columns of ${model.id}'s MLP into pieces that are not whole ${block}-column FP8 blocks`;
  return undefined;
}

/** MLP widths that tensor parallelism cuts. */
function slicedWidths(model: Model, expertParallel: boolean): number[] {
  const routed = model.moe && !expertParallel ? [model.moe.moeIntermediateSize] : [];
  const always = [model.intermediateSize, model.moe?.sharedIntermediateSize ?? 0];
  return [...routed, ...always].filter((width) => width > 0);
}

/** Tensor-parallel widths, in powers of two, that the model runs with. */
export function allowedTensorParallel(model: Model, checkpoint: Checkpoint, expertParallel: boolean): number[] {
  return [1, 2, 4, 8, 16, 32].filter((width) => !refusalReason(model, checkpoint, width, expertParallel));
}

/** The widest split of each layer inside one machine, and whether experts must be spread whole to allow it. */
export function widestTensorParallel(
  model: Model,
  checkpoint: Checkpoint,
  gpus: number,
): { tensorParallel: number; expertParallel: number } {
  const widest = (expertParallel: boolean) =>
    Math.max(1, ...allowedTensorParallel(model, checkpoint, expertParallel).filter((width) => width <= gpus));
  const sliced = widest(false);
  const spread = model.moe ? widest(true) : sliced;
  return spread > sliced
    ? { tensorParallel: spread, expertParallel: spread }
    : { tensorParallel: sliced, expertParallel: 1 };
}
