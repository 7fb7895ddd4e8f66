/** How sure a price is: `high` is read off a vendor's machine-made list, `low` is hand-kept, stale or of one source. */
export type Confidence = "high" | "medium" | "low";

/** One price: what it is of, what it is, and where it is from. */
export interface PriceRow {
  cloud: string;
  /** A machine type, or a metered item such as `nat-gateway.hour`. */
  sku: string;
  /** `*` is every region without a row of its own, `global` a meter that has no region. */
  region: string;
  /** Purchase mode of a machine; `list` for everything else. */
  mode: string;
  /** US dollars per unit. */
  usd: number;
  unit: string;
  source: string;
  /** When the source was read, as precisely as it says: a year, a month or a day. */
  asOf: string;
  confidence: Confidence;
  note?: string;
  /** Spot: the highest that was seen where `usd` is the lowest. */
  highestUsd?: number;
}

/** A row that no key ever finds, and why: kept so that `prices where` can show it. */
export interface SetAsideRow extends Omit<PriceRow, "usd"> {
  usd?: number;
  why: string;
}

/** So much per cent off every price of a cloud, or of the skus that are named. */
export interface Discount {
  cloud: string;
  percent: number;
  /** Skus, `*` standing for any text; every sku when absent. */
  skus?: readonly string[];
  source: string;
  asOf: string;
}

/** The layers of a price book; a later one wins over an earlier one. */
export const layerNames = ["shipped", "overlay", "negotiated"] as const;
export type LayerName = (typeof layerNames)[number];

/** Rows of one origin. */
export interface PriceLayer {
  name: LayerName;
  /** The file that a layer was read from; absent for the one that ships. */
  file?: string;
  rows: readonly PriceRow[];
  setAside?: readonly SetAsideRow[];
  discounts?: readonly Discount[];
}

/** What a price is looked up by. */
export interface PriceKey {
  cloud: string;
  sku: string;
  region: string;
  /** Default: `list`. */
  mode?: string;
}

/** A row found for a key, and what a reader must know about how it was found. */
export interface FoundPrice extends PriceRow {
  layer: LayerName;
  /** No row of the asked region exists; this one is of another region of the same cloud. */
  regionAssumed: boolean;
  /** A newer row for all regions that this region's own row beats; worth showing beside the estimate. */
  newerElsewhere?: PriceRow;
  /** The row of the layer below that this one took the place of. */
  overrode?: PriceRow;
  /** A negotiated discount that is already off `usd`, and what it was off. */
  discount?: Discount & { listUsd: number };
}

/** A date that nobody wrote down. */
export const unknownDate = "unknown";

/** Whether a row is newer than another; dates may be a year, a month or a day, and an unknown one is older than any. */
export function isNewer(row: { asOf: string }, than: { asOf: string }): boolean {
  return row.asOf !== unknownDate && (than.asOf === unknownDate || row.asOf > than.asOf);
}

/** `aws|p5.48xlarge|on-demand`: what rows of one price have in common. */
export function keyOf({ cloud, sku, mode = "list" }: { cloud: string; sku: string; mode?: string }): string {
  return `${cloud}|${sku}|${mode}`;
}
