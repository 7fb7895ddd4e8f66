import type { Estimate } from "../estimate";
import { type Money, toDollars } from "../money";
import { asNumber } from "./arithmetic";
import { type HiddenCost, type HiddenOptions, notStated } from "./hiddenCost";
import { besideSum } from "./sums";

/** What a percentage is taken of. */
interface Base {
  monthlyUsd: Money;
  oneOffUsd: Money;
  complete: boolean;
}

/**
 * Support, then tax or discount, in per cent of run rate, use and what comes on top; of what is paid once too. AWS's own
 * support tables are not in here: they were replaced in December 2025, the plans that they are of end on 2027-01-01 (AWS
 * Support user guide, "About the AWS Support API"), and where the new plans' bands begin was not found.
 */
export function percentCosts(
  estimate: Estimate,
  others: readonly HiddenCost[],
  { supportPercent, extraPercent }: HiddenOptions,
): HiddenCost[] {
  const support = supportOf(baseOf(estimate, others), supportPercent);
  if (extraPercent === undefined) return [support];
  const what = extraPercent < 0 ? "discount" : "tax or other charge";
  const base = baseOf(estimate, [...others, support]);
  return [support, percentOf(base, extraPercent, { key: "extra", what, flag: "--extra-percent" })];
}

function supportOf(base: Base, percent: number | undefined): HiddenCost {
  const [key, what, flag] = ["support", "support plan", "--support-percent"];
  return percent === undefined
    ? notStated({ key, what, within: "beside" }, flag)
    : percentOf(base, percent, { key, what, flag });
}

function baseOf(estimate: Estimate, others: readonly HiddenCost[]): Base {
  const beside = besideSum(others);
  return {
    monthlyUsd: estimate.monthlyUsd.plus(estimate.usageMonthlyUsd).plus(beside.monthlyUsd),
    oneOffUsd: estimate.oneOffUsd.plus(beside.oneOffUsd),
    complete: estimate.complete && beside.complete,
  };
}

function percentOf(base: Base, percent: number, named: { key: string; what: string; flag: string }): HiddenCost {
  const { key, what, flag } = named;
  const share = (amount: Money) => amount.times(percent).div(100);
  const upfront = base.oneOffUsd.eq(0) ? "" : `, and of ${toDollars(base.oneOffUsd)} upfront`;
  return {
    key,
    what,
    arithmetic: `${asNumber(percent)} % of ${toDollars(base.monthlyUsd)}${upfront}`,
    monthlyUsd: share(base.monthlyUsd),
    ...(upfront === "" ? {} : { oneOffUsd: share(base.oneOffUsd) }),
    within: "beside",
    source: flag,
    asOf: "stated",
    assumption: false,
    leavesOut: base.complete ? undefined : "its share of what has no amount",
  };
}
