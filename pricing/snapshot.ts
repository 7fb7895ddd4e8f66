import snapshot from "./data/prices.json";
import { PriceBook } from "./priceBook";
import { type Confidence, type PriceLayer, type PriceRow, type SetAsideRow, unknownDate } from "./priceRow";

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
  usd_per_hour_max?: number | null;
  item?: string;
  unit?: string;
  usd?: number | null;
}

/** What a source of the shipped prices is. */
export interface PriceSource {
  what: string;
  as_of?: string;
  confidence?: string;
}

/** The sources that the shipped rows name, by their short names. */
export const priceSources: Readonly<Record<string, PriceSource>> = snapshot.sources;

/** The newest price in the shipped book: what an estimate prints as its date. */
export const snapshotDate: string = snapshot.newest_data;

/** When the shipped book was put together. */
export const snapshotMadeOn: string = snapshot.generated;

let shipped: PriceBook | undefined;

/** The price book that ships with the package. */
export function shippedPrices(): PriceBook {
  shipped ??= new PriceBook([shippedLayer()]);
  return shipped;
}

/** The rows that ship: those marked historical or without a value are set aside. */
export function shippedLayer(): PriceLayer {
  const rows: PriceRow[] = [];
  const setAside: SetAsideRow[] = [];
  const all = [...snapshot.instances, ...snapshot.surrounding] as readonly SnapshotRow[];
  for (const entry of all) {
    const usd = entry.usd_per_hour ?? entry.usd ?? undefined;
    const row = readRow(entry);
    if (entry.historical) setAside.push({ ...row, usd, why: "historical" });
    else if (usd === undefined) setAside.push({ ...row, why: "looked for, and no price found" });
    else rows.push({ ...row, usd });
  }
  return { name: "shipped", rows, setAside };
}

function readRow(row: SnapshotRow): Omit<PriceRow, "usd"> {
  return {
    cloud: row.cloud,
    sku: row.sku ?? row.item ?? "",
    region: row.region,
    mode: row.mode ?? "list",
    unit: row.unit ?? "hour",
    source: row.source,
    asOf: shortDate(row.as_of ?? priceSources[row.source]?.as_of ?? unknownDate),
    confidence: readConfidence(row.confidence),
    note: row.note,
    highestUsd: row.usd_per_hour_max ?? undefined,
  };
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
