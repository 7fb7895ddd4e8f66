import type { PriceBook } from "./priceBook";
import { isNewer, type PriceLayer, unknownDate } from "./priceRow";
import { snapshotMadeOn } from "./snapshot";

/** Clouds change their lists several times a year: after so many days a book is worth renewing. */
const freshDays = 90;

/**
 * What is old about a book: the shipped prices when nobody has looked for so long, and rows of the overlay that are older
 * than the shipped ones that they take the place of. Negotiated rates hold however old they are.
 * @param today a day, as `2026-11-23`
 */
export function describeStaleness(book: PriceBook, today: string): string[] {
  const { layers } = book;
  const newer = layers
    .filter(({ name }) => name !== "shipped")
    .flatMap(({ rows }) => rows.filter(({ asOf }) => isNewer({ asOf }, { asOf: snapshotMadeOn }))).length;
  const age = daysBetween(snapshotMadeOn, today);
  const but = newer === 0 ? "" : `, but for ${newer} newer ${newer === 1 ? "row" : "rows"} of yours`;
  const looked = `prices were last looked up on ${snapshotMadeOn}, ${age} days ago${but}: they may have changed since`;
  const old = age > freshDays ? [looked] : [];
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

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}
