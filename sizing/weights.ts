import type { Checkpoint, Model, PrecisionName } from "./catalogue";

/**
 * Bytes of one linear-layer weight. int4 is AWQ or GPTQ with a 16-bit scale and a 4-bit zero point per 128 weights;
 * mxfp4 has an 8-bit scale per 32, nvfp4 one per 16. Source: stas00/ml-engineering inference/README.
 */
const bytesPerLinear: Record<PrecisionName, number> = {
  bf16: 2,
  fp16: 2,
  fp8: 1,
  int8: 1,
  int4: 0.5195,
  mxfp4: 0.53125,
  nvfp4: 0.5625,
};

/** Embeddings, output head and norms stay in 16 bits in every checkpoint of the catalogue. */
const bytesPerEmbedding = 2;

/** Parameters of one model, by what splits and what quantises them. All are counts, for the whole model. */
export interface ParameterCounts {
  attention: number;
  denseMlp: number;
  routedExperts: number;
  sharedExperts: number;
  /** Input embedding and output head, counted twice unless they are tied. */
  embeddings: number;
  norms: number;
  total: number;
  /** Linear parameters that one token passes, with the output head: what sets the arithmetic of a step. */
  activeLinear: number;
}

/** Counts parameters from the numbers of the model's own config.json. */
export function countParameters(model: Model): ParameterCounts {
  const { layers, hiddenSize, vocabSize, moe } = model;
  const moeLayers = moe?.moeLayers ?? 0;
  const attention = layers * attentionPerLayer(model);
  const denseMlp = (layers - moeLayers) * 3 * hiddenSize * model.intermediateSize;
  const expert = 3 * hiddenSize * (moe?.moeIntermediateSize ?? 0);
  // Each expert layer also has a router: one row a expert.
  const routedExperts = moe ? moeLayers * (moe.experts * expert + moe.experts * hiddenSize) : 0;
  const sharedExperts = moe ? moeLayers * 3 * hiddenSize * moe.sharedIntermediateSize : 0;
  const embeddings = vocabSize * hiddenSize * (model.tiedEmbeddings ? 1 : 2);
  const norms = (2 * layers + 1) * hiddenSize;
  const activeExperts = moe ? moeLayers * moe.expertsPerToken * expert : 0;
  return {
    attention,
    denseMlp,
    routedExperts,
    sharedExperts,
    embeddings,
    norms,
    total: attention + denseMlp + routedExperts + sharedExperts + embeddings + norms,
    activeLinear: attention + denseMlp + sharedExperts + activeExperts + vocabSize * hiddenSize,
  };
}

function attentionPerLayer({ hiddenSize, attentionHeads, kvHeads, headDim, mla }: Model): number {
  if (!mla) {
    const queryAndOutput = 2 * hiddenSize * attentionHeads * headDim;
    const keyAndValue = 2 * hiddenSize * kvHeads * headDim;
    return queryAndOutput + keyAndValue;
  }
  const query = hiddenSize * mla.qLoraRank + mla.qLoraRank * attentionHeads * (mla.qkNopeHeadDim + mla.qkRopeHeadDim);
  const compressed = hiddenSize * (mla.kvLoraRank + mla.qkRopeHeadDim);
  const expanded = mla.kvLoraRank * attentionHeads * (mla.qkNopeHeadDim + mla.vHeadDim);
  const output = attentionHeads * mla.vHeadDim * hiddenSize;
  return query + compressed + expanded + output;
}

/** Bytes of a checkpoint's weights, by how parallelism divides them. For the whole model. */
export interface WeightBytes {
  /** Attention, dense MLPs, shared experts and norms: tensor and pipeline parallelism divide them. */
  layers: number;
  /** Routed experts: expert parallelism may divide them further. */
  experts: number;
  /** Input embedding and output head, at the first and the last pipeline stage. */
  embeddings: number;
  total: number;
}

/**
 * Weighs a checkpoint. Linear layers and embeddings are counted apart, because "parameters x bytes" is wrong by up
 * to 20 % for partly quantised checkpoints.
 */
export function weighCheckpoint(model: Model, checkpoint: Checkpoint): WeightBytes {
  const counts = countParameters(model);
  const linear = bytesPerLinear[checkpoint.precision];
  const embeddings = counts.embeddings * bytesPerEmbedding;
  const norms = counts.norms * bytesPerEmbedding;
  let layers = (counts.attention + counts.denseMlp + counts.sharedExperts) * linear + norms;
  if (checkpoint.quantizedMlpLayers !== undefined) {
    const quantized = (counts.denseMlp * checkpoint.quantizedMlpLayers) / model.layers;
    layers = quantized * linear + (counts.attention + counts.denseMlp - quantized) * bytesPerLinear.bf16 + norms;
  }
  const experts = counts.routedExperts * linear;
  return { layers, experts, embeddings, total: layers + experts + embeddings };
}

/** How a model is cut over GPUs. */
export interface Split {
  tensorParallel: number;
  pipelineParallel: number;
  /** Ranks that run attention on requests of their own while sharing the experts (mixtures of experts only). */
  dataParallel: number;
  expertParallel: number;
}

/** Weights on the fullest GPU, bytes: the first or last stage holds an embedding, and stages may be uneven. */
export function weightBytesPerGpu(model: Model, weights: WeightBytes, split: Split): number {
  const { tensorParallel, pipelineParallel, dataParallel } = split;
  const stageShare = Math.ceil(model.layers / pipelineParallel) / model.layers;
  // vLLM spreads experts over all data-parallel ranks, sliced or whole (FusedMoEParallelConfig.make).
  const expertRanks = tensorParallel * dataParallel;
  const embeddings = pipelineParallel > 1 && !model.tiedEmbeddings ? weights.embeddings / 2 : weights.embeddings;
  return (weights.layers * stageShare + embeddings) / tensorParallel + (weights.experts * stageShare) / expertRanks;
}
