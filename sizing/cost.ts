import { isPaidUpfront, priceMachine } from "../pricing/machinePrice";
import { hoursPerMonth, money, toText } from "../pricing/money";
import type { PriceBook } from "../pricing/priceBook";
import type { Decision } from "./decision";
import type { Machine } from "./hardware";
import type { PlanCost } from "./plan";

/** What so many machines cost in the decision's place and way of buying. */
export function costOf(decision: Decision, machine: Machine, nodes: number, prices: PriceBook): PlanCost {
  const { mode, hours } = decision.capacity;
  const price = priceMachine(machine, decision.region, mode, prices);
  if (price.state !== "priced") return { price };
  const hourly = money(price.row.usd).times(nodes);
  const hourlyCostUsd = toText(hourly, 4);
  if (isPaidUpfront(mode)) {
    return { price, hourlyCostUsd, oneOffCostUsd: hours === undefined ? undefined : toText(hourly.times(hours)) };
  }
  return { price, hourlyCostUsd, monthlyCostUsd: toText(hourly.times(hoursPerMonth)) };
}

/** Machines' cost of a million output tokens, when so much of the planned rate is asked for. */
export function usdPerMillionTokens(hourlyCostUsd: string, tokensPerSecond: number, utilization: number): string {
  return toText(
    money(hourlyCostUsd)
      .times(1e6)
      .div(tokensPerSecond * 3600 * utilization),
    3,
  );
}
