import type { PriceBook } from "./priceBook";
import type { PriceLayer } from "./priceRow";
import { matchesPattern } from "./wildcard";

/**
 * Rows and discounts of the user's files that meet nothing that ships: a sku or a region that nobody else knows, a pattern
 * that matches none. They may be right, and are more likely a slip, which would go unseen otherwise.
 */
export function describeOddRows(book: PriceBook): string[] {
  const shipped = book.layers.find(({ name }) => name === "shipped")?.rows ?? [];
  const skus = new Set(shipped.map(({ cloud, sku }) => `${cloud}|${sku}`));
  const regions = new Set(shipped.map(({ cloud, region }) => `${cloud}|${region}`));
  return book.layers
    .filter(({ name }) => name !== "shipped")
    .flatMap((layer) => [...oddRows(layer, skus, regions), ...oddDiscounts(layer, [...skus])]);
}

function oddRows({ file, rows }: PriceLayer, skus: ReadonlySet<string>, regions: ReadonlySet<string>): string[] {
  return rows.flatMap(({ cloud, sku, region }, index) => {
    const where = `${file}: rows.${index}`;
    if (!skus.has(`${cloud}|${sku}`)) return [`${where}: no shipped price is of ${cloud} ${sku}`];
    const isAnywhere = region === "*" || region === "global";
    return isAnywhere || regions.has(`${cloud}|${region}`)
      ? []
      : [`${where}: no shipped price is of ${cloud} ${region}`];
  });
}

function oddDiscounts({ file, discounts = [] }: PriceLayer, skus: readonly string[]): string[] {
  return discounts.flatMap(({ cloud, skus: patterns = [] }, index) =>
    patterns
      .filter((pattern) => !skus.some((key) => matchesPattern(key, `${cloud}|${pattern}`)))
      .map((pattern) => `${file}: discounts.${index}: ${pattern} is of no shipped price`),
  );
}
