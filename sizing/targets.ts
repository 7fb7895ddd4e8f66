import { type Decision, maxRequests } from "./decision";
import type { Curve } from "./throughput/curve";
import { liveOnRank } from "./throughput/estimate";
import { grid } from "./throughput/speed";

export type Targets = NonNullable<Decision["targets"]>;
export type TargetName = keyof Targets;

/** What is reached of the things that targets name. */
export type Reached = Record<TargetName, number>;

/** A target that a plan does not reach. */
export interface MissedTarget {
  target: TargetName;
  asked: number;
  estimate: number;
  /** The nearest that any machine reaches with these requests, one of them live on each rank; absent when a plan is all there is. */
  nearest?: { value: number; machine: string };
}

/** Whether a plan reaches what was asked of it. */
export interface TargetsReached {
  met: boolean;
  missed: MissedTarget[];
}

/** Tokens a second are to be reached, times not to be exceeded. */
export function isReached(target: TargetName, asked: number, value: number): boolean {
  return target === "tokensPerSecond" ? value >= asked : value <= asked;
}

/** The targets that are set, in their own order. */
export function targetsSet(targets: Targets = {}): [TargetName, number][] {
  const names: readonly TargetName[] = ["tokensPerSecond", "timePerOutputTokenMs", "timeToFirstTokenMs"];
  return names.flatMap((name) => {
    const asked = targets[name];
    return asked === undefined ? [] : [[name, asked] as [TargetName, number]];
  });
}

/** Whether every target is reached. */
function isMet({ tokensPerSecond, timePerOutputTokenMs, timeToFirstTokenMs }: Targets, reached: Reached): boolean {
  return (
    (tokensPerSecond === undefined || reached.tokensPerSecond >= tokensPerSecond) &&
    (timePerOutputTokenMs === undefined || reached.timePerOutputTokenMs <= timePerOutputTokenMs) &&
    (timeToFirstTokenMs === undefined || reached.timeToFirstTokenMs <= timeToFirstTokenMs)
  );
}

/** Two digits, away from the target: what is missed by a hair is not shown as reached. */
export function roundAway(target: TargetName, value: number): number {
  return (target === "tokensPerSecond" ? Math.floor(value * 100) : Math.ceil(value * 100)) / 100;
}

/** What of the targets is reached, and what is not. */
export function judgeTargets(targets: Targets, reached: Reached): TargetsReached {
  const missed = targetsSet(targets)
    .filter(([target, asked]) => !isReached(target, asked, reached[target]))
    .map(([target, asked]) => ({ target, asked, estimate: roundAway(target, reached[target]) }));
  return { met: missed.length === 0, missed };
}

/** Requests of one shape, and the configuration that serves them. */
export interface Served {
  curve: Curve;
  outputTokens: number;
  /** Data-parallel ranks of a replica; live requests are dealt between them. */
  ranks: number;
  /** The most that one rank's cache holds with headroom: what plans are made for. */
  holds: number;
  /** The most that the engine lets into one rank at all. */
  admits: number;
}

/** Output tokens a second of one rank with so many live requests. */
function rateOf({ curve, outputTokens }: Served, live: number): number {
  return (live * outputTokens) / curve.requestSeconds(live);
}

/** What live requests reach on so many replicas. Those that the caches do not let in queue, and wait for their first token. */
export function reachedBy(served: Served, replicas: number, concurrency: number): Reached {
  const places = replicas * served.ranks;
  const live = Math.min(liveOnRank(concurrency, places), served.admits);
  const admitted = Math.min(concurrency, live * places);
  const { perToken, firstToken } = served.curve.at(live);
  const seconds = served.curve.requestSeconds(live);
  const queueSeconds = ((concurrency - admitted) * seconds) / admitted;
  return {
    timePerOutputTokenMs: perToken * 1e3,
    timeToFirstTokenMs: (firstToken + queueSeconds) * 1e3,
    tokensPerSecond: (admitted * served.outputTokens) / seconds,
  };
}

/** How many replicas and live requests targets take, and what is then reached of them. */
export interface TargetFit {
  replicas: number;
  concurrency: number;
  reached: Reached;
  targets: TargetsReached;
}

/** What replicas are to be found for. */
export interface Asked {
  targets: Targets;
  /** Live requests; absent when they are to be found too, by the rate of tokens. */
  concurrency?: number;
  /** Replicas that hold the requests. */
  fewest: number;
  /** Replicas that somebody has fixed. */
  given?: number;
  /** More are not planned for. */
  most: number;
}

/**
 * The fewest replicas that reach every target. Where none do, those that reach as many of them as can be reached
 * together, times before the rate of tokens; a rate that nothing reaches is come as near to as the replicas allow.
 */
export function fitTargets(served: Served, asked: Asked): TargetFit {
  for (const kept of subsetsOf(asked.targets)) {
    const found = asked.concurrency === undefined ? fitRate(served, asked, kept) : fitRequests(served, asked, kept);
    if (found) return judged(served, asked, found.replicas, found.concurrency);
  }
  return judged(served, asked, asked.given ?? asked.fewest, asked.concurrency ?? 1);
}

function judged(served: Served, { targets }: Asked, replicas: number, concurrency: number): TargetFit {
  const reached = reachedBy(served, replicas, concurrency);
  return { replicas, concurrency, reached, targets: judgeTargets(targets, reached) };
}

