import snapshot from "./data/prices.json";

/** One price: what it is of, what it is, and where it is from. */
export interface PriceRow {
  cloud: string;
  /** A machine type, or a metered item such as `nat-gateway.hour`. */
  sku: string;
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
}

export type Confidence = "high" | "medium" | "low";

/** A row found for a key, and what a reader must know about how it was found. */
export interface FoundPrice extends PriceRow {
  /** No row of the asked region exists; this one is of another region of the same cloud. */
  regionAssumed: boolean;
  /** A newer row for all regions that this region's own row beats; worth showing beside the estimate. */
  newerElsewhere?: PriceRow;
}

export interface PriceKey {
  cloud: string;
  sku: string;
  region: string;
  mode?: string;
}

// The region whose list prices are known best; where a surrounding item has no row of its own, this one is borrowed.
const homeRegion: Record<string, string> = { aws: "us-east-1", gcp: "us-central1", azure: "eastus" };

/** Prices, looked up by (cloud, sku, region, mode). */
export class PriceBook {
  private readonly rows = new Map<string, PriceRow[]>();

  constructor(rows: readonly PriceRow[]) {
    for (const row of rows) {
      const key = keyOf(row);
      const known = this.rows.get(key);
      if (known) known.push(row);
      else this.rows.set(key, [row]);
    }
  }

  /**
   * The row of a key: the exact region beats `*` and `global`, then the newest wins. Undefined when there is none:
   * a price that is not known is never taken for zero.
   * @param borrow take another region's row of the same cloud when there is none (marked). Never for machines.
   */
  find({ cloud, sku, region, mode = "list" }: PriceKey, borrow = false): FoundPrice | undefined {
    const rows = this.rows.get(keyOf({ cloud, sku, mode })) ?? [];
    const anywhere = newest(rows.filter((row) => row.region === "*" || row.region === "global"));
    const exact = newest(rows.filter((row) => row.region === region));
    if (exact) {
      const newerElsewhere = anywhere && isNewer(anywhere, exact) ? anywhere : undefined;
      return { ...exact, regionAssumed: false, newerElsewhere };
    }
    if (anywhere) return { ...anywhere, regionAssumed: false };
    const borrowed = borrow ? newest(rows.filter((row) => row.region === homeRegion[cloud])) : undefined;
    return borrowed && { ...borrowed, regionAssumed: true, confidence: "low" };
  }

  /** The book without one key's rows: tests use it to show that a missing price is said, not taken for zero. */
  without({ cloud, sku, mode = "list" }: Omit<PriceKey, "region">): PriceBook {
    const kept = [...this.rows].filter(([key]) => key !== keyOf({ cloud, sku, mode }));
    return new PriceBook(kept.flatMap(([, rows]) => rows));
  }
}

function keyOf({ cloud, sku, mode = "list" }: { cloud: string; sku: string; mode?: string }): string {
  return `${cloud}|${sku}|${mode}`;
}

function newest(rows: readonly PriceRow[]): PriceRow | undefined {
  return rows.reduce<PriceRow | undefined>((best, row) => (!best || isNewer(row, best) ? row : best), undefined);
}

function isNewer(row: PriceRow, than: PriceRow): boolean {
  return row.asOf !== unknownDate && (than.asOf === unknownDate || row.asOf > than.asOf);
}

const unknownDate = "unknown";

interface SnapshotRow {
  cloud: string;
  region: string;
  source: string;
  confidence: string;
  note?: string;
  as_of?: string;
  historical?: boolean;
  sku?: string;
  mode?: string;
  usd_per_hour?: number | null;
  item?: string;
  unit?: string;
  usd?: number | null;
}

/** Rows of the shipped snapshot that may be used: those marked historical or without a value are left out. */
function readSnapshot(): PriceRow[] {
  const sources: Record<string, { as_of?: string }> = snapshot.sources;
  const machines = snapshot.instances as readonly SnapshotRow[];
  const items = snapshot.surrounding as readonly SnapshotRow[];
  return [...machines, ...items].flatMap((row) => {
    const usd = row.usd_per_hour ?? row.usd;
    if (row.historical || usd === null || usd === undefined) return [];
    const asOf = row.as_of ?? sources[row.source]?.as_of ?? unknownDate;
    return [
      {
        cloud: row.cloud,
        sku: row.sku ?? row.item ?? "",
        region: row.region,
        mode: row.mode ?? "list",
        usd,
        unit: row.unit ?? "hour",
        source: row.source,
        asOf: shortDate(asOf),
        confidence: readConfidence(row.confidence),
        note: row.note,
      },
    ];
  });
}

/** The date at the front of a source's date: `2026 (commit ...)` is 2026. */
function shortDate(text: string): string {
  return /\d{4}(-\d{2}(-\d{2})?)?/.exec(text)?.[0] ?? unknownDate;
}

/** `low (stale)` is low; between two, the lower. */
function readConfidence(text: string): Confidence {
  if (/low|not found/.test(text)) return "low";
  return text.startsWith("high") ? "high" : "medium";
}

let shipped: PriceBook | undefined;

/** The price book that ships with the package. */
export function shippedPrices(): PriceBook {
  shipped ??= new PriceBook(readSnapshot());
  return shipped;
}

/** The newest price in the shipped book: what an estimate prints as its date. */
export const snapshotDate: string = snapshot.newest_data;
