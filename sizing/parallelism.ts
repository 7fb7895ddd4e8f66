import { type Checkpoint, expertsOf, isHeadAttention, layersOf, type Model, mixersOf, mlpsOf } from "./model";
import type { Split } from "./stages";

/** Why an engine would crash at start with this split, and what to do instead. */
export interface Refusal {
  reason: string;
  fix: string;
}

/**
 * The divisibility rules of tensor parallelism, each of which is a crash at start-up if it is broken:
 * attention heads and KV heads (vLLM model code), MLP widths, and whole blocks of block-scaled FP8 (vllm#17569, #54178).
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
  const allowed = allowedTensorParallel(model, checkpoint, expertParallel, widest).join(", ");
  const spread =
    checkpoint.blockSize && expertsOf(model) && !expertParallel ? ", or spread whole experts with expertParallel" : "";
  return { reason, fix: `use one of ${allowed}${spread}` };
}

function refusalReason(
  model: Model,
  checkpoint: Checkpoint,
  tensorParallel: number,
  expertParallel: boolean,
): string | undefined {
  for (const mixer of mixersOf(model)) {
    if (mixer.kind === "recurrent") continue;
    if (mixer.heads % tensorParallel !== 0) return `does not divide the ${mixer.heads} attention heads of ${model.id}`;
    // Latent attention keeps one shared cache: its heads put no further bound.
    if (!isHeadAttention(mixer)) continue;
    if (mixer.kvHeads % tensorParallel !== 0 && tensorParallel % mixer.kvHeads !== 0)
      return `neither divides nor is a multiple of the ${mixer.kvHeads} KV heads of ${model.id}`;
  }
  const widths = slicedWidths(model, expertParallel);
  const odd = widths.find((width) => width % tensorParallel !== 0);
  if (odd !== undefined) return `does not divide the ${odd} columns of ${model.id}'s MLP`;
  const block = checkpoint.blockSize;
  const uneven = block && widths.find((width) => (width / tensorParallel) % block !== 0);
  if (uneven)
    return `cuts the ${uneven} columns of ${model.id}'s MLP into pieces that are not whole ${block}-column FP8 blocks`;
  return undefined;
}

/** MLP widths that tensor parallelism cuts. */
function slicedWidths(model: Model, expertParallel: boolean): number[] {
  return mlpsOf(model).flatMap((mlp) => {
    if (mlp.kind === "dense") return [mlp.width];
    return [...(expertParallel ? [] : [mlp.width]), ...(mlp.sharedWidth > 0 ? [mlp.sharedWidth] : [])];
  });
}

/** Tensor-parallel widths up to `widest` that the model runs with. */
export function allowedTensorParallel(
  model: Model,
  checkpoint: Checkpoint,
  expertParallel: boolean,
  widest = 32,
): number[] {
  const widths = Array.from({ length: widest }, (_, index) => index + 1);
  return widths.filter((width) => !refusalReason(model, checkpoint, width, expertParallel));
}

/** How one replica's GPUs share each layer. */
export type LayerSplit = Pick<Split, "tensorParallel" | "dataParallel" | "expertParallel">;

/**
 * The ways to share each layer among the GPUs of one machine that are worth comparing: the widest slices; for a mixture
 * of experts whole experts spread over the same GPUs, where slices would be uneven; and ranks that each run attention on
 * requests of their own while sharing the experts (latent attention is not divided by slicing, so that holds far more
 * tokens). Data-parallel ranks of a dense model are copies side by side, which one engine deals requests to (vLLM,
 * data_parallel_deployment: "with both dense and MoE models"); wider slices come first, because they answer sooner.
 */
export function layerSplits(model: Model, checkpoint: Checkpoint, gpus: number): readonly LayerSplit[] {
  const ofModel = splitsOfModels.get(model) ?? new WeakMap<Checkpoint, Map<number, readonly LayerSplit[]>>();
  splitsOfModels.set(model, ofModel);
  const known = ofModel.get(checkpoint) ?? new Map<number, readonly LayerSplit[]>();
  ofModel.set(checkpoint, known);
  const splits = known.get(gpus) ?? findLayerSplits(model, checkpoint, gpus);
  known.set(gpus, splits);
  return splits;
}

// A plan over every machine asks the same for each machine of as many GPUs.
const splitsOfModels = new WeakMap<Model, WeakMap<Checkpoint, Map<number, readonly LayerSplit[]>>>();

function findLayerSplits(model: Model, checkpoint: Checkpoint, gpus: number): LayerSplit[] {
  const widest = (spread: boolean) => Math.max(1, ...usableWidths(model, checkpoint, spread, gpus));
  const experts = expertsOf(model);
  const sliced = widest(false);
  if (!experts) {
    const narrower = usableWidths(model, checkpoint, false, gpus).filter((width) => width < sliced);
    const copies = narrower.reverse().map((tensorParallel) => {
      return { tensorParallel, dataParallel: gpus / tensorParallel, expertParallel: 1 };
    });
    return [{ tensorParallel: sliced, dataParallel: 1, expertParallel: 1 }, ...copies];
  }
  const spread = widest(true);
  const divides = (ranks: number) => experts.experts % ranks === 0;
  const splits: LayerSplit[] =
    spread > sliced && divides(spread)
      ? [{ tensorParallel: spread, dataParallel: 1, expertParallel: spread }]
      : [{ tensorParallel: sliced, dataParallel: 1, expertParallel: 1 }];
  if (gpus > 1 && divides(gpus)) splits.push({ tensorParallel: 1, dataParallel: gpus, expertParallel: gpus });
  return splits;
}

/** Widths that leave no GPU of the machine over. */
function usableWidths(model: Model, checkpoint: Checkpoint, spread: boolean, gpus: number): number[] {
  return allowedTensorParallel(model, checkpoint, spread, gpus).filter((width) => gpus % width === 0);
}

/** Why a split over pipeline stages cannot be, if it cannot. */
export function checkPipelineParallel(model: Model, pipelineParallel: number): Refusal | undefined {
  const layers = layersOf(model).length;
  if (pipelineParallel <= layers) return undefined;
  return { reason: `is more than the ${layers} layers of ${model.id}`, fix: `give up to ${layers}` };
}

/** Why experts cannot be spread so, if they cannot. `ranks` is tensor x data parallel, the GPUs that hold one layer. */
export function checkExpertParallel(model: Model, expertParallel: number, ranks: number): Refusal | undefined {
  const experts = expertsOf(model);
  if (expertParallel > 1 && !experts)
    return { reason: `needs a mixture of experts, and ${model.id} is dense`, fix: "remove it" };
  if (experts && experts.experts % expertParallel !== 0)
    return {
      reason: `does not divide the ${experts.experts} experts of ${model.id}`,
      fix: `use tensor x data parallel, ${ranks}`,
    };
  if (ranks % expertParallel !== 0)
    return {
      reason: `does not divide tensor x data parallel, the ${ranks} ranks that hold the experts`,
      fix: `give ${ranks}`,
    };
  return undefined;
}
