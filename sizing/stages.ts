import type { KvCacheDtype } from "./decisionArgs";
import { type CacheLoad, cacheLoad } from "./kvCache";
import { type Checkpoint, expertsOf, layersOf, type Model, mixersOf } from "./model";
import { unquantizedBytes, weighCheckpoint } from "./weights";

/** How a model is cut over GPUs. */
export interface Split {
  tensorParallel: number;
  pipelineParallel: number;
  /** Ranks that run attention on requests of their own while sharing the experts (mixtures of experts only). */
  dataParallel: number;
  expertParallel: number;
}

/** What one GPU of one pipeline stage holds. */
export interface Stage {
  weightBytes: number;
  cache: CacheLoad;
}

/**
 * How vLLM deals layers to pipeline stages (get_pp_indices): evenly, what is left over one each from the last stage
 * but one backwards, because the last also holds the output head.
 */
export function stageSizes(layers: number, stages: number): number[] {
  const sizes = Array.from({ length: stages }, () => Math.floor(layers / stages));
  for (let left = 0; left < layers % stages; left++) {
    const index = stages - 2 - left;
    sizes[index] = (sizes[index] ?? 0) + 1;
  }
  return sizes;
}

/**
 * MXFP4 kernels round the experts' matrices up to whole tiles, and the padding is loaded too: hidden size to 256,
 * each rank's width to 128 (Marlin, what Hopper and older run) or 256 (Blackwell and AMD). Source: vLLM,
 * mxfp4_round_up_hidden_size_and_intermediate_size; it makes gpt-oss-120b 65.9 GiB on one H100 (65.97 logged).
 */
function expertPadding(
  model: Model,
  checkpoint: Checkpoint,
  { tensorParallel, dataParallel, expertParallel }: Split,
  widthTile: number,
): number {
  const experts = expertsOf(model);
  if (checkpoint.precision !== "mxfp4" || !experts) return 1;
  const hidden = experts.latentSize ?? model.hiddenSize;
  const width = expertParallel > 1 ? experts.width : experts.width / (tensorParallel * dataParallel);
  return (roundUp(hidden, 256) / hidden) * (roundUp(width, widthTile) / width);
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** Angles that rotary embeddings look up: a table of every position up to the model's longest, whole on each GPU, in 16 bits. */
function rotaryTableBytes(model: Model): number {
  const widths = mixersOf(model).map((mixer) => {
    if (mixer.kind === "recurrent") return 0;
    return mixer.kind === "latent" ? mixer.qkRopeHeadDim : mixer.headDim;
  });
  // 2.5 GiB for Llama 4 Scout's ten million positions: its logged weights (vLLM 0.19, llm-d-planner accuracy/) hold it.
  return model.maxContext * Math.max(0, ...widths) * unquantizedBytes;
}

/** Every stage of a split model: the first holds the input embedding and what sees and hears, the last the output head. */
export function stagesOf(
  model: Model,
  checkpoint: Checkpoint,
  kvCacheDtype: KvCacheDtype,
  split: Split,
  expertTile: number,
): readonly Stage[] {
  const { tensorParallel, pipelineParallel, dataParallel, expertParallel } = split;
  const key = [kvCacheDtype, tensorParallel, pipelineParallel, dataParallel, expertParallel, expertTile].join();
  const known = remembered(model, checkpoint);
  const stages = known.get(key) ?? computeStages(model, checkpoint, kvCacheDtype, split, expertTile);
  known.set(key, stages);
  return stages;
}

// Machines with as many GPUs share a split, so that a plan over all of them computes each once.
const stagesOfModels = new WeakMap<Model, WeakMap<Checkpoint, Map<string, readonly Stage[]>>>();

function remembered(model: Model, checkpoint: Checkpoint): Map<string, readonly Stage[]> {
  const ofModel = stagesOfModels.get(model) ?? new WeakMap<Checkpoint, Map<string, readonly Stage[]>>();
  stagesOfModels.set(model, ofModel);
  const ofCheckpoint = ofModel.get(checkpoint) ?? new Map<string, readonly Stage[]>();
  ofModel.set(checkpoint, ofCheckpoint);
  return ofCheckpoint;
}

function computeStages(
  model: Model,
  checkpoint: Checkpoint,
  kvCacheDtype: KvCacheDtype,
  split: Split,
  expertTile: number,
): Stage[] {
  const { tensorParallel, pipelineParallel, dataParallel } = split;
  const weights = weighCheckpoint(model, checkpoint);
  // vLLM spreads experts over all data-parallel ranks, sliced or whole (FusedMoEParallelConfig.make).
  const expertRanks = tensorParallel * dataParallel;
  const padding = expertPadding(model, checkpoint, split, expertTile);
  const rotary = rotaryTableBytes(model);
  const last = pipelineParallel - 1;
  let first = 0;
  return stageSizes(layersOf(model).length, pipelineParallel).map((size, index) => {
    const end = first + size;
    let dense = 0;
    let whole = rotary;
    let experts = 0;
    for (const layer of weights.byLayer.slice(first, end)) {
      dense += layer.dense + layer.copies;
      whole += layer.whole;
      experts += layer.experts;
    }
    if (index === 0) dense += weights.embedding + weights.extras;
    if (index === last) dense += model.tiedEmbeddings && last > 0 ? weights.embedding : weights.head;
    const cache = cacheLoad(model, kvCacheDtype, tensorParallel, first, end);
    first = end;
    return { weightBytes: dense / tensorParallel + whole + (experts * padding) / expertRanks, cache };
  });
}
