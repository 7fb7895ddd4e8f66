import type { Amounts } from "../diff/diffStack";
import type { CostReport } from "../diff/report";
import { type Money, money, shownDelta, toText } from "../money";
import { monthlyOf } from "./changeRow";
import { shareOf, signed } from "./format";

/** What has two sides and a difference: a stack, or all of them. */
export interface Compared {
  before: Amounts;
  after: Amounts;
  delta: Amounts;
  /** False when something that changes is not known: the difference is then not that of the two sums. */
  differenceComplete: boolean;
}

/** The difference a month as it is shown: of the sums as shown, so that a row adds up; of what is known where not all is. */
export function monthlyDelta(compared: Compared): Money {
  return deltaOf(compared, monthlyOf);
}

/** The difference of one column, likewise. */
export function deltaOf(
  { before, after, delta, differenceComplete }: Compared,
  column: (amounts: Amounts) => Money,
): Money {
  return differenceComplete ? shownDelta(column(before), column(after)) : money(toText(column(delta)));
}

/** `Cost: +$35,158.29 a month (+686.3 %)`: what a change comes to, in one line, with every mark that it needs. */
export function headline(report: CostReport): string {
  const { before, delta, differenceComplete, wholeStacks } = report;
  const monthly = monthlyDelta(report);
  const upfront = delta.oneOffUsd.eq(0) ? "" : `, ${signed(delta.oneOffUsd)} upfront`;
  const open = differenceComplete ? "" : ", of what is known";
  if (monthly.eq(0)) return `Cost: no monthly change${upfront}${open}`;
  const share = wholeStacks && differenceComplete ? shareOf(monthlyOf(before), monthly) : "";
  return `Cost: ${signed(monthly)} a month${share === "" ? "" : ` (${share})`}${upfront}${open}`;
}
