import type { Configuration } from "../memory";
import { expertsOf } from "../model";
import { round, significant } from "../units";
import { leastRequest } from "./closedForm";
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
  /** Nine of ten estimates of this kind were off by no more than this factor on rows that they had not seen. No percentile of requests. */
  timeToFirstTokenRangeMs: [number, number];
  timePerOutputTokenMs: number;
  timePerOutputTokenRangeMs: [number, number];
  outputTokensPerSecond: number;
  requestsPerSecond: number;
  /** Requests that are live at a time, once the KV cache has had its say. */
  concurrency: number;
  inputTokens: number;
  outputTokens: number;
  /** What memory bandwidth and arithmetic of the data sheet would allow at this concurrency, prompts and all; no engine reaches it. */
  boundTokensPerSecond: number;
  /** Of its GPUs at their rated power, and their share of the machine: the most it can be. Absent where a GPU's power is not known. */
  energyKwhPerMillionTokens?: number;
  /** `measured`: rows of this model, GPU, engine and precision are near; `related`: other rows of this model; `extrapolated`: none, or none like it. */
  evidence: Evidence;
  /** What of it nothing was measured of, whatever the model: `on this GPU`, `of pipeline stages`. The error is then not known. */
  uncovered?: string;
  /** How far estimates of this kind were off, as shares; absent where it is not known. */
  expectedError?: ExpectedError;
}

/**
 * Estimates one replica: the closed form, times what measurements of the model's shape say of it. More live requests
 * never make a token faster, and nothing is faster than the data sheet.
 * @param load what requests look like, and how many are live over all data-parallel ranks; the fullest rank sets the times
 * @param speed constants and measurements; default: those that ship
 */
export function estimateThroughput(
  config: Configuration,
  load: Load,
  engine: Engine = "vllm",
  speed: Speed = shippedSpeed(),
): Throughput {
  const { work, query, at, requestSeconds } = curveOf(config, load, engine, speed);
  const live = liveOnRank(load.concurrency, config.dataParallel);
  const { perToken, firstToken } = at(live);
  const requests = load.concurrency / requestSeconds(live);
  const outputTokensPerSecond = requests * load.outputTokens;
  const uncovered = uncoveredOf(config, query, speed);
  const evidence = uncovered === undefined ? evidenceOf(query, live, speed) : "extrapolated";
  const expectedError =
    uncovered === undefined ? speed.errors[evidence][`${work.kind} ${work.architecture}`] : undefined;
  const range = (seconds: number, of: keyof ExpectedError, digits: number) =>
    rangeOf(seconds * 1e3, expectedError?.[of].within ?? unknownWithin(work.kind, of, speed), digits);
  return {
    timeToFirstTokenMs: round(firstToken * 1e3, 1),
    timeToFirstTokenRangeMs: range(firstToken, "timeToFirstToken", 1),
    timePerOutputTokenMs: round(perToken * 1e3, 2),
    timePerOutputTokenRangeMs: range(perToken, "timePerOutputToken", 2),
    outputTokensPerSecond: significant(outputTokensPerSecond),
    requestsPerSecond: significant(requests),
    concurrency: round(load.concurrency, 1),
    inputTokens: load.inputTokens,
    outputTokens: load.outputTokens,
    boundTokensPerSecond: significant((load.concurrency / live) * (load.outputTokens / leastRequest(work, live))),
    energyKwhPerMillionTokens: energyPerMillionTokens(config, outputTokensPerSecond),
    evidence,
    uncovered,
    expectedError,
  };
}

/** Requests on the fullest of the ranks that they are dealt to. */
export function liveOnRank(concurrency: number, ranks: number): number {
  return Math.max(1, Math.ceil(concurrency / ranks - 1e-9));
}

/** Where nothing was measured: half as much again as the worst that models of the kind were missed by without a row of them. */
function unknownWithin(kind: string, of: keyof ExpectedError, { errors }: Speed): number {
  const groups = Object.entries(errors.extrapolated).filter(([name]) => name.startsWith(kind));
  return 1.5 * Math.max(2, ...groups.map(([, error]) => error[of].within));
}

/** As wide upwards as downwards, by factor. */
function rangeOf(value: number, factor: number, digits: number): [number, number] {
  return [round(value / factor, digits), round(value * factor, digits)];
}

/** Distance up to which a measured row of the same setting counts as near. */
const nearDistance = 1;

function evidenceOf(query: Query, live: number, { experience }: Speed): Evidence {
  const nearest = experience.nearestDistance(query, live);
  if (nearest === undefined) return "extrapolated";
  return nearest <= nearDistance ? "measured" : "related";
}

/** No row has pipeline stages, or ranks that share experts; what else none has, the rows say. */
function uncoveredOf(
  { model, pipelineParallel, dataParallel }: Configuration,
  query: Query,
  { experience }: Speed,
): string | undefined {
  if (pipelineParallel > 1) return "of pipeline stages";
  if (dataParallel > 1 && expertsOf(model)) return "of ranks that share experts";
  return experience.uncovered(query);
}
