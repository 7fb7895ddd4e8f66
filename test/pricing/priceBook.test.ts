import { priceMachine } from "../../pricing/machinePrice";
import { PriceBook } from "../../pricing/priceBook";
import type { PriceRow } from "../../pricing/priceRow";
import { shippedPrices } from "../../pricing/snapshot";

const row = (part: Partial<PriceRow>): PriceRow => ({
  cloud: "aws",
  sku: "p5.48xlarge",
  region: "us-east-1",
  mode: "on-demand",
  usd: 1,
  unit: "hour",
  source: "test",
  asOf: "2026-01",
  confidence: "high",
  ...part,
});

const bookOf = (rows: PriceRow[]) => new PriceBook([{ name: "shipped", rows }]);

describe("which row prices a key", () => {
  const key = { cloud: "aws", sku: "p5.48xlarge", region: "us-east-1", mode: "on-demand" };

  test("the newest of a key wins, whatever the order and precision of the dates", () => {
    const rows = [
      row({ asOf: "2026-07-20", usd: 3 }),
      row({ asOf: "2026", usd: 1 }),
      row({ asOf: "2026-07", usd: 2 }),
      row({ asOf: "unknown", usd: 9 }),
    ];
    expect(bookOf(rows).find(key)?.usd).toBe(3);
    expect(bookOf([...rows].reverse()).find(key)?.usd).toBe(3);
  });

  test("an exact region beats an older or newer row for all regions, and a newer one is told beside it", () => {
    const book = bookOf([row({ region: "*", asOf: "2026-10", usd: 5 }), row({ asOf: "2026-07", usd: 4 })]);
    expect(book.find(key)).toMatchObject({ usd: 4, newerElsewhere: { usd: 5 } });
    expect(book.find({ ...key, region: "eu-west-2" })).toMatchObject({ usd: 5, regionAssumed: false });
  });

  test("another region is borrowed only when asked, and then marked", () => {
    const book = bookOf([row({ sku: "nlb.hour", mode: "list" })]);
    const far = { cloud: "aws", sku: "nlb.hour", region: "eu-west-2" };
    expect(book.find(far)).toBeUndefined();
    expect(book.find(far, true)).toMatchObject({ regionAssumed: true, confidence: "low" });
  });
});

describe("the shipped prices", () => {
  test.each([
    ["p5.48xlarge", "us-east-1", "onDemand", 55.04],
    ["p5.48xlarge", "us-west-1", "onDemand", 68.8],
    ["p5en.48xlarge", "us-east-1", "onDemand", 63.296],
    // The vendor's page of July, not the stale row of 2024 and not the later one for all regions.
    ["p5.48xlarge", "us-east-1", "capacityBlock", 41.528],
    ["p5.48xlarge", "eu-west-2", "capacityBlock", 37.76],
    // A reservation is billed at the on-demand rate, used or not.
    ["p5.48xlarge", "us-east-1", "reservation", 55.04],
  ])("%s in %s, %s: %d", (id, region, mode, usd) => {
    const price = priceMachine({ cloud: "aws", id }, region, mode);
    expect(price).toMatchObject({ state: "priced", row: { usd } });
  });

  test.each([
    ["p5e.48xlarge", "us-east-1", "onDemand"],
    ["p5.48xlarge", "mars-north-1", "onDemand"],
    ["p5.48xlarge", "us-east-1", "savings-plan-1y"],
  ])("%s in %s, %s has no price, and says so", (id, region, mode) => {
    expect(priceMachine({ cloud: "aws", id }, region, mode)).toMatchObject({
      state: "unpriced",
      reason: expect.stringContaining(id),
    });
  });

  test("every machine's row carries source and date", () => {
    const price = shippedPrices().find({ cloud: "aws", sku: "p5.48xlarge", region: "us-east-1", mode: "on-demand" });
    expect(price).toMatchObject({ source: "karp-aws", asOf: "2026-07-20", confidence: "high" });
  });
});
