import { type Estimate, isUnknown } from "../estimate";
import type { StackSide } from "../inputs/stackChange";
import { hoursPerMonth, type Money, money, nothing, sum } from "../money";
import { clusterTypePrefix, numberIn, ResourceGraph } from "../records";

/** What a million output tokens of one cluster costs at a stated utilisation. */
export interface TokenCost {
  cluster: string;
  /** Output tokens a second when all of the planned load is there; an estimate of the sizing. */
  tokensPerSecond: number;
  utilization: number;
  usdPerMillionTokens: Money;
  /** False when something of the cluster has no price: then it is at least this. */
  complete: boolean;
}

/**
 * The cost of a million output tokens for each cluster of a stack that serves: everything of the cluster that is billed,
 * a capacity block at its hourly rate, over what it puts out at the stated share of its planned load.
 * @param utilization share of the planned output that is asked for over time, above 0 and up to 1
 */
export function tokenCosts({ records }: StackSide, estimate: Estimate, utilization: number): TokenCost[] {
  const graph = new ResourceGraph(records);
  const clusters = records.filter(({ type }) => type.startsWith(clusterTypePrefix));
  const owner = new Map(records.map((record) => [record.urn, graph.clusterOf(record)?.urn]));
  return clusters.flatMap(({ urn, name, inputs }): TokenCost[] => {
    const tokensPerSecond = numberIn(inputs, "plan", "outputTokensPerSecond");
    if (tokensPerSecond === undefined || tokensPerSecond === 0) return [];
    const lines = estimate.lines.filter((line) => owner.get(line.urn) === urn);
    const hourly = sum(
      lines.map(({ monthlyUsd, oneOffUsd, quantity, price }) => {
        if (monthlyUsd) return monthlyUsd.div(hoursPerMonth);
        // A block's quantity is machine-hours; all its machines run at a time.
        const machines = numberIn(inputs, "plan", "nodes");
        return oneOffUsd && quantity && price && machines !== undefined ? money(price.usd).times(machines) : nothing;
      }),
    );
    const complete = !lines.some(isUnknown);
    const millionTokensPerHour = (tokensPerSecond * 3600 * utilization) / 1e6;
    return [
      { cluster: name, tokensPerSecond, utilization, usdPerMillionTokens: hourly.div(millionTokensPerHour), complete },
    ];
  });
}
