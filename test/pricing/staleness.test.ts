import { PriceBook } from "../../pricing/priceBook";
import type { PriceLayer, PriceRow } from "../../pricing/priceRow";
import { shippedLayer, snapshotMadeOn } from "../../pricing/snapshot";
import { describeStaleness } from "../../pricing/staleness";

const row = (asOf: string): PriceRow => ({
  cloud: "aws",
  sku: "p5.48xlarge",
  region: "us-east-1",
  mode: "on-demand",
  usd: 50,
  unit: "hour",
  source: "us",
  asOf,
  confidence: "high",
});
const bookWith = (...layers: PriceLayer[]) => new PriceBook([shippedLayer(), ...layers]);
const dayAfter = (days: number) => new Date(Date.parse(snapshotMadeOn) + days * 86_400_000).toISOString().slice(0, 10);

test("a book that nobody has renewed for a season is old; one newer row does not renew it", () => {
  expect(describeStaleness(bookWith(), dayAfter(90))).toEqual([]);
  expect(describeStaleness(bookWith(), dayAfter(91))).toEqual([
    expect.stringMatching(/91 days ago: they may have changed/),
  ]);
  const overlay: PriceLayer = { name: "overlay", file: "llm-cluster.prices.yaml", rows: [row(dayAfter(60))] };
  expect(describeStaleness(bookWith(overlay), dayAfter(91))).toEqual([
    expect.stringContaining("but for 1 newer row of yours"),
  ]);
});

test("an overlay that is older than what it hides is said; a rate that was agreed holds however old", () => {
  const old = [row("2020-01-01")];
  expect(describeStaleness(bookWith({ name: "overlay", file: "prices.yaml", rows: old }), dayAfter(1))).toEqual([
    "prices.yaml: 1 row is older than the shipped price in whose place it stands (p5.48xlarge, us-east-1, of 2020-01-01)",
  ]);
  expect(describeStaleness(bookWith({ name: "negotiated", file: "rates.yaml", rows: old }), dayAfter(1))).toEqual([]);
});
