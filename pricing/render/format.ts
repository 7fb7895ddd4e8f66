import type { ChangeStep } from "../inputs/stackChange";
import type { CostLine } from "../lines";
import { type Money, nothing, toDollars, toLineDollars } from "../money";
import type { FoundPrice } from "../priceRow";

/** `+$41,183.68`, `-$3.00`, `+$0.00`. */
export function signed(amount: Money): string {
  return `${amount.lt(0) ? "-" : "+"}${toDollars(amount.abs())}`;
}

/** `+12.3 %`; empty where there was nothing before, because then there is no share. */
export function shareOf(before: Money, delta: Money): string {
  if (before.eq(0)) return "";
  const percent = delta.div(before).times(100);
  return `${percent.lt(0) ? "" : "+"}${percent.toFixed(1)} %`;
}

/** The engine's own signs. */
export const opMarks: Readonly<Record<ChangeStep["op"] | "other", string>> = {
  create: "+",
  update: "~",
  replace: "+-",
  delete: "-",
  import: "=",
  other: "~",
};

/** A line's amount with what it is: `$40,179.20`, `$6,976.70 upfront`, or why there is none. */
export function showAmount(line: CostLine | undefined): string {
  if (!line) return "-";
  const { state, monthlyUsd, oneOffUsd, usage } = line;
  if (state === "unpriced") return "no price";
  if (state === "unknownQuantity") return "not known";
  if (state === "included") return "included";
  if (state === "usage") return "by use";
  if (oneOffUsd) return `${toLineDollars(oneOffUsd)} upfront`;
  return `${toLineDollars(monthlyUsd ?? nothing)}${usage ? usageMark(line) : ""}`;
}

/** Lines that are billed by use: `*` where the amount is stated, `**` where it is assumed. */
export function usageMark({ usage }: CostLine): string {
  return usage === undefined ? "" : usage.basis === "stated" ? " *" : " **";
}

/** `2026-07-20 us-east-1 (karp-aws)`, with what is to be known of it. */
export function showPrice(price: FoundPrice | undefined): string {
  if (!price) return "";
  const { asOf, region, source, confidence, regionAssumed, layer, discount, newerElsewhere } = price;
  const remarks = [
    source,
    ...(layer === "shipped" ? [] : [layer]),
    ...(discount ? [`${discount.percent} % off ${discount.listUsd}`] : []),
    ...(newerElsewhere ? [`since ${newerElsewhere.asOf} $${newerElsewhere.usd} is reported for all regions`] : []),
    ...(regionAssumed ? ["another region's"] : confidence === "high" ? [] : [`${confidence} confidence`]),
  ];
  return `${asOf} ${region} (${remarks.join(", ")})`;
}

/** A unit price with all its digits: some are fractions of a cent; spot as the span that was seen. */
export function showUnitPrice(price: FoundPrice | undefined): string {
  if (!price) return "";
  const span = price.highestUsd !== undefined && price.highestUsd > price.usd ? ` to ${price.highestUsd}` : "";
  return `$${price.usd}${span}`;
}
