import type { Estimate } from "../pricing/estimate";
import type { CostLine } from "../pricing/lines";
import { type Money, toDollars, toLineDollars, toText } from "../pricing/money";
import { showPrice, showUnitPrice, usageMark } from "../pricing/render/format";
import { table } from "./table";

/** An estimate for a person: what is priced, the sums that are never added, and what is not in them. */
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
  return [...table(columns, priced.map(pricedRow)), "", ...describeTotals(estimate), ...describeUnknown(estimate)];
}

/** The sums of an estimate, what is known of them, and how sure they are. */
export function describeTotals(estimate: Estimate): string[] {
  const { monthlyUsd, hourlyUsd, usageMonthlyUsd, assumedUsageMonthlyUsd, oneOffUsd, complete } = estimate;
  const atLeast = complete ? "" : "at least ";
  const assumed = assumedUsageMonthlyUsd.eq(0) ? "" : `, ${toDollars(assumedUsageMonthlyUsd)} of it assumed (**)`;
  return [
    `run rate: ${atLeast}${toDollars(monthlyUsd)} a month (730 hours), ${toDollars(hourlyUsd)} an hour`,
    ...(usageMonthlyUsd.eq(0) ? [] : [`by use: ${atLeast}${toDollars(usageMonthlyUsd)} a month${assumed}`]),
    `upfront: ${atLeast}${toDollars(oneOffUsd)}`,
  ];
}

/** What is not in the sums, and where the prices are from. */
export function describeUnknown(estimate: Estimate): string[] {
  const { lines, unsupported, free } = estimate;
  const unknown = lines.filter(({ state }) => state === "unpriced" || state === "unknownQuantity");
  const byUse = merge(lines.filter(({ state }) => state === "usage"));
  const rates = byUse.map(({ line }) => `${line.component} ${showUnitPrice(line.price)} per ${line.unit}`);
  return [
    ...unknown.map(({ name, component, reason }) => `not in these sums: ${name}, ${component}: ${reason}`),
    ...unsupported.map(({ type, count }) => `not in these sums: ${count} x ${type}, which no pricer knows`),
    ...(rates.length > 0 ? [`by use, not in these sums: ${rates.join("; ")}`] : []),
    `prices: ${describeDates(lines)}; ${free.length} resources are free`,
  ];
}

/** `of 2024-07-01 to 2026-09-21`: how old and how new the prices of an estimate are. */
export function describeDates(lines: readonly CostLine[]): string {
  const dates = lines.flatMap(({ price }) => (price && price.asOf !== "unknown" ? [price.asOf] : [])).sort();
  const undated = lines.some(({ price }) => price?.asOf === "unknown") ? ", some of an unknown day" : "";
  const [oldest, newest] = [dates[0], dates.at(-1)];
  if (oldest === undefined) return `none used${undated}`;
  return `${oldest === newest ? `of ${oldest}` : `of ${oldest} to ${newest}`}${undated}`;
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
  const times = (amount: Money | undefined) => (amount ? toLineDollars(amount.times(count)) : "");
  return [
    `${line.component}${usageMark(line)}`,
    count === 1 ? (names[0] ?? "") : `${names[0]} and ${count - 1} more`,
    `${count > 1 ? `${count} x ` : ""}${line.quantity ? trim(toText(line.quantity, 3)) : ""} ${line.unit}`,
    showUnitPrice(price),
    times(line.monthlyUsd),
    times(line.oneOffUsd),
    showPrice(price),
  ];
}

function trim(text: string): string {
  return text.replace(/\.?0+$/, "");
}
