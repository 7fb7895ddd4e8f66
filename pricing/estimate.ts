import { awsFreeKinds, awsPricers } from "./aws";
import type { CostLine } from "./lines";
import { hoursPerMonth, type Money, sum } from "./money";
import { type PriceBook, shippedPrices, snapshotDate } from "./priceBook";
import { ResourceGraph, type ResourceRecord } from "./records";

/** What a stack costs, as far as it is known, and what is not known. */
export interface Estimate {
  lines: CostLine[];
  /** Run rate of the priced lines; a lower bound unless `complete`. Usage is listed, never counted. */
  hourlyUsd: Money;
  monthlyUsd: Money;
  /** Paid once, upfront. Never part of the monthly figure. */
  oneOffUsd: Money;
  /** False when some line has no price or no quantity: then the totals are "at least". */
  complete: boolean;
  /** Kinds that no pricer knows, with how many there are. */
  unsupported: { type: string; count: number }[];
  /** How many resources cost nothing. */
  freeCount: number;
  /** The newest price in the book. */
  priceDate: string;
}

export interface EstimateOptions {
  /** Region of resources whose inputs name none. */
  region?: string;
  prices?: PriceBook;
}

/** Prices every resource of a stack. Kinds that no pricer knows are counted, not passed over. */
export function estimateCost(records: readonly ResourceRecord[], options: EstimateOptions = {}): Estimate {
  const context = {
    graph: new ResourceGraph(records),
    prices: options.prices ?? shippedPrices(),
    region: options.region,
  };
  const lines: CostLine[] = [];
  const unsupported = new Map<string, number>();
  let freeCount = 0;
  for (const record of records.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"))) {
    const pricer = awsPricers[record.type];
    if (pricer) lines.push(...pricer(record, context));
    else if (record.type in awsFreeKinds) freeCount += 1;
    else unsupported.set(record.type, (unsupported.get(record.type) ?? 0) + 1);
  }
  const monthlyUsd = sum(lines.flatMap(({ monthlyUsd }) => monthlyUsd ?? []));
  return {
    lines,
    hourlyUsd: monthlyUsd.div(hoursPerMonth),
    monthlyUsd,
    oneOffUsd: sum(lines.flatMap(({ oneOffUsd }) => oneOffUsd ?? [])),
    complete: unsupported.size === 0 && lines.every(({ state }) => state === "priced" || state === "usage"),
    unsupported: [...unsupported].map(([type, count]) => ({ type, count })),
    freeCount,
    priceDate: snapshotDate,
  };
}
