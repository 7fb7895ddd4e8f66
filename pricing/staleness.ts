import type { PriceBook } from "./priceBook";
import { isNewer, type PriceLayer, unknownDate } from "./priceRow";
import { snapshotMadeOn } from "./snapshot";

/** Clouds change their lists several times a year: after so many days a book is worth renewing. */
export const freshDays = 90;

/**
 * What is old about a book: the shipped prices when nobody has looked for so long, and rows of the user's that are older
 * than the shipped ones that they take the place of.
 * @param today a day, as `2026-11-23`
 */
export function describeStaleness(book: PriceBook, today: string): string[] {
  const { layers } = book;
  const overlay = layers.find(({ name }) => name === "overlay");
  const read = newestOf(overlay) ?? snapshotMadeOn;
  const since = isNewer({ asOf: read }, { asOf: snapshotMadeOn }) ? read : snapshotMadeOn;
  const age = daysBetween(since, today);
  const old =
    age > freshDays ? [`prices were last looked up on ${since}, ${age} days ago: they may have changed since`] : [];
  return [...old, ...layers.flatMap((layer) => overtaken(layer, book))];
}

/** Rows of a user's layer that win over newer ones below. */
function overtaken({ name, file, rows }: PriceLayer, book: PriceBook): string[] {
  if (name !== "overlay") return [];
  const late = rows.filter((row) => {
    const below = book.find(row)?.overrode;
    return below !== undefined && row.asOf !== unknownDate && isNewer(below, row);
  });
  const [first] = late;
  if (!first) return [];
  const count = late.length === 1 ? "1 row is" : `${late.length} rows are`;
  return [
    `${file}: ${count} older than the shipped price in whose place it stands (${first.sku}, ${first.region}, of ${first.asOf})`,
  ];
}

function newestOf(layer: PriceLayer | undefined): string | undefined {
  const dates = (layer?.rows ?? []).flatMap(({ asOf }) => (/^\d{4}-\d{2}-\d{2}$/.test(asOf) ? [asOf] : []));
  return dates.sort().at(-1);
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}
