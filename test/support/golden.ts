import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PriceBook } from "../../pricing/priceBook";
import type { PriceRow } from "../../pricing/priceRow";
import pinned from "../fixtures/prices.pinned.json";

const folder = join(__dirname, "../fixtures/golden");

/**
 * Holds a text against the file of that name. `UPDATE_GOLDEN=1 npx jest test/pricing/render` writes the files anew: look
 * at their difference before it is kept.
 */
export function expectGolden(name: string, text: string): void {
  const file = join(folder, name);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(file, `${text}\n`);
  expect(existsSync(file)).toBe(true);
  expect(`${text}\n`).toBe(readFileSync(file, "utf8"));
}

/** Prices that stay what they are when the shipped ones move, so that a golden file differs only where rendering does. */
export const pinnedPrices = new PriceBook([{ name: "shipped", rows: pinned.rows as PriceRow[] }]);
