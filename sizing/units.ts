/** Decimal gigabyte: disks, networks and model cards count in it. */
export const GB = 1e9;
/** Binary gigabyte: GPU memory and engine logs count in it. */
export const GiB = 2 ** 30;

/** Five significant digits: a rate may be thousands or a hundredth. */
export function significant(value: number): number {
  return Number(value.toPrecision(5));
}

/** Rounds for display and JSON, so that the same decision gives the same text on every machine. */
export function round(value: number, digits = 2): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
