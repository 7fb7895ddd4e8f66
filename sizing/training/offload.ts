import { GB } from "../units";
import { countTrained } from "./partition";
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

/** Undefined where nothing is offloaded. */
export function offloadCost(config: TrainingConfiguration, nodes: number): OffloadCost | undefined {
  const { model, recipe } = config;
  if (recipe.offload === "none") return undefined;
  const trained = countTrained(model, recipe);
  const { gradients, weights, optimizer } = bytesOfParameter(recipe);
  const moved = (trained * (gradients + weights)) / gpusOf(config) / (pcieGBps * GB);
  // The optimizer's own states are read and written, gradients read, weights written.
  const updated = (trained * (2 * optimizer + gradients + weights)) / nodes / (hostGBps * GB);
  return { hostGiB: offloadedBytes(trained, recipe) / nodes / 2 ** 30, seconds: moved + updated };
}
