import { Offload, Optimizer, type Sharding, StateFormat } from "../decisionArgs";
import type { Recipe } from "./recipe";

/** Bytes of a trained parameter, by what they are for. */
export interface ParameterBytes {
  weights: number;
  gradients: number;
  /** AdamW's two moments, and the 32-bit weights that it works on. */
  optimizer: number;
}

/**
 * AdamW in mixed precision: 16-bit weights and gradients, 32-bit weights, two 32-bit moments: 16 bytes. With gradients
 * added up in 32 bits 18 (Megatron-LM, theoretical_memory_usage.py). Everything in 16 bits: 8 (LLaMA-Factory's table).
 * 8-bit moments (bitsandbytes) take one byte each.
 */
export function bytesOfParameter({ states, optimizer }: Pick<Recipe, "states" | "optimizer">): ParameterBytes {
  const isPlain = states === StateFormat.bf16;
  const moments = optimizer === Optimizer.adamw8bit ? 2 : isPlain ? 4 : 8;
  return {
    weights: 2,
    gradients: states === StateFormat.mixed32 ? 4 : 2,
    optimizer: moments + (isPlain ? 0 : 4),
  };
}

/** Whether weights are sharded too, and gathered layer by layer when they are used. */
export function gathersWeights(sharding: Sharding): boolean {
  return sharding === "fsdp" || sharding === "zero3";
}

/**
 * What one of several data-parallel ranks holds of so many trained parameters, bytes.
 * ZeRO-2 is counted as DeepSpeed's own calculator does: gradients are whole, in 16 bits, until they are reduced.
 */
export function shardedStates(parameters: number, ranks: number, recipe: Recipe): ParameterBytes {
  const each = bytesOfParameter(recipe);
  const { sharding, offload } = recipe;
  const shardsGradients = gathersWeights(sharding) || sharding === "zero2";
  const gradientBytes = () => {
    // With their optimizer on the host, sharded gradients go there as they come.
    if (offload !== Offload.none && shardsGradients) return 0;
    if (sharding === "zero2" && ranks > 1) return 2 + (each.gradients > 2 ? each.gradients / ranks : 0);
    return shardsGradients ? each.gradients / ranks : each.gradients;
  };
  const weights = gathersWeights(sharding) ? each.weights / ranks : each.weights;
  return {
    weights: offload === Offload.parameters ? 0 : parameters * weights,
    gradients: parameters * gradientBytes(),
    optimizer: offload === Offload.none ? (parameters * each.optimizer) / (sharding === "none" ? 1 : ranks) : 0,
  };
}

/** Bytes that a host keeps for its GPUs when states are offloaded, for so many trained parameters in all and machines. */
export function offloadedBytes(parameters: number, recipe: Recipe): number {
  const each = bytesOfParameter(recipe);
  if (recipe.offload === Offload.none) return 0;
  const gradients = gathersWeights(recipe.sharding) || recipe.sharding === "zero2" ? each.gradients : 0;
  return parameters * (each.optimizer + gradients + (recipe.offload === Offload.parameters ? each.weights : 0));
}
