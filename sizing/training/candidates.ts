import { LoraTargets, Offload, Recomputation, Sharding, type TrainingArgs } from "../decisionArgs";
import type { Machine } from "../hardware";
import { expertsOf, layersOf, type Model } from "../model";
import { findCheckpoint } from "../modelNames";
import { allowedTensorParallel } from "../parallelism";
import { type Method, type Recipe, settle, type TrainingLayout } from "./recipe";

/** What is asked of the layout, beside the recipe. */
export interface LayoutWishes {
  tensorParallel?: number;
  pipelineParallel?: number;
}

/** One way to train: a recipe, and how GPUs share the model. The number of ranks is found for it. */
export interface Candidate {
  recipe: Recipe;
  layout: Omit<TrainingLayout, "dataParallel">;
}

const recomputations = [Recomputation.none, Recomputation.selective, Recomputation.full] as const;
const microBatches = [1, 2, 4, 8] as const;
const anyPipeline = 16;
/** Longer pipelines idle too much of the time at their ends for the batches that fine-tuning has. */
const longestPipeline = 32;

/**
 * The ways to train that are worth comparing on machines of one kind, the plainest first: FSDP, for full training also over
 * tensor-parallel groups; and Megatron's tensor and pipeline parallelism with a sharded optimizer. What the decision names
 * is kept.
 */
export function candidatesFor(
  method: Method,
  model: Model,
  machine: Machine,
  given: TrainingArgs,
  wishes: LayoutWishes,
): Candidate[] {
  const { tensorParallel = 1, pipelineParallel = 1 } = wishes;
  return shardingsFor(method, given, tensorParallel * pipelineParallel > 1).flatMap((sharding) =>
    layoutsFor(method, sharding, model, machine, wishes).flatMap((layout) =>
      recipesFor(method, sharding, model, given).map((recipe) => ({ recipe, layout })),
    ),
  );
}

function shardingsFor(method: Method, { sharding, offload }: TrainingArgs, isCut: boolean): Sharding[] {
  if (sharding !== undefined) return [sharding];
  // What is on the host is shared between ranks, and gathered layer by layer, which is what FSDP does, on one GPU too.
  if ((offload ?? Offload.none) !== Offload.none) return [Sharding.fsdp];
  // Adapters under FSDP, and whole copies, are not cut; Megatron's layouts are its own.
  if (isCut) return method === "full" ? [Sharding.fsdp, Sharding.megatron] : [Sharding.megatron];
  // A whole copy on each GPU is the plainest of all, where it fits.
  const plain: Sharding[] = [Sharding.none, Sharding.fsdp];
  return method === "qlora" ? plain : [...plain, Sharding.megatron];
}

function layoutsFor(
  method: Method,
  sharding: Sharding,
  model: Model,
  machine: Machine,
  { tensorParallel, pipelineParallel }: LayoutWishes,
): Candidate["layout"][] {
  const bf16 = findCheckpoint(model, "bf16");
  if (!bf16) throw new Error("training: no bf16");
  const isMegatron = sharding === Sharding.megatron;
  // Frameworks that keep adapters beside NF4 weights, or under FSDP, do not cut layers as well.
  const isCut = isMegatron || (method === "full" && sharding === Sharding.fsdp);
  const widths = allowedTensorParallel(model, bf16, expertsOf(model) !== undefined, machine.gpus);
  const ways =
    tensorParallel !== undefined ? [tensorParallel] : isCut ? widths.filter((ways) => machine.gpus % ways === 0) : [1];
  const stages = pipelineParallel !== undefined ? [pipelineParallel] : isMegatron ? pipelinesOf(model) : [1];
  // Layers are cut inside a machine before pipelines are made longer.
  return stages.flatMap((pipeline) =>
    ways.flatMap((tensor) =>
      expertWaysFor(model, machine, sharding).map((expertParallel) => ({
        tensorParallel: tensor,
        pipelineParallel: pipeline,
        expertParallel,
      })),
    ),
  );
}

/**
 * Pipelines that are tried: any up to 16 stages, and longer ones where stages are even, with embedding and head counted as
 * a layer each where that makes them so. Uneven stages wait for the longest, which their speed counts.
 */
export function pipelinesOf(model: Model): number[] {
  const layers = layersOf(model).length;
  const lengths = Array.from({ length: Math.min(longestPipeline, layers) }, (_, index) => index + 1);
  const isEven = (length: number) => [layers, layers + 1, layers + 2].some((all) => all % length === 0);
  return lengths.filter((length) => length <= anyPipeline || isEven(length));
}

/** Experts are kept whole on the ranks of one machine, or on all that shard them alike. */
function expertWaysFor(model: Model, machine: Machine, sharding: Sharding): number[] {
  const experts = expertsOf(model);
  if (!experts || sharding === Sharding.none) return [1];
  return machine.gpus > 1 && experts.experts % machine.gpus === 0 ? [machine.gpus, 1] : [1];
}

function recipesFor(method: Method, sharding: Sharding, model: Model, given: TrainingArgs): Recipe[] {
  const sequences = given.microBatchSize === undefined ? microBatches : [given.microBatchSize];
  const again = given.recomputation === undefined ? recomputations : [given.recomputation];
  return sequences.flatMap((microBatchSize) =>
    again.map((recomputation) =>
      settle(
        method,
        { ...given, microBatchSize, recomputation, loraTargets: given.loraTargets ?? LoraTargets.all },
        sharding,
        model.maxContext,
      ),
    ),
  );
}
