import { Recomputation } from "../decisionArgs";
import { type ExpertMlp, isHeadAttention, type Layer, type Mixer, type Mlp } from "../model";
import type { TrainingLayout } from "./recipe";

/** What a layer leaves behind for its backward pass, bytes a token on one GPU. */
export interface LayerActivations {
  /** Kept from the forward pass to the backward pass. */
  kept: number;
  /** All that the layer's backward pass works on: what was kept or made again, and the gradients of its widest part. */
  working: number;
}

/** Bytes of a 16-bit value. */
const half = 2;

/** What a layer's backward pass reads, bytes a token. */
interface Tensors {
  /** What attention made, and what is added to: the layer's input and what it is in the middle. */
  residual: number;
  /** Results of matrix products. */
  products: number;
  /** Norms' and activation functions' results, which come from the others without a matrix product. */
  cheap: number;
  /** Gradients that exist together while the widest part runs backwards. */
  gradients: number;
}

/**
 * What one layer keeps for each token, by the tensors that its backward pass reads, in 16 bits, with flash attention and
 * fused activation functions. For a GPT layer of the paper this is its 34 bytes x hidden size (arXiv 2205.05198, without
 * dropout); a Llama layer comes out at the same. Tensor parallelism divides all of it, because it goes with sequence
 * parallelism in every framework that is sized here.
 */
export function layerActivations(
  layer: Layer,
  hiddenSize: number,
  recomputation: Recomputation,
  layout: Pick<TrainingLayout, "tensorParallel" | "expertParallel">,
): LayerActivations {
  const parts = [
    ...layer.mixers.map((mixer) => mixerTensors(mixer, hiddenSize, layout.tensorParallel)),
    ...layer.mlps.map((mlp) => mlpTensors(mlp, hiddenSize, layout)),
  ];
  const sum = (of: keyof Tensors) => parts.reduce((total, part) => total + part[of], 0);
  const all = sum("residual") + sum("products") + sum("cheap");
  const kept = {
    [Recomputation.none]: all,
    // torchtitan's `op`: attention and every second matrix product are kept, the layer's last one too; the rest is made again.
    [Recomputation.selective]: sum("residual") + sum("products") / 2 + (half * hiddenSize) / layout.tensorParallel,
    // The layer's input, and nothing else.
    [Recomputation.full]: (half * hiddenSize) / layout.tensorParallel,
  };
  const gradients = Math.max(...parts.map((part) => part.gradients));
  return { kept: kept[recomputation], working: all - kept[recomputation] + gradients };
}

function mixerTensors(mixer: Mixer, hidden: number, tensorParallel: number): Tensors {
  const { projected, mixed } = mixerWidths(mixer, hidden, tensorParallel);
  // The layer's input, which is also what the result is added to, and its norm.
  return {
    residual: (half * (hidden + mixed)) / tensorParallel,
    products: (half * projected) / tensorParallel,
    cheap: (half * hidden) / tensorParallel,
    gradients: (half * (projected + mixed + hidden)) / tensorParallel,
  };
}

/** Values that attention reads, and that it makes; one rank's share times the number of ranks, as KV heads may be kept twice. */
function mixerWidths(mixer: Mixer, hidden: number, tensorParallel: number): { projected: number; mixed: number } {
  // Projections in and out of a state-space or linear-attention mixer: as many values as its weights have columns.
  if (mixer.kind === "recurrent") return { projected: mixer.parameters / hidden, mixed: mixer.parameters / hidden };
  if (isHeadAttention(mixer)) {
    const { heads, kvHeads, headDim, valueHeadDim = headDim, outputGate } = mixer;
    const keyHeads = Math.max(kvHeads, tensorParallel);
    // Queries, keys and values; the result, which the output projection reads; two words a head of the softmax.
    return {
      projected: heads * headDim * (outputGate ? 2 : 1) + keyHeads * (headDim + valueHeadDim),
      mixed: heads * valueHeadDim + 2 * heads,
    };
  }
  const { heads, qLoraRank, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim } = mixer;
  // Compressed queries and keys with their norms are whole on every rank.
  const compressed = 2 * (qLoraRank + kvLoraRank) + qkRopeHeadDim;
  const expanded = heads * (2 * (qkNopeHeadDim + qkRopeHeadDim) + vHeadDim);
  return { projected: compressed * tensorParallel + expanded, mixed: heads * (vHeadDim + 2) };
}

function mlpTensors(
  mlp: Mlp,
  hidden: number,
  layout: Pick<TrainingLayout, "tensorParallel" | "expertParallel">,
): Tensors {
  const { tensorParallel } = layout;
  const around = (half * hidden) / tensorParallel;
  if (mlp.kind === "dense") {
    const inner = innerTensors(mlp.width, mlp.matrices, tensorParallel);
    return add({ residual: around, products: 0, cheap: around, gradients: around }, inner);
  }
  const shared = innerTensors(mlp.sharedWidth, mlp.matrices, tensorParallel);
  const routed = expertTensors(mlp, hidden, layout);
  return add(add({ residual: around, products: 0, cheap: around, gradients: around }, shared), routed);
}

/** Gate and up (or up alone), and the product that the matrix down reads. */
function innerTensors(width: number, matrices: number, ways: number): Tensors {
  const before = (half * (matrices - 1) * width) / ways;
  const product = (half * width) / ways;
  return { residual: 0, products: before, cheap: product, gradients: before + product };
}

/**
 * A token is copied to each of its experts and comes back from each. Sliced experts see every token of the tensor-parallel
 * group; whole ones those that are sent to their rank, taken here as evenly dealt.
 */
function expertTensors(
  { expertsPerToken, width, matrices, latentSize, experts }: ExpertMlp,
  hidden: number,
  { tensorParallel, expertParallel }: Pick<TrainingLayout, "tensorParallel" | "expertParallel">,
): Tensors {
  const copies = (half * expertsPerToken * (latentSize ?? hidden)) / (expertParallel > 1 ? tensorParallel : 1);
  const inner = innerTensors(expertsPerToken * width, matrices, tensorParallel);
  // Scores and shares of every expert, in 32 bits.
  const routing = (2 * 4 * experts) / tensorParallel;
  return add({ residual: routing, products: 2 * copies, cheap: 0, gradients: 2 * copies }, inner);
}

function add(left: Tensors, right: Tensors): Tensors {
  return {
    residual: left.residual + right.residual,
    products: left.products + right.products,
    cheap: left.cheap + right.cheap,
    gradients: left.gradients + right.gradients,
  };
}
