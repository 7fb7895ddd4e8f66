import data from "../data/training.json";
import type { Model } from "../model";
import { GB, round } from "../units";
import { countTrained } from "./partition";
import type { Recipe } from "./recipe";
import { bytesOfParameter } from "./states";

/** What is written so that a run survives a failure: how much, how often, and how fast storage must take it. */
export interface Checkpoints {
  /** Weights and optimizer of what is trained, decimal GB. */
  sizeGB: number;
  /** Hours between two. */
  everyHours: number;
  /** What storage must take so that writing, and what is lost by failures, cost no more than the stated share of the run. Decimal GB a second. */
  writeGBps: number;
  /** The same for one machine. */
  writeGBpsPerNode: number;
  /** Seconds that one may then take. */
  writeSeconds: number;
  /** Hours between two failures that stop a cluster of this size. */
  hoursBetweenFailures: number;
}

/** Share of a run that checkpoints and repeated work may cost. */
const lostShare = 0.01;
/** Nobody waits longer than this to keep what was done. */
const longestHours = 4;

/**
 * Sizes checkpoints. The interval is Young's: sqrt(2 x write x time between failures), where writing stops training; storage
 * must be fast enough that writing and repeated work together cost no more than 1 % of the run. With a copy taken first and
 * written behind (asynchronous checkpoints), the same rate keeps up easily.
 * @param runHours hours of the run, which writes at least once
 */
export function checkpointsOf(
  model: Model,
  recipe: Recipe,
  gpus: number,
  nodes: number,
  runHours = longestHours,
): Checkpoints {
  const { weights, optimizer } = bytesOfParameter(recipe);
  const sizeGB = (countTrained(model, recipe) * (weights + optimizer)) / GB;
  const betweenHours = data.failures.gpuHoursPerInterruption / gpus;
  // At the best interval writing costs as much as repeating: each half of the share.
  const everyHours = Math.min(longestHours, runHours, lostShare * betweenHours);
  const writeHours = everyHours * (lostShare - everyHours / (2 * betweenHours));
  const writeGBps = sizeGB / (writeHours * 3600);
  return {
    sizeGB: round(sizeGB, 1),
    everyHours: round(everyHours, 2),
    writeGBps: round(writeGBps, 3),
    writeGBpsPerNode: round(writeGBps / nodes, 3),
    writeSeconds: round(writeHours * 3600, 0),
    hoursBetweenFailures: round(betweenHours, 0),
  };
}
