import type { Configuration } from "../memory";
import { expertsOf } from "../model";
import { round } from "../units";
import { leastStep } from "./closedForm";
import { curveOf } from "./curve";
import { energyPerMillionTokens } from "./energy";
import type { Engine } from "./engines";
import type { Query } from "./experience";
import { type Evidence, type ExpectedError, type Speed, shippedSpeed } from "./speed";
import type { Load } from "./work";

/** How fast one replica is: an estimate, corrected by measurements where there are any. */
export interface Throughput {
  /** Of requests that have been let in; those that the cache does not admit wait before it. */
  timeToFirstTokenMs: number;
  /** Where nine of ten measured first tokens were, by what estimates of this kind were off. Not a promise of a percentile. */
  timeToFirstTokenRangeMs: [number, number];
  timePerOutputTokenMs: number;
  timePerOutputTokenRangeMs: [number, number];
  outputTokensPerSecond: number;
  requestsPerSecond: number;
  /** Requests that are live at a time, once the KV cache has had its say. */
  concurrency: number;
  inputTokens: number;
  outputTokens: number;
  /** What memory bandwidth and arithmetic of the data sheet would allow at this concurrency, and no engine reaches. */
  boundTokensPerSecond: number;
  /** Of the machine, its GPUs at their rated power: the most it can be. Absent where a GPU's power is not known. */
  energyKwhPerMillionTokens?: number;
  /** `measured`: rows of this model, GPU, engine and precision are near; `related`: other rows of this model; `extrapolated`: none. */
  evidence: Evidence;
  /** How far estimates of this kind were off, as shares; absent for GPUs of which nothing was measured. */
  expectedError?: ExpectedError;
}

/**
 * Estimates one replica: the closed form, times what measurements of the model's shape say of it. More live requests
 * never make a token faster, and nothing is faster than the data sheet.
 * @param load what requests look like, and how many are live over all data-parallel ranks
 * @param speed constants and measurements; default: those that ship
 */
export function estimateThroughput(
  config: Configuration,
  load: Load,
  engine: Engine = "vllm",
  speed: Speed = shippedSpeed(),
): Throughput {
  const { work, query, at } = curveOf(config, load, engine, speed);
  const live = Math.max(1, load.concurrency / config.dataParallel);
  const { perToken, firstToken } = at(live);
  const requestSeconds = firstToken + (load.outputTokens - 1) * perToken;
  const requests = (live * config.dataParallel) / requestSeconds;
  const outputTokensPerSecond = requests * load.outputTokens;
  const evidence = evidenceOf(config, query, live, speed);
  const expectedError = speed.errors[evidence][`${work.kind} ${work.architecture}`];
  return {
    timeToFirstTokenMs: round(firstToken * 1e3, 1),
    timeToFirstTokenRangeMs: rangeOf(firstToken * 1e3, expectedError?.timeToFirstToken.p90, 1),
    timePerOutputTokenMs: round(perToken * 1e3, 2),
    timePerOutputTokenRangeMs: rangeOf(perToken * 1e3, expectedError?.timePerOutputToken.p90, 2),
    outputTokensPerSecond: round(outputTokensPerSecond, 1),
    requestsPerSecond: round(requests, 3),
    concurrency: round(live * config.dataParallel, 1),
    inputTokens: load.inputTokens,
    outputTokens: load.outputTokens,
    boundTokensPerSecond: round((live * config.dataParallel) / leastStep(work, live), 1),
    energyKwhPerMillionTokens: energyPerMillionTokens(config, outputTokensPerSecond),
    evidence,
    expectedError,
  };
}

// GPUs of which nothing was measured: the range that estimates without a row of their model had, and half as much again.
const unknownError = 0.75;

/** A range as wide upwards as downwards by factor. */
function rangeOf(value: number, error = unknownError, digits: number): [number, number] {
  return [round(value / (1 + error), digits), round(value * (1 + error), digits)];
}

/** Distance up to which a measured row of the same setting counts as near. */
const nearDistance = 1;

function evidenceOf(config: Configuration, query: Query, live: number, { experience }: Speed): Evidence {
  const nearest = experience.nearestDistance(query, live);
  if (nearest === undefined) return "extrapolated";
  // No row has pipeline stages, or ranks that share experts.
  const isSplitMeasured =
    config.pipelineParallel === 1 && (config.dataParallel === 1 || expertsOf(config.model) === undefined);
  return isSplitMeasured && nearest <= nearDistance ? "measured" : "related";
}
