import { type Money, money } from "./money";
import type { PriceBook } from "./priceBook";
import type { FoundPrice } from "./priceRow";
import { isHidden, type ResourceGraph, type ResourceRecord } from "./records";
import type { UsageBook, UsageSetting } from "./usage";

/**
 * What is known of a line: `priced`; `unpriced`, no price is known; `unknownQuantity`, the price is known and the
 * amount is not; `usage`, billed by traffic that nobody stated and nothing is assumed of; `included`, paid by another
 * line. Only `priced` lines enter a total.
 */
export type LineState = "priced" | "unpriced" | "unknownQuantity" | "usage" | "included";

/** Where the amount of a line that is billed by use is from: the user's usage file, or an assumption. */
export interface UsageBasis {
  basis: "stated" | "assumed";
  /** What the amount rests on. */
  because: string;
}

/** One priced component of one resource. */
export interface CostLine {
  urn: string;
  type: string;
  name: string;
  /** What of the resource this is, the same before and after a change: `machine`. */
  key: string;
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
  /** Present on lines that are billed by use: counted apart from what runs whether it is used or not. */
  usage?: UsageBasis;
  /** Why there is no amount. */
  reason?: string;
}

/** The key of a capacity block's fee: another reservation is another block, whose fee is paid anew. */
export function blockKey(reservationId?: string): string {
  return reservationId === undefined ? "capacityBlock" : `capacityBlock ${reservationId}`;
}

/** Whether a line is a capacity block's fee. */
export function isBlockFee({ key }: Pick<CostLine, "key">): boolean {
  return key === "capacityBlock" || key.startsWith("capacityBlock ");
}

/** What a pricer works with beside the resource. */
export interface PricingContext {
  graph: ResourceGraph;
  prices: PriceBook;
  usage: UsageBook;
  /** The region that a resource is in, or why that is not known. */
  regionOf(record: ResourceRecord): { region?: string; reason?: string };
  /** Price on-demand machines under this commitment instead: `savings-plan-1y`, `cud-3y`, `reserved-1y`. */
  commitment?: string;
}

/** What a pricer asks for. */
export interface LineRequest {
  cloud: string;
  sku: string;
  mode?: string;
  key: string;
  component: string;
  schedule?: CostLine["schedule"];
  /** Units a month, or in all for a one-off; undefined when it is not known. */
  quantity?: number | Money;
  /** Why the quantity is not known. */
  unknownBecause?: string;
}

/** A pricer turns one resource into its cost lines. */
export type Pricer = (record: ResourceRecord, context: PricingContext) => CostLine[];

/** How a kind of resource is priced, and what of it a usage file may state. */
export interface ResourcePricer {
  price: Pricer;
  usage?: readonly UsageSetting[];
}

/** Looks a line's price up and multiplies, or says why it cannot. Machines never borrow another region's price. */
export function priceLine(record: ResourceRecord, context: PricingContext, request: LineRequest): CostLine {
  const { cloud, sku, mode, key, component, schedule = "runRate", quantity } = request;
  const { urn, type, name } = record;
  const base = { urn, type, name, key, component, schedule };
  const { region, reason } = context.regionOf(record);
  const known = quantity === undefined ? {} : { quantity: money(quantity) };
  if (region === undefined) return { ...base, ...known, state: "unpriced", unit: "", reason };
  const price = context.prices.find({ cloud, sku, region, mode }, mode === undefined);
  if (!price) {
    const what = mode === undefined ? sku : `${sku}, ${mode},`;
    return { ...base, ...known, state: "unpriced", unit: "", reason: `no price of ${what} in ${region} is known` };
  }
  if (quantity === undefined) {
    const unknownBecause = request.unknownBecause ?? "the amount is not known";
    return { ...base, state: "unknownQuantity", unit: price.unit, price, reason: unknownBecause };
  }
  const amount = money(price.usd).times(quantity);
  const paid = schedule === "runRate" ? { monthlyUsd: amount } : { oneOffUsd: amount };
  return { ...base, state: "priced", unit: price.unit, quantity: money(quantity), price, ...paid };
}

/** What a usage line adds to a request: which setting tells the amount, and how it becomes units of the price. */
export interface UsageRequest extends Omit<LineRequest, "quantity" | "schedule" | "unknownBecause"> {
  setting: UsageSetting;
  /** Units of the price that one of the setting's units is: 0.001 for requests that are billed by the thousand. Default: 1. */
  unitsEach?: number;
  /** What to assume where nobody states it, in the setting's units, with the reason; wins over the setting's own. */
  assume?: { quantity: number; because: string };
}

/** A line that is billed by use: by the usage file, else by an assumption, else listed with its rate and not counted. */
export function usageLine(record: ResourceRecord, context: PricingContext, request: UsageRequest): CostLine {
  const { setting, unitsEach = 1, assume, ...rest } = request;
  const stated = context.usage.stated(record, setting.key);
  const assumed = assume ?? setting.assume;
  const found: (UsageBasis & { quantity: number }) | undefined =
    stated !== undefined
      ? { quantity: stated.quantity, basis: "stated", because: stated.because }
      : assumed && { ...assumed, basis: "assumed" };
  if (!found) {
    const line = priceLine(record, context, rest);
    return line.state === "unknownQuantity" ? { ...line, state: "usage", reason: undefined } : line;
  }
  const { quantity, basis, because } = found;
  const line = priceLine(record, context, { ...rest, quantity: money(quantity).times(unitsEach) });
  return { ...line, usage: { basis, because } };
}

/**
 * A line for each property that decides what something costs and cannot be read before the update: without it, what is
 * read of the others would be taken for all.
 * @param inputs where the properties stand: the resource's inputs, or its template's
 * @param properties dotted paths
 */
export function hiddenLines(record: ResourceRecord, inputs: unknown, properties: readonly string[]): CostLine[] {
  return properties
    .filter((property) => isHidden(inputs, ...property.split(".")))
    .map((property) =>
      unknownLine(
        record,
        `hidden.${property}`,
        `what ${property} decides`,
        `${property} is not known before the update`,
      ),
    );
}

/** A resource that another line pays for: said, and never counted twice. */
export function includedLine(record: ResourceRecord, key: string, component: string, reason: string): CostLine {
  return { ...withoutAmount(record, key, component, reason), state: "included" };
}

/** A line whose very subject is not known yet. */
export function unknownLine(record: ResourceRecord, key: string, component: string, reason: string): CostLine {
  return { ...withoutAmount(record, key, component, reason), state: "unknownQuantity" };
}

function withoutAmount({ urn, type, name }: ResourceRecord, key: string, component: string, reason: string) {
  return { urn, type, name, key, component, schedule: "runRate", unit: "", reason } as const;
}