/** All targets, then two of them, then one, then none; of as many, times first. What is not set is left out of none. */
function subsetsOf({ tokensPerSecond, timePerOutputTokenMs, timeToFirstTokenMs }: Targets): Targets[] {
  const subsets: Targets[] = [
    { tokensPerSecond, timePerOutputTokenMs, timeToFirstTokenMs },
    { timePerOutputTokenMs, timeToFirstTokenMs },
    { tokensPerSecond, timePerOutputTokenMs },
    { tokensPerSecond, timeToFirstTokenMs },
    { timePerOutputTokenMs },
    { timeToFirstTokenMs },
    { tokensPerSecond },
    {},
  ];
  const seen = new Set<string>();
  return subsets.filter((subset) => {
    const key = JSON.stringify(subset);
    return seen.has(key) ? false : seen.add(key);
  });
}

type Found = Pick<TargetFit, "replicas" | "concurrency">;

/** Replicas of so many live requests; undefined when no number of them reaches what is kept of the targets. */
function fitRequests(
  served: Served,
  { concurrency = 1, fewest, given, most }: Asked,
  kept: Targets,
): Found | undefined {
  const isReachedBy = (replicas: number) => isMet(kept, reachedBy(served, replicas, concurrency));
  if (given !== undefined) return isReachedBy(given) ? { replicas: given, concurrency } : undefined;
  const live = mostLive(served.holds, (each) => isReachedBy(concurrency / (each * served.ranks)));
  if (live === undefined) return undefined;
  const start = Math.max(fewest, Math.ceil(concurrency / (served.ranks * live)));
  // Requests are dealt whole, and first tokens do not always come sooner with fewer: a few more are tried.
  const replicas = [start, start + 1, start + 2].find(isReachedBy);
  return replicas === undefined || replicas > most ? undefined : { replicas, concurrency };
}

/** Replicas that yield the rate of tokens within what is kept of the times, and the fewest live requests that they then need. */
function fitRate(served: Served, { targets, given, most }: Asked, kept: Targets): Found | undefined {
  // Live requests are found by the rate: it is not dropped while there is one.
  const { tokensPerSecond = 0 } = targets;
  if (kept.tokensPerSecond === undefined) return undefined;
  const isInTime = (live: number) => isWithin(served, kept, live);
  const inTime = mostLive(served.holds, isInTime);
  if (inTime === undefined) return undefined;
  const best = [inTime, ...pointsUpTo(inTime).filter(isInTime)].reduce((left, right) =>
    rateOf(served, right) > rateOf(served, left) ? right : left,
  );
  const replicas = given ?? Math.min(most, Math.ceil(tokensPerSecond / (served.ranks * rateOf(served, best))));
  const isEnough = (each: number) => replicas * served.ranks * rateOf(served, each) >= tokensPerSecond;
  const needed = fewestLive(best, isEnough);
  const live = isInTime(needed) ? needed : best;
  return { replicas, concurrency: Math.min(maxRequests, replicas * served.ranks * live) };
}

/** Whether the times that are asked for hold with so many live requests on a rank. */
function isWithin(served: Served, { timePerOutputTokenMs, timeToFirstTokenMs }: Targets, live: number): boolean {
  const times = { timePerOutputTokenMs, timeToFirstTokenMs };
  return isMet(times, reachedBy(served, 1, live * served.ranks));
}

/** The most live requests of one rank with which the times hold; undefined where none are asked for, or not even one does. */
export function mostInTime(served: Served, targets: Targets): number | undefined {
  if (targets.timePerOutputTokenMs === undefined && targets.timeToFirstTokenMs === undefined) return undefined;
  return mostLive(served.admits, (live) => isWithin(served, targets, live));
}

/** The best of each target that can be reached: with one live request on each rank, or on the replicas that are fixed. */
export function bestReached(served: Served, { concurrency, given, most }: Asked): Reached {
  if (given !== undefined) {
    const requests = concurrency ?? given * served.ranks * served.holds;
    return reachedBy(served, given, requests);
  }
  const alone = reachedBy(served, 1, served.ranks);
  if (concurrency === undefined)
    return { ...alone, tokensPerSecond: most * served.ranks * rateOf(served, served.holds) };
  return { ...alone, tokensPerSecond: concurrency * rateOf(served, 1) };
}

/**
 * The most live requests, up to a bound, at which something holds: the largest point of the grid, then the largest
 * number up to the next. What holds for stricter targets holds for looser ones, so looser ones never yield fewer.
 */
function mostLive(bound: number, holds: (live: number) => boolean): number | undefined {
  const points = pointsUpTo(bound);
  for (let index = points.length - 1; index >= 0; index--) {
    if (holds(points[index] as number)) return bisect(points[index] as number, points[index + 1] ?? bound + 1, holds);
  }
  return undefined;
}

/** The grid's whole numbers up to a bound, and the bound itself. */
function pointsUpTo(bound: number): number[] {
  const below = gridPoints.filter((live) => live < bound);
  return [...below, bound];
}

const gridPoints = [...new Set(grid.map((live) => Math.floor(live)))];

/** The fewest live requests, up to a bound, at which something holds; the bound where none does. */
function fewestLive(bound: number, holds: (live: number) => boolean): number {
  return holds(1) ? 1 : Math.min(bound, bisect(1, bound, (live) => !holds(live)) + 1);
}

/** Between a number for which something holds and one for which it does not: the last for which it does. */
function bisect(from: number, to: number, holds: (value: number) => boolean): number {
  let [held, above] = [from, to];
  while (above - held > 1) {
    const middle = Math.floor((held + above) / 2);
    if (holds(middle)) held = middle;
    else above = middle;
  }
  return held;
}
