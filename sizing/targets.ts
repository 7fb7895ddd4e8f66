import type { Decision } from "./decision";
import type { Curve } from "./throughput/curve";
import { grid } from "./throughput/speed";
import { round } from "./units";

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

/** What of the targets is reached, and what is not. */
export function judgeTargets(targets: Targets, reached: Reached): TargetsReached {
  const missed = targetsSet(targets)
    .filter(([target, asked]) => !isReached(target, asked, reached[target]))
    .map(([target, asked]) => ({ target, asked, estimate: round(reached[target], 2) }));
  return { met: missed.length === 0, missed };
}

/** Requests of one shape, and the configuration that serves them. */
export interface Served {
  curve: Curve;
  outputTokens: number;
  /** Data-parallel ranks of a replica; live requests are dealt between them. */
  ranks: number;
  /** The most that one rank's cache holds with headroom. */
  holds: number;
}

/** Output tokens a second of one rank with so many live requests. */
function rateOf({ curve, outputTokens }: Served, live: number): number {
  const { perToken, firstToken } = curve.at(live);
  return (live * outputTokens) / (firstToken + (outputTokens - 1) * perToken);
}

/** What so many live requests reach with so many of them on each rank. */
export function reachedWith(served: Served, live: number, concurrency: number): Reached {
  const { perToken, firstToken } = served.curve.at(live);
  return {
    timePerOutputTokenMs: perToken * 1e3,
    timeToFirstTokenMs: firstToken * 1e3,
    tokensPerSecond: (rateOf(served, live) * concurrency) / live,
  };
}

/** How many replicas, and live requests, targets take. */
export interface TargetFit {
  met: boolean;
  replicas: number;
  concurrency: number;
}

/**
 * The fewest replicas with which so many live requests reach every target; where no number does, as many as hold them.
 * @param fewest replicas that hold the requests
 */
export function replicasForTargets(served: Served, targets: Targets, concurrency: number, fewest: number): TargetFit {
  const isMet = (live: number) => judgeTargets(targets, reachedWith(served, live, concurrency)).met;
  const live = mostLive(served.holds, isMet);
  if (live === undefined) return { met: false, replicas: fewest, concurrency };
  const replicas = Math.max(fewest, Math.ceil(concurrency / (served.ranks * live)));
  return { met: isMet(Math.ceil(concurrency / (served.ranks * replicas))), replicas, concurrency };
}

/** The most live requests of one rank with which the times hold; undefined where none are asked for, or not even one does. */
export function mostInTime(served: Served, targets: Targets): number | undefined {
  const times = { ...targets, tokensPerSecond: undefined };
  if (targetsSet(times).length === 0) return undefined;
  return mostLive(served.holds, (live) => judgeTargets(times, reachedWith(served, live, live)).met);
}

/** The fewest replicas that yield so many tokens a second within the times, and the fewest live requests that they then need. */
export function replicasForRate(served: Served, targets: Targets, tokensPerSecond: number, given?: number): TargetFit {
  const times = { ...targets, tokensPerSecond: undefined };
  const isInTime = (live: number) => judgeTargets(times, reachedWith(served, live, live)).met;
  const inTime = mostLive(served.holds, isInTime);
  const live = inTime ?? served.holds;
  const replicas = given ?? Math.ceil(tokensPerSecond / (served.ranks * rateOf(served, live)));
  const isEnough = (each: number) => replicas * served.ranks * rateOf(served, each) >= tokensPerSecond;
  const needed = fewestLive(live, isEnough);
  return { met: inTime !== undefined && isEnough(needed), replicas, concurrency: replicas * served.ranks * needed };
}

/**
 * The most live requests, up to a bound, at which something holds: the largest point of the grid, then the largest
 * number up to the next. What holds for stricter targets holds for looser ones, so looser ones never yield fewer.
 */
function mostLive(bound: number, holds: (live: number) => boolean): number | undefined {
  const points = [...new Set([...grid.map((live) => Math.floor(live)), bound])].filter((live) => live <= bound);
  points.sort((left, right) => left - right);
  for (let index = points.length - 1; index >= 0; index--) {
    if (holds(points[index] as number)) return bisect(points[index] as number, points[index + 1] ?? bound + 1, holds);
  }
  return undefined;
}

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
