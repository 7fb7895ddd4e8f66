import { type Money, money } from "../money";

/** A share as it is read: 0.125 is `12.5 %`. */
export function asPercent(share: number | Money): string {
  return `${asNumber(money(share).times(100))} %`;
}

/** At most three decimals; a smaller number with as many digits as it takes, so that something is never shown as nothing. */
export function asNumber(value: number | Money): string {
  const number = money(value);
  const rounded = number.round(3);
  return rounded.eq(0) && !number.eq(0) ? number.round(9).toFixed() : rounded.toFixed();
}

/** A unit price with all its digits: `$0.045`. */
export function asRate(usd: number | Money): string {
  return `$${money(usd).toFixed()}`;
}

/** `2 machines`, `1 machine`. */
export function count(number: number, what: string): string {
  return `${asNumber(number)} ${what}${number === 1 ? "" : "s"}`;
}
