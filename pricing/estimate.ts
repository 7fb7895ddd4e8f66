import { findKind } from "./clouds";
import type { CostLine, PricingContext } from "./lines";
import { hoursPerMonth, type Money, sum } from "./money";
import type { PriceBook } from "./priceBook";
import { ResourceGraph, type ResourceRecord } from "./records";
import { regionLookup } from "./regions";
import { shippedPrices, snapshotDate } from "./snapshot";
import { UsageBook } from "./usage";

/** What a stack costs, as far as it is known, and what is not known. */
export interface Estimate {
  lines: CostLine[];
  /** Run rate of what is billed whether it is used or not; a lower bound unless `complete`. */
  hourlyUsd: Money;
  monthlyUsd: Money;
  /** What is billed by use, as a usage file states it or as it is assumed. Beside the run rate, not in it. */
  usageMonthlyUsd: Money;
  /** The part of `usageMonthlyUsd` that nobody stated. */
  assumedUsageMonthlyUsd: Money;
  /** Paid once, upfront. Never part of a monthly figure. */
  oneOffUsd: Money;
  /** False when some line has no price or no quantity: then the totals are "at least". */
  complete: boolean;
  /** Kinds that no pricer knows, with how many there are. */
  unsupported: { type: string; count: number }[];
  /** Resources that cost nothing. */
  free: { urn: string; type: string; name: string }[];
  /** How many resources there are, components and providers left out. */
  resourceCount: number;
  /** How many resources took their region from `--region` or its like, because nothing of theirs names one. */
  regionFallbacks: number;
  /** The newest price in the shipped book. */
  priceDate: string;
}

/** What prices an estimate, beside the resources themselves. */
export interface EstimateOptions {
  /** Region of resources whose inputs name none. */
  region?: string;
  /** Default: the prices that ship. */
  prices?: PriceBook;
  /** What is stated of use. Default: nothing, so that everything that depends on use is assumed. */
  usage?: UsageBook;
  /** Price on-demand machines under this commitment: `savings-plan-1y`, `cud-3y`, `reserved-1y`. Default: none. */
  commitment?: string;
}

/** Prices every resource of a stack. Kinds that no pricer knows are counted, not passed over. */
export function estimateCost(records: readonly ResourceRecord[], options: EstimateOptions = {}): Estimate {
  const graph = new ResourceGraph(records);
  const regions = regionLookup(graph, options.region);
  const context: PricingContext = {
    graph,
    prices: options.prices ?? shippedPrices(),
    usage: options.usage ?? new UsageBook(),
    regionOf: regions.of,
    commitment: options.commitment,
  };
  const lines: CostLine[] = [];
  const unsupported = new Map<string, number>();
  const free: Estimate["free"] = [];
  for (const record of records) {
    const { urn, type, name, custom } = record;
    const kind = findKind(type);
    const own = kind?.pricer?.price(record, context) ?? [];
    lines.push(...own);
    if (!isResource(record) || own.length > 0) continue;
    if (kind) free.push({ urn, type, name });
    else if (custom) unsupported.set(type, (unsupported.get(type) ?? 0) + 1);
  }
  return {
    lines,
    ...totalsOf(lines),
    complete: unsupported.size === 0 && !lines.some(isUnknown),
    unsupported: [...unsupported].map(([type, count]) => ({ type, count })),
    free,
    resourceCount: records.filter(isResource).length,
    regionFallbacks: regions.fallbacks(),
    priceDate: snapshotDate,
  };
}

/** Whether a record is something in a cloud, and neither a component nor a provider. */
export function isResource({ custom, type }: ResourceRecord): boolean {
  return custom && !type.startsWith("pulumi:");
}

/** Whether a line costs something that is not known: then every total with it is "at least". */
export function isUnknown({ state }: CostLine): boolean {
  return state === "unpriced" || state === "unknownQuantity";
}

type Totals = Pick<Estimate, "hourlyUsd" | "monthlyUsd" | "usageMonthlyUsd" | "assumedUsageMonthlyUsd" | "oneOffUsd">;

/** Sums of lines: run rate, use and one-off amounts apart. */
export function totalsOf(lines: readonly CostLine[]): Totals {
  const monthly = (wanted: (line: CostLine) => boolean) =>
    sum(lines.flatMap((line) => (line.monthlyUsd && wanted(line) ? [line.monthlyUsd] : [])));
  const monthlyUsd = monthly(({ usage }) => usage === undefined);
  return {
    hourlyUsd: monthlyUsd.div(hoursPerMonth),
    monthlyUsd,
    usageMonthlyUsd: monthly(({ usage }) => usage !== undefined),
    assumedUsageMonthlyUsd: monthly(({ usage }) => usage?.basis === "assumed"),
    oneOffUsd: sum(lines.flatMap(({ oneOffUsd }) => oneOffUsd ?? [])),
  };
}
