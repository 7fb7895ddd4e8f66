import { type Money, money } from "./money";
import type { FoundPrice, PriceBook } from "./priceBook";
import { type ResourceGraph, type ResourceRecord, textIn } from "./records";

/**
 * What is known of a line: `priced`; `unpriced`, no price is known; `unknownQuantity`, the price is known and the
 * amount is not; `usage`, billed by traffic that nobody stated. Only `priced` lines enter a total.
 */
export type LineState = "priced" | "unpriced" | "unknownQuantity" | "usage";

/** One priced component of one resource. */
export interface CostLine {
  urn: string;
  type: string;
  name: string;
  /** What is paid for: `p5.48xlarge, on-demand`. */
  component: string;
  state: LineState;
  /** `runRate` goes on every month; `oneOff` is paid once, upfront, and is never added to the other. */
  schedule: "runRate" | "oneOff";
  unit: string;
  /** Units a month (run rate) or in all (one-off). */
  quantity?: Money;
  monthlyUsd?: Money;
  oneOffUsd?: Money;
  price?: FoundPrice;
  /** Why there is no amount. */
  reason?: string;
}

export interface PricingContext {
  graph: ResourceGraph;
  prices: PriceBook;
  /** Region of resources whose inputs name none. */
  region?: string;
}

export interface LineRequest {
  cloud: string;
  sku: string;
  mode?: string;
  component: string;
  schedule?: CostLine["schedule"];
  /** Units a month, or in all for a one-off; undefined when it is not known. */
  quantity?: number | Money;
  /** The amount depends on traffic: listed with its rate, and not counted. */
  usage?: boolean;
  /** Why the quantity is not known. */
  unknownBecause?: string;
}

/** A pricer turns one resource into its cost lines. */
export type Pricer = (record: ResourceRecord, context: PricingContext) => CostLine[];

/** Looks a line's price up and multiplies, or says why it cannot. Machines never borrow another region's price. */
export function priceLine(
  record: ResourceRecord,
  { prices, region: fallback }: PricingContext,
  request: LineRequest,
): CostLine {
  const { cloud, sku, mode, component, schedule = "runRate", quantity, usage = false } = request;
  const region = textIn(record.inputs, "region") ?? fallback;
  const base = { urn: record.urn, type: record.type, name: record.name, component, schedule };
  if (region === undefined) {
    return {
      ...base,
      state: "unpriced",
      unit: "",
      reason: "the resource names no region, and the stack has no aws:region",
    };
  }
  const price = prices.find({ cloud, sku, region, mode }, mode === undefined);
  if (!price) {
    const what = mode === undefined ? sku : `${sku}, ${mode},`;
    return { ...base, state: "unpriced", unit: "", reason: `no price of ${what} in ${region} is known` };
  }
  if (usage) return { ...base, state: "usage", unit: price.unit, price };
  if (quantity === undefined) {
    return {
      ...base,
      state: "unknownQuantity",
      unit: price.unit,
      price,
      reason: request.unknownBecause ?? "the amount is not known",
    };
  }
  const amount = money(price.usd).times(quantity);
  const paid = schedule === "runRate" ? { monthlyUsd: amount } : { oneOffUsd: amount };
  return { ...base, state: "priced", unit: price.unit, quantity: money(quantity), price, ...paid };
}
