import { readFileSync } from "node:fs";
import { join } from "node:path";
import snapshot from "../../pricing/data/prices.json";
import { root, runCli } from "../support/cli";

// Adds up in whole billionths of a dollar, and reads the raw price file: nothing here is what the estimate is made with.
const scale = 1_000_000_000n;

/** A decimal number as a whole number of billionths. */
function exact(text: string): bigint {
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  return BigInt(whole) * scale + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

function times(left: bigint, right: bigint): bigint {
  return (left * right) / scale;
}

function toCents(value: bigint): string {
  const cents = (value + scale / 200n) / (scale / 100n);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}

interface RawRow {
  cloud: string;
  region: string;
  sku?: string;
  item?: string;
  mode?: string;
  usd?: number | null;
  usd_per_hour?: number | null;
  as_of?: string;
  historical?: boolean;
}

/** The newest price of a row's key in the file, as it is written there. */
function priceOf(key: string): string {
  const match = /^(.*), ([a-z0-9-]+), ([a-z-]+)$/.exec(key);
  const [, name, region, mode] = match ?? [];
  const rows = ([...snapshot.instances, ...snapshot.surrounding] as RawRow[]).filter(
    (row) =>
      row.cloud === "aws" &&
      (row.sku ?? row.item) === name &&
      row.region === region &&
      (row.mode ?? "list") === mode &&
      !row.historical &&
      typeof (row.usd_per_hour ?? row.usd) === "number",
  );
  const newest = rows.sort((left, right) => ((left.as_of ?? "") < (right.as_of ?? "") ? 1 : -1))[0];
  return String(newest?.usd_per_hour ?? newest?.usd);
}

interface Table {
  stack: string;
  rows: { key: string; quantity: string; price: string; amount: string }[];
  runRate: string;
}

const text = readFileSync(join(root, "docs/recount.md"), "utf8");
const tables: Table[] = text
  .split(/^\*\*(?=[\w/.-]+\.yaml\*\*)/m)
  .slice(1)
  .map((part) => {
    const cells = part
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .slice(2)
      .map((line) => line.split("|").map((cell) => cell.trim()));
    return {
      stack: part.split("**")[0] ?? "",
      rows: cells
        .filter(([, , key]) => key !== "")
        .map(([, , key = "", quantity = "", price = "", amount = ""]) => ({ key, quantity, price, amount })),
      runRate: (cells.find(([, , key]) => key === "")?.[5] ?? "").replaceAll("*", ""),
    };
  });

test("five stacks are worked out", () => {
  expect(tables.map(({ stack }) => stack)).toHaveLength(5);
});

test.each(tables)("$stack", ({ stack, rows, runRate }) => {
  let monthly = 0n;
  let upfront = 0n;
  for (const { key, quantity, price, amount } of rows) {
    expect(`${key} ${price}`).toBe(`${key} ${priceOf(key)}`);
    const product = quantity.split(" x ").map(exact).reduce(times, exact(price));
    expect(`${key} ${exact(amount.replace("upfront ", ""))}`).toBe(`${key} ${product}`);
    if (amount.startsWith("upfront")) upfront += product;
    else monthly += product;
  }
  expect(toCents(monthly)).toBe(runRate);
  const { cost } = JSON.parse(runCli(["preview", stack, "--json"]).stdout);
  expect(cost).toMatchObject({ monthlyCostUsd: runRate, oneOffCostUsd: toCents(upfront), complete: true });
});
