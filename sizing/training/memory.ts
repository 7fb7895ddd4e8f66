import { Logits, Offload, Sharding, StateFormat } from "../decisionArgs";
import type { MemoryBudget, Verdict } from "../memory";
import { GiB, round } from "../units";
import { expertShards, partition, type TrainingStage } from "./partition";
import { nf4Bytes } from "./quantization";
import { gpusOf, type TrainingConfiguration, tokensAtATime } from "./recipe";
import { gathersWeights, type ParameterBytes, shardedStates } from "./states";

/** Memory of the fullest GPU while it trains, GiB. What is marked is there at the moment of the peak. */
export interface TrainingMemoryBudget extends MemoryBudget {
  gradientsGiB: number;
  /** Moments, and 32-bit copies of the weights. */
  optimizerGiB: number;
  /** Weights that are whole for a moment, gathered from the ranks that share them, with their gradients. At the peak. */
  gatheredGiB: number;
  /** Logits with what the loss makes of them. At the peak. */
  logitsGiB: number;
  /** What PyTorch holds at most: all of the above but what is outside of it. What published runs report. */
  peakGiB: number;
}

/** Where the peak is: while a layer runs backwards, or while the loss does. */
export type Phase = "layer" | "loss";

export interface TrainingJudgement {
  verdict: Verdict;
  memory: TrainingMemoryBudget;
  /** The stage that holds the most, from 0. */
  fullestStage: number;
  phase: Phase;
  /** Why the verdict is `marginal`; absent when it is not. */
  tight?: string;
}

/** Share of a GPU's memory up to which a computed peak is called one that fits: docs/training.md has the runs that say so. */
export const plannedShare = 0.75;

/**
 * CUDA's context, and NCCL's buffers where there are several GPUs: an allowance. Logs of engines show 0.15 to 0.25 GiB and
 * 0.6 to 2.2 (docs/accuracy.md); training keeps more communicators.
 */
const outside = { one: 0.5, several: 2 };

/** Logits that a chunked loss works on at a time, of all (torchtune's CEWithChunkedOutputLoss: 8 chunks). */
const chunks = 8;

/**
 * Bytes of one logit at the loss: in PyTorch's own cross entropy itself in 16 bits, its 32-bit logarithm, the gradient of
 * that and of itself. Fused with what is around it (torch.compile, Liger) no 32-bit copies stay: reference runs of
 * torchtitan went from 61.8 to 47 GiB by it. Cut over a vocabulary-parallel head it is not fused, and PyTorch's loss
 * parallel keeps several 32-bit copies: 20 is what torchtitan's 70B run over 8 ways shows (docs/training.md).
 */
const bytesOfLogit = { whole: 12, fused: 6, overRanks: 20 };

/** Bytes on one GPU of a stage, by what they are for. */
interface StageBytes extends ParameterBytes {
  gathered: number;
  activations: number;
  logits: number;
  phase: Phase;
}

/** Judges the memory of a training configuration stage by stage; the GPU that holds the most decides. */
export function judgeTraining(config: TrainingConfiguration): TrainingJudgement {
  const stages = partition(config);
  const bytes = stages.map((stage) => stageBytes(config, stage));
  const fullest = bytes.reduce((most, each, index) => (sum(each) > sum(bytes[most] as StageBytes) ? index : most), 0);
  const at = bytes[fullest] as StageBytes;
  const { memoryGiB } = config.gpu;
  const outsideGiB = gpusOf(config) > 1 ? outside.several : outside.one;
  const peakGiB = sum(at) / GiB;
  const spareGiB = memoryGiB - outsideGiB - peakGiB;
  const verdict = spareGiB < 0 ? "no" : peakGiB > plannedShare * memoryGiB ? "marginal" : "fits";
  return {
    verdict,
    memory: {
      capacityGiB: round(memoryGiB, 3),
      usableGiB: round(memoryGiB - outsideGiB, 3),
      weightsGiB: round(at.weights / GiB, 3),
      gradientsGiB: round(at.gradients / GiB, 3),
      optimizerGiB: round(at.optimizer / GiB, 3),
      gatheredGiB: round(at.gathered / GiB, 3),
      activationsGiB: round(at.activations / GiB, 3),
      logitsGiB: round(at.logits / GiB, 3),
      peakGiB: round(peakGiB, 3),
      kvCacheGiB: 0,
      nonTorchGiB: round(outsideGiB, 3),
      freeGiB: round(Math.max(0, spareGiB), 3),
      shortGiB: round(Math.max(0, -spareGiB), 3),
    },
    fullestStage: stages[fullest]?.index ?? 0,
    phase: at.phase,
    tight:
      verdict === "marginal"
        ? `the peak is ${round((100 * peakGiB) / memoryGiB, 0)} % of the GPU's memory, above the ${100 * plannedShare} % that are planned for: activations are known within 30 %, and allocators fragment`
        : undefined,
  };
}

function sum({ weights, gradients, optimizer, gathered, activations, logits }: StageBytes): number {
  return weights + gradients + optimizer + gathered + activations + logits;
}

function stageBytes(config: TrainingConfiguration, stage: TrainingStage): StageBytes {
  const states = statesOf(config, stage);
  const kept = keptActivations(config, stage);
  const layer = layerPhase(config, stage);
  const loss = stage.hasHead ? lossPhase(config) : undefined;
  const isLoss = loss !== undefined && loss.gathered + loss.logits > layer.gathered + layer.working;
  return {
    ...states,
    gathered: isLoss ? loss.gathered : layer.gathered,
    activations: kept + crossed(config) + (isLoss ? 0 : layer.working),
    logits: isLoss ? loss.logits : 0,
    phase: isLoss ? "loss" : "layer",
  };
}

