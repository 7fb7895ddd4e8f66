import type { ParsedAwsArgs } from "./args";

/** The user's tags, and what the cluster says of its own end and budget, for whoever cleans up and counts. */
export function clusterTags({ tags, observability }: ParsedAwsArgs): Record<string, string> {
  const { expires, budgetUsd } = observability ?? {};
  return {
    ...tags,
    ...(expires === undefined ? {} : { "llm-cluster-expires": expires }),
    ...(budgetUsd === undefined ? {} : { "llm-cluster-budget-usd": String(budgetUsd) }),
  };
}
