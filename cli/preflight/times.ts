/** A point in time for people and for the next command: `2026-11-20 11:30 UTC`. */
export function showTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Minutes from now until then; negative once it has passed. */
export function minutesUntil(then: Date, now: Date): number {
  return (then.getTime() - now.getTime()) / 60_000;
}
