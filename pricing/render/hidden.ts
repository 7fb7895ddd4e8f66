import type { HiddenCost } from "../hidden/hiddenCost";
import type { OnPremisesComparison } from "../hidden/onPremises";
import type { MoneyRange } from "../hidden/onPremisesParts";
import { besideSum } from "../hidden/sums";
import { type Money, toExactText, toText } from "../money";

/**
 * Hidden costs and on-premises comparisons as data, each where it was asked for: money as decimal strings, an amount that
 * is not known left out with its reason. `besideMonthlyUsd` is the sum of what comes on top; shares of the bill are in no
 * sum.
 */
export function hiddenFacts(costs?: readonly HiddenCost[], comparisons?: readonly OnPremisesComparison[]) {
  return { hiddenCosts: costs && costFacts(costs), onPremises: comparisons?.map(comparisonFacts) };
}

function costFacts(costs: readonly HiddenCost[]) {
  const { monthlyUsd, oneOffUsd, complete } = besideSum(costs);
  return {
    besideMonthlyUsd: toText(monthlyUsd),
    besideOneOffUsd: toText(oneOffUsd),
    complete,
    costs: costs.map(({ monthlyUsd: monthly, oneOffUsd: once, ...cost }) => ({
      ...cost,
      monthlyUsd: monthly && toExactText(monthly),
      oneOffUsd: once && toExactText(once),
    })),
  };
}

function comparisonFacts({ parts, coolingMonthlyUsd, monthlyUsd, cloud, breakEven, ...rest }: OnPremisesComparison) {
  return {
    ...rest,
    parts: parts.map(({ monthlyUsd: own, ...part }) => ({ ...part, monthlyUsd: own && ends(own) })),
    coolingMonthlyUsd: coolingMonthlyUsd && toText(coolingMonthlyUsd),
    monthlyUsd: monthlyUsd && ends(monthlyUsd),
    cloud: { ...cloud, monthlyUsd: cloud.monthlyUsd && toText(cloud.monthlyUsd) },
    breakEven: {
      utilization: breakEven.utilization && ends(breakEven.utilization, 4),
      months: breakEven.months && ends(breakEven.months, 1),
      unknownBecause: breakEven.unknownBecause,
    },
  };
}

function ends({ low, high }: MoneyRange, digits?: number): { low: string; high: string } {
  const text = (value: Money) => toText(value, digits);
  return { low: text(low), high: text(high) };
}
