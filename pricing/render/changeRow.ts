import type { Amounts, ResourceChange } from "../diff/diffStack";
import { isUnknown } from "../estimate";
import { type Money, nothing, shownDelta } from "../money";
import { opMarks, showAmount, showPrice, signed } from "./format";

/** One changed component of one resource, as every renderer shows it. */
export interface ChangeRow {
  /** The engine's sign of what is done to the resource; empty but for its first row. */
  mark: string;
  /** The resource; empty but for its first row. */
  name: string;
  component: string;
  before: string;
  after: string;
  change: string;
  /** Where the price is from, or why there is none. */
  origin: string;
}

/** The rows of a changed resource. */
export function changeRows({ op, name, lines }: ResourceChange): ChangeRow[] {
  return lines.map(({ label, before, after, unknown, delta }, index) => {
    const monthly = shownDelta(before?.monthlyUsd ?? nothing, after?.monthlyUsd ?? nothing);
    const once = delta.oneOffUsd;
    const noAmount = [before, after].every((line) => line === undefined || line.state === "usage");
    const parts = [...(monthly.eq(0) ? [] : [signed(monthly)]), ...(once.eq(0) ? [] : [`${signed(once)} upfront`])];
    const isTiny = !monthlyOf(delta).eq(0) || !delta.oneOffUsd.eq(0);
    // What was known and no longer is, is not saved.
    const isLost = before && after && isUnknown(before) !== isUnknown(after);
    const nothingShown = unknown ? "not known" : noAmount ? "by use" : isTiny ? "under $0.01" : signed(nothing);
    const isFirst = index === 0;
    return {
      mark: isFirst ? opMarks[op ?? "other"] : "",
      name: isFirst ? name : "",
      component: label,
      before: showAmount(before),
      after: showAmount(after),
      change: parts.length > 0 && !isLost ? parts.join(", ") : nothingShown,
      origin: unknown ? (after?.reason ?? before?.reason ?? "") : showPrice(after?.price ?? before?.price),
    };
  });
}

/** Changed resources without the lines that are under a cent before and after, and how many lines those are. */
export function withoutTrifles(resources: readonly ResourceChange[]): { resources: ResourceChange[]; trifles: number } {
  const isTrifle = ({ before, after }: ResourceChange["lines"][number]) =>
    [before, after].every((line) => line === undefined || (line.monthlyUsd?.lt(0.005) ?? false));
  const kept = resources.map((resource) => ({ ...resource, lines: resource.lines.filter((line) => !isTrifle(line)) }));
  const count = (all: readonly ResourceChange[]) => all.reduce((total, { lines }) => total + lines.length, 0);
  return { resources: kept, trifles: count(resources) - count(kept) };
}

/** What is billed in a month, with use. */
export function monthlyOf({ monthlyUsd, usageMonthlyUsd }: Pick<Amounts, "monthlyUsd" | "usageMonthlyUsd">): Money {
  return monthlyUsd.plus(usageMonthlyUsd);
}
