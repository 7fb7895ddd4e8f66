import {
  Logits,
  LoraTargets,
  Offload,
  Optimizer,
  Recomputation,
  Sharding,
  StateFormat,
  type TrainingArgs,
  Workload,
} from "../decisionArgs";
import type { Gpu } from "../hardware";
import type { Model } from "../model";

/** Ways to train. */
export type Method = Exclude<Workload, "inference">;

/** Whether a workload trains, and how. */
export function isTraining(workload: Workload | undefined): workload is Method {
  return workload !== undefined && workload !== Workload.inference;
}

/** How a model is trained, everything settled. */
export interface Recipe {
  method: Method;
  /** Tokens of one sequence; packed, so that none is padding. */
  sequenceLength: number;
  /** Sequences that one data-parallel rank takes through the model at a time. */
  microBatchSize: number;
  sharding: Sharding;
  recomputation: Recomputation;
  optimizer: Optimizer;
  states: StateFormat;
  logits: Logits;
  offload: Offload;
  loraRank: number;
  loraTargets: LoraTargets;
  doubleQuantization: boolean;
}

/** How the GPUs share the work: their product, without experts, is their number. */
export interface TrainingLayout {
  tensorParallel: number;
  pipelineParallel: number;
  /** Ranks that train on data of their own; states are sharded over them. */
  dataParallel: number;
  /** Ranks, of tensor x data parallel, that whole experts are spread over. */
  expertParallel: number;
}

/** What is to be judged: a model, how it is trained, and how that is laid over GPUs of one kind. */
export interface TrainingConfiguration extends TrainingLayout {
  model: Model;
  gpu: Gpu;
  recipe: Recipe;
}

/** GPUs of a layout. */
export function gpusOf({ tensorParallel, pipelineParallel, dataParallel }: TrainingLayout): number {
  return tensorParallel * pipelineParallel * dataParallel;
}

/** Tokens that one data-parallel rank takes through the model at a time. */
export function tokensAtATime({ sequenceLength, microBatchSize }: Recipe): number {
  return sequenceLength * microBatchSize;
}

/** What most recipes of torchtune, Axolotl and PEFT's examples take; 8 to 64 are common. */
export const usualLoraRank = 16;
/** What fine-tuning recipes pack sequences to where nobody says. */
export const usualSequenceLength = 4096;

/** Settings that follow from others where nobody names them. */
export function settle(method: Method, given: TrainingArgs, sharding: Sharding, maxContext: number): Recipe {
  return {
    method,
    sequenceLength: given.sequenceLength ?? Math.min(usualSequenceLength, maxContext),
    microBatchSize: given.microBatchSize ?? 1,
    sharding,
    recomputation: given.recomputation ?? usualRecomputation(method),
    optimizer: given.optimizer ?? Optimizer.adamw,
    states: given.states ?? usualStates(sharding),
    logits: given.logits ?? usualLogits(method),
    offload: given.offload ?? Offload.none,
    loraRank: given.loraRank ?? usualLoraRank,
    loraTargets: given.loraTargets ?? LoraTargets.all,
    doubleQuantization: given.doubleQuantization ?? true,
  };
}

/** Recipes of LoRA and QLoRA (torchtune, PEFT) recompute whole layers; those of full training (torchtitan, Megatron) some of each. */
export function usualRecomputation(method: Method): Recomputation {
  return method === "full" ? Recomputation.selective : Recomputation.full;
}

/** Whole logits are what Megatron and torchtitan keep; fine-tuning recipes (torchtune, Unsloth, Liger) work in chunks. */
export function usualLogits(method: Method): Logits {
  return method === "full" ? Logits.whole : Logits.chunked;
}

/**
 * Megatron and DeepSpeed add gradients up in 32 bits beside 16-bit weights, 18 bytes a parameter (Megatron-LM,
 * theoretical_memory_usage.py; DeepSpeed memory.rst). FSDP keeps weights, gradients and both moments in 32 bits: 16.
 */
export function usualStates(sharding: Sharding): StateFormat {
  return sharding === Sharding.fsdp || sharding === Sharding.none ? StateFormat.mixed : StateFormat.mixed32;
}
