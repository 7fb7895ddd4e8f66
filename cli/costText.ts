import type { Estimate } from "../pricing/estimate";
import type { CostLine } from "../pricing/lines";
import { type Money, toDollars, toText } from "../pricing/money";
import { table } from "./table";

/** An estimate for a person: what is priced, the two sums that are never added, and what is not in them. */
export function describeEstimate(estimate: Estimate): string[] {
  const priced = merge(estimate.lines.filter(({ state }) => state === "priced"));
  const columns = [
    { heading: "COMPONENT" },
    { heading: "RESOURCES" },
    { heading: "QUANTITY", right: true },
    { heading: "UNIT PRICE", right: true },
    { heading: "$/MONTH", right: true },
    { heading: "UPFRONT", right: true },
    { heading: "PRICE OF" },
  ];
  const atLeast = estimate.complete ? "" : "at least ";
  const lines = [
    ...table(columns, priced.map(pricedRow)),
    "",
    `run rate: ${atLeast}${toDollars(estimate.monthlyUsd)} a month (730 hours), ${toDollars(estimate.hourlyUsd)} an hour`,
    `upfront: ${atLeast}${toDollars(estimate.oneOffUsd)}`,
  ];
  const unknown = estimate.lines.filter(({ state }) => state === "unpriced" || state === "unknownQuantity");
  lines.push(...unknown.map(({ name, component, reason }) => `not in these sums: ${name}, ${component}: ${reason}`));
  lines.push(
    ...estimate.unsupported.map(({ type, count }) => `not in these sums: ${count} x ${type}, which no pricer knows`),
  );
  const usage = merge(estimate.lines.filter(({ state }) => state === "usage"));
  if (usage.length > 0) {
    const items = usage.map(({ line }) => `${line.component} ${dollars(line.price?.usd)} per ${line.unit}`);
    lines.push(`by use, not in these sums: ${items.join("; ")}`);
  }
  lines.push(
    `prices: shipped snapshot, newest of ${estimate.priceDate}; * is low confidence or another region's; ${estimate.freeCount} resources are free`,
  );
  return lines;
}

interface MergedLine {
  line: CostLine;
  names: string[];
}

/** Equal components of several resources in one row. */
function merge(lines: readonly CostLine[]): MergedLine[] {
  const merged = new Map<string, MergedLine>();
  for (const line of lines) {
    const key = [line.type, line.component, line.schedule, line.price?.usd, line.quantity?.toString()].join("|");
    const known = merged.get(key);
    if (known) known.names.push(line.name);
    else merged.set(key, { line, names: [line.name] });
  }
  return [...merged.values()];
}

function pricedRow({ line, names }: MergedLine): string[] {
  const { price } = line;
  const count = names.length;
  const times = (amount: Money | undefined) => (amount ? toDollars(amount.times(count)) : "");
  const mark = price?.confidence === "low" || price?.regionAssumed ? " *" : "";
  return [
    line.component,
    count === 1 ? (names[0] ?? "") : `${names[0]} and ${count - 1} more`,
    `${count > 1 ? `${count} x ` : ""}${line.quantity ? trim(toText(line.quantity, 3)) : ""} ${line.unit}`,
    dollars(price?.usd),
    times(line.monthlyUsd),
    times(line.oneOffUsd),
    `${price?.asOf} ${price?.region}${mark}`,
  ];
}

function trim(text: string): string {
  return text.replace(/\.?0+$/, "");
}

/** A unit price with all its digits: some are fractions of a cent. */
function dollars(usd: number | undefined): string {
  return usd === undefined ? "" : `$${usd}`;
}
