import { GB, GiB } from "../units";
import { countTrained, frozenBytes } from "./partition";
import { gpusOf, type TrainingConfiguration } from "./recipe";
import { bytesOfParameter, offloadedBytes } from "./states";

/** GPU to host, GB/s: what Azure's health baseline asks of ND H100 v5 (48 and more). */
const pcieGBps = 48;
/** What a machine's processors read and write while they update weights, GB/s: an assumption for two sockets. */
const hostGBps = 200;
/** Share of a machine's memory that states may take: the rest is for the system, data loading and checkpoints. */
export const hostShare = 0.8;

/** What keeping states in the machine's own memory costs. */
export interface OffloadCost {
  /** GiB of each machine. */
  hostGiB: number;
  /** Seconds of each optimizer step, while no GPU computes. */
  seconds: number;
}

/** Undefined where nothing is offloaded. One micro-batch a step: with more of them the optimizer's part is spread. */
export function offloadCost(config: TrainingConfiguration, nodes: number): OffloadCost | undefined {
  const { model, recipe } = config;
  if (recipe.offload === "none") return undefined;
  const gpus = gpusOf(config);
  // Ranks that share nothing each keep and update all of it.
  const copies = recipe.sharding === "none" ? config.dataParallel : 1;
  const trained = copies * countTrained(model, recipe);
  const { gradients, weights, optimizer } = bytesOfParameter(recipe);
  const stored = recipe.offload === "parameters" ? frozenBytes(config) : 0;
  // Gradients go down and new weights up, each GPU its share.
  let moved = trained * (gradients + weights);
  // Weights that are kept there come up twice: forwards and backwards.
  if (recipe.offload === "parameters") moved += 2 * (stored + (recipe.method === "full" ? trained * weights : 0));
  // The optimizer's own states are read and written, gradients read, weights written.
  const updated = trained * (2 * optimizer + gradients + weights);
  return {
    hostGiB: (offloadedBytes(trained, recipe) + stored) / nodes / GiB,
    seconds: moved / gpus / (pcieGBps * GB) + updated / nodes / (hostGBps * GB),
  };
}