/** Weights, gradients and optimizer of what a stage holds, trained and frozen. */
function statesOf(config: TrainingConfiguration, stage: TrainingStage): ParameterBytes {
  const { recipe, dataParallel } = config;
  const shards = expertShards(config);
  const { linear, rest, adapters } = stage;
  if (recipe.method === "full") {
    return add(shardedStates(linear.dense + rest, dataParallel, recipe), shardedStates(linear.experts, shards, recipe));
  }
  const trained = add(
    shardedStates(adapters.dense, dataParallel, recipe),
    shardedStates(adapters.experts, shards, recipe),
  );
  const bytes = recipe.method === "qlora" ? nf4Bytes(recipe) : 2;
  const isSharded = gathersWeights(recipe.sharding);
  const frozen =
    (linear.dense * bytes + rest * 2) / (isSharded ? dataParallel : 1) +
    (linear.experts * bytes) / (isSharded ? shards : 1);
  return { ...trained, weights: trained.weights + (recipe.offload === Offload.parameters ? 0 : frozen) };
}

function add(left: ParameterBytes, right: ParameterBytes): ParameterBytes {
  return {
    weights: left.weights + right.weights,
    gradients: left.gradients + right.gradients,
    optimizer: left.optimizer + right.optimizer,
  };
}

/** Whether weights are put together before they are used. */
function isGathered({ recipe, dataParallel }: TrainingConfiguration): boolean {
  return (gathersWeights(recipe.sharding) && dataParallel > 1) || recipe.offload === Offload.parameters;
}

/** Activations that wait for their backward pass. Early pipeline stages hold those of several micro-batches. */
function keptActivations({ recipe, pipelineParallel }: TrainingConfiguration, stage: TrainingStage): number {
  const waiting = pipelineParallel - stage.index;
  return waiting * tokensAtATime(recipe) * stage.activations[recipe.recomputation].kept;
}

/** With sequence parallelism every rank gathers the hidden states of all tokens before a matrix product, forwards and backwards. */
function crossed({ model, recipe, tensorParallel }: TrainingConfiguration): number {
  return tensorParallel > 1 ? 2 * 2 * model.hiddenSize * tokensAtATime(recipe) : 0;
}

/** While a layer runs backwards: what it works on, and weights that are gathered, its own and the next ones. */
function layerPhase(config: TrainingConfiguration, stage: TrainingStage) {
  const { recipe } = config;
  const working = tokensAtATime(recipe) * stage.activations[recipe.recomputation].working;
  return { working, gathered: gatheredLayers(config, stage) };
}

function gatheredLayers(config: TrainingConfiguration, { largest, embeddings, linear, rest }: TrainingStage): number {
  const { recipe, pipelineParallel } = config;
  const parameters = largest.dense + largest.experts;
  // Embedding and head of fine-tuning recipes belong to the root, which stays whole during a step (torchtune at 1814feb).
  const root = isGathered(config) ? 2 * embeddings : 0;
  if (recipe.method === "qlora") {
    const quantized = (largest.linear + largest.experts) * nf4Bytes(recipe) + (largest.dense - largest.linear) * 2;
    // One matrix at a time is widened to 16 bits.
    return root + (isGathered(config) ? 2 * quantized : 0) + 2 * widestMatrix(config);
  }
  if (!isGathered(config)) return 0;
  if (recipe.method === "lora") return root + 2 * 2 * parameters;
  // Between pipeline stages a stage's weights stay whole from one micro-batch to the next, and its gradients add up (torchtitan).
  if (pipelineParallel > 1 && recipe.sharding === Sharding.fsdp) return 6 * (linear.dense + linear.experts + rest);
  // DeepSpeed's calculator: the largest layer's weights and gradients, in 16 bits.
  if (recipe.sharding === Sharding.zero3) return 4 * parameters;
  // FSDP: this layer's weights and the next one's, and gradients before and while they are reduced, which is done in 32 bits.
  const reduced = recipe.states === StateFormat.bf16 ? 2 : 4;
  return (2 * 2 + 2 + reduced) * parameters;
}

/** Parameters of the largest matrix, which is what NF4 is widened by. */
function widestMatrix({ model, tensorParallel }: TrainingConfiguration): number {
  const widths = Object.values(model.layerTypes).flatMap(({ mlps }) =>
    mlps.map((mlp) => (mlp.kind === "dense" ? mlp.width : Math.max(mlp.width, mlp.sharedWidth))),
  );
  return (model.hiddenSize * Math.max(model.hiddenSize, ...widths)) / tensorParallel;
}

/** While the loss runs backwards: logits, and the head with its gradients. */
function lossPhase(config: TrainingConfiguration) {
  const { model, recipe, tensorParallel } = config;
  const values = (tokensAtATime(recipe) * model.vocabSize) / tensorParallel;
  const head = (model.vocabSize * model.hiddenSize) / tensorParallel;
  return {
    logits: values * logitBytes(recipe.logits, tensorParallel),
    gathered: isGathered(config) ? (recipe.method === "full" ? 8 : 4) * head : 0,
  };
}

function logitBytes(logits: Logits, tensorParallel: number): number {
  if (logits === Logits.fused) return bytesOfLogit.fused;
  const whole = tensorParallel > 1 ? bytesOfLogit.overRanks : bytesOfLogit.whole;
  return logits === Logits.chunked ? whole / chunks : whole;
}
