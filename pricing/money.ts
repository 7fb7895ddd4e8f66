import Big from "big.js";

/** Hours in a billing month, the convention of the clouds' calculators and of Infracost. */
export const hoursPerMonth = 730;

/** Money is exact decimal inside and a decimal string outside. */
export type Money = Big;

/** A number, or a text that is one, as exact money. */
export function money(value: number | string | Money): Money {
  return new Big(value);
}

/** No money. */
export const nothing: Money = new Big(0);

/** Cents for totals: `40179.20`. */
export function toText(value: Money, digits = 2): string {
  return value.toFixed(digits);
}

/** Cents; below a cent as many digits as it takes, so that something is never shown as nothing. */
export function toExactText(value: Money): string {
  return isBelowCent(value) ? value.round(6).toFixed() : toText(value);
}

/** Whether an amount is something, and would be shown as nothing. */
function isBelowCent(value: Money): boolean {
  return !value.eq(0) && value.abs().lt(0.005);
}

/** For people, of a single line: below a cent it says so. */
export function toLineDollars(value: Money): string {
  return isBelowCent(value) ? "under $0.01" : toDollars(value);
}

/** For people: `$40,179.20`. */
export function toDollars(value: Money | string): string {
  const [whole = "0", cents] = money(value).toFixed(2).split(".");
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}

/** All of them added up; nothing where there are none. */
export function sum(values: Iterable<Money>): Money {
  let total = nothing;
  for (const value of values) total = total.plus(value);
  return total;
}

/** The difference of two amounts as they are shown, to the cent, so that a row adds up. */
export function shownDelta(before: Money, after: Money): Money {
  return money(toText(after)).minus(toText(before));
}
