import type { PriceBook } from "../pricing/priceBook";
import { shippedPrices } from "../pricing/snapshot";
import { usdPerMillionTokens } from "./cost";
import type { ResolvedDecision } from "./decision";
import type { Plan } from "./plan";
import { planDecision } from "./planner";

/** One point of a sweep: what the planner answers there. Plain JSON. */
export interface SweepPoint
  extends Pick<
    Plan,
    | "verdict"
    | "machine"
    | "nodes"
    | "replicas"
    | "tensorParallel"
    | "pipelineParallel"
    | "dataParallel"
    | "targets"
    | "warnings"
  > {
  contextLength: number;
  concurrency: number;
  timePerOutputTokenMs?: number;
  timeToFirstTokenMs?: number;
  /** Output tokens over all replicas. */
  outputTokensPerSecond?: number;
  hourlyCostUsd?: string;
  monthlyCostUsd?: string;
  /** Machines' cost of a million output tokens at the stated utilisation. */
  usdPerMillionTokens?: string;
}

/** Context lengths that are worth comparing, up to the model's own. */
export const usualContexts: readonly number[] = [4096, 8192, 32_768, 131_072];
/** Numbers of live requests that are worth comparing. */
export const usualConcurrencies: readonly number[] = [1, 8, 32, 128, 512];

/** Plans a decision at each of several points: the same one with other context lengths and numbers of live requests. */
export function sweepDecisions(
  points: readonly ResolvedDecision[],
  utilization: number,
  prices: PriceBook = shippedPrices(),
): SweepPoint[] {
  return points.map((resolved) => describePoint(planDecision(resolved, prices).plan, utilization));
}

function describePoint(plan: Plan, utilization: number): SweepPoint {
  const { cost, replicas, decision } = plan;
  // What does not fit has no speed.
  const fitting = plan.verdict === "no" ? undefined : plan;
  const throughput = fitting?.throughput;
  const rate = fitting?.tokensPerSecond;
  const hourly = cost.hourlyCostUsd;
  return {
    contextLength: decision.contextLength,
    concurrency: decision.concurrency,
    verdict: plan.verdict,
    machine: plan.machine,
    nodes: plan.nodes,
    replicas,
    tensorParallel: plan.tensorParallel,
    pipelineParallel: plan.pipelineParallel,
    dataParallel: plan.dataParallel,
    timePerOutputTokenMs: throughput?.timePerOutputTokenMs,
    timeToFirstTokenMs: throughput?.timeToFirstTokenMs,
    outputTokensPerSecond: rate,
    targets: plan.targets,
    hourlyCostUsd: hourly,
    monthlyCostUsd: cost.monthlyCostUsd,
    usdPerMillionTokens: hourly && rate ? usdPerMillionTokens(hourly, rate, utilization) : undefined,
    warnings: plan.warnings,
  };
}
