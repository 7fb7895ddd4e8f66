import type { CostLine } from "../lines";
import { type Money, money } from "../money";
import type { FoundPrice } from "../priceRow";
import { shippedPrices } from "../snapshot";
import { asNumber, asRate } from "./arithmetic";
import type { ClusterBill } from "./clusterBill";
import { type HiddenCost, type HiddenOptions, unknownCost } from "./hiddenCost";

/** So many units of something that the price book has a price of. */
export interface Metered extends Pick<HiddenCost, "key" | "what"> {
  sku: string;
  /** Units of the price in a month. */
  quantity: Money;
  /** How the units came about, ending in the unit: `2 machines x 10 GB`. */
  units: string;
  /** Present where nobody stated the units. */
  because?: string;
}

/** Looks the price up in the cluster's region, another's where it has none, and multiplies; an unknown line without one. */
export function meteredCost(bill: ClusterBill, { prices }: HiddenOptions, metered: Metered): HiddenCost {
  const { sku, quantity, units, key, what, because } = metered;
  const subject = { cluster: bill.name, key, what, within: "beside" } as const;
  const { cloud, region } = bill;
  if (cloud === undefined || region === undefined) {
    return unknownCost(subject, "the cluster's cloud and region are not known");
  }
  const price = (prices ?? shippedPrices()).find({ cloud, sku, region }, true);
  if (!price) return unknownCost(subject, `no price of ${sku} in ${region} is known`);
  return {
    ...subject,
    arithmetic: `${units} x ${asRate(price.usd)}`,
    monthlyUsd: money(price.usd).times(quantity),
    ...originOf(price),
    assumption: because !== undefined,
    because,
  };
}

/** Where a price is from, with what is to be known of it. */
export function originOf(price: FoundPrice | undefined): Pick<HiddenCost, "source" | "asOf"> {
  if (!price) return { source: "none", asOf: "unknown" };
  const { source, region, regionAssumed, confidence, asOf } = price;
  const doubt = regionAssumed ? [`${region}'s`] : confidence === "high" ? [] : [`${confidence} confidence`];
  return { source: [source, ...doubt].join(", "), asOf };
}

/** A line of the estimate that a usage file put there: what it comes to is in the bill, and not told a second time. */
export function inBill(bill: ClusterBill, line: CostLine, { key, what }: Pick<HiddenCost, "key" | "what">): HiddenCost {
  const { quantity, unit, price, monthlyUsd, usage } = line;
  return {
    cluster: bill.name,
    key,
    what,
    arithmetic: `${quantity ? asNumber(quantity) : "?"} ${unit} x ${price ? asRate(price.usd) : "?"}`,
    monthlyUsd,
    within: "bill",
    ...originOf(price),
    assumption: usage?.basis === "assumed",
    because: usage?.because,
  };
}
