import type { Configuration } from "../memory";
import { leastStep, requestSeconds, type Times, timesOf } from "./closedForm";
import type { Engine } from "./engines";
import { type Query, settingOf } from "./experience";
import { grid, type Speed } from "./speed";
import { type Load, type Work, workOf } from "./work";

/** A configuration's times over the number of live requests of one data-parallel rank. */
export interface Curve {
  work: Work;
  /** What is asked of the measurements. */
  query: Query;
  /** Times with so many live requests; at least one. */
  at: (live: number) => Times;
  /** Seconds that a request takes of its place among so many live ones. */
  requestSeconds: (live: number) => number;
}

/**
 * Times are computed on a grid of concurrencies and interpolated. The time of a token is kept from falling; that of the
 * first is not, because measured ones do fall where few requests wait for a batch to fill.
 */
export function curveOf(
  config: Configuration,
  tokens: Pick<Load, "inputTokens" | "outputTokens">,
  engine: Engine,
  speed: Speed,
): Curve {
  const work = workOf(config, tokens, engine);
  const query = {
    ...settingOf(config.model, config.gpu.id, work),
    inputTokens: tokens.inputTokens,
    outputTokens: tokens.outputTokens,
    tensorParallel: config.tensorParallel,
  };
  let points: Times[] = [];
  const last = grid.length - 1;
  const at = (live: number): Times => {
    const above = Math.min(last, Math.max(1, Math.ceil(2 * Math.log2(live) - 1e-9)));
    if (points.length <= above) points = gridTimes(work, query, above + 1, speed);
    const [lower, upper] = [points[above - 1] as Times, points[above] as Times];
    if (live > (grid[last] as number)) return beyondGrid(work, live, upper, speed);
    const share = 2 * Math.log2(live) - (above - 1);
    const between = (from: number, to: number) => from * (to / from) ** share;
    return {
      perToken: Math.max(between(lower.perToken, upper.perToken), leastStep(work, live)),
      firstToken: between(lower.firstToken, upper.firstToken),
    };
  };
  return { work, query, at, requestSeconds: (live) => requestSeconds(work, live, at(live), speed.constants) };
}

/** The closed form goes on from the grid's last point. */
function beyondGrid(work: Work, live: number, last: Times, { constants }: Speed): Times {
  const here = timesOf(work, live, constants);
  const there = timesOf(work, grid[grid.length - 1] as number, constants);
  return {
    perToken: Math.max((last.perToken * here.perToken) / there.perToken, leastStep(work, live)),
    firstToken: (last.firstToken * here.firstToken) / there.firstToken,
  };
}

function gridTimes(work: Work, query: Query, count: number, { constants, experience }: Speed): Times[] {
  const corrections = experience.correct(query);
  let perToken = 0;
  return grid.slice(0, count).map((live, index) => {
    const form = timesOf(work, live, constants);
    const factor = (logarithms: readonly number[] | undefined) => Math.exp(logarithms?.[index] ?? 0);
    perToken = Math.max(perToken, form.perToken * factor(corrections?.perToken), leastStep(work, live));
    return { perToken, firstToken: form.firstToken * factor(corrections?.firstToken) };
  });
}
