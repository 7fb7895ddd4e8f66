import data from "../data/training.json";
import type { Machine } from "../hardware";
import { GB } from "../units";
import { countParameters } from "../weights";
import { countTrained, frozenBytes } from "./partition";
import type { TrainingConfiguration } from "./recipe";
import { microBatchesPerStage } from "./speed";
import { bytesOfParameter, gathersWeights } from "./states";

/** What one micro-batch sends between machines, and how long that takes. */
export interface Traffic {
  /** Bytes into each machine. */
  bytes: number;
  seconds: number;
  /** What a machine's network carries of it, GB/s. */
  GBps: number;
  /** Whether GPUs reach it past the CPU. */
  isRdma: boolean;
}

const stated: Readonly<Record<string, number>> = data.fabric.gbps;

/** What collectives reach between machines, GB/s a machine: a share of the fabric's stated rate, or what plain TCP was measured at. */
export function networkGBps({ id, fabric }: Pick<Machine, "id" | "fabric">): number {
  const gbps = fabric === "none" ? undefined : stated[id];
  return gbps === undefined ? data.plainNetwork.GBps : (gbps / 8) * data.fabric.share;
}

/**
 * Traffic between machines for one micro-batch of every rank: FSDP and ZeRO-3 gather all weights twice and reduce all
 * gradients once, whatever the number of machines; the others gather the new weights and reduce the gradients once a step,
 * which has several micro-batches. Each machine takes in one copy through all of its network cards.
 */
export function trafficOf(config: TrainingConfiguration, machine: Machine, nodes: number): Traffic {
  const GBps = networkGBps(machine);
  // Machines that hold the same part of the model exchange its states.
  const alike = Math.max(1, nodes / Math.max(1, (config.tensorParallel * config.pipelineParallel) / machine.gpus));
  const states = ((alike - 1) / alike) * (copyBytes(config) / (nodes / alike));
  const bytes = states + (nodes > 1 ? handedBytes(config, machine) : 0);
  return { bytes, seconds: bytes / (GBps * GB), GBps, isRdma: machine.fabric !== "none" };
}

/** Hidden states, and their gradients, that pipeline stages hand to the next machine, in 16 bits. */
function handedBytes(
  { model, recipe, tensorParallel, pipelineParallel }: TrainingConfiguration,
  { gpus }: Machine,
): number {
  // A pipeline inside a machine crosses nothing.
  if (tensorParallel * pipelineParallel <= gpus) return 0;
  const chains = Math.max(1, gpus / tensorParallel);
  return 2 * 2 * model.hiddenSize * recipe.sequenceLength * recipe.microBatchSize * chains;
}

/** Bytes of one exchange of the whole model's states. */
function copyBytes({ model, recipe, pipelineParallel }: TrainingConfiguration): number {
  const gathers = gathersWeights(recipe.sharding);
  const { gradients, weights } = bytesOfParameter(recipe);
  if (recipe.method !== "full") {
    const adapters = (countTrained(model, recipe) * (weights + gradients)) / (microBatchesPerStage * pipelineParallel);
    return adapters + (gathers ? 2 * frozenBytes({ model, recipe }) : 0);
  }
  const { total } = countParameters(model);
  // FSDP reduces in 32 bits, whatever the gradients' own format (torchtitan's mixed_precision_reduce).
  const reduced = gathers && recipe.states !== "bf16" ? 4 : gradients;
  if (gathers) return total * (2 * weights + reduced);
  return (total * (weights + reduced)) / (microBatchesPerStage * pipelineParallel);
}
