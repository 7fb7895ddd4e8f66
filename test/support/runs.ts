/** How many times as many cases `npm run fuzz` draws. */
const factor = Number(process.env.FUZZ ?? 1);

/**
 * Settings of a property: so many cases, and the same ones each time, so that a change is judged by what it changed.
 * `npm run fuzz` draws others, many more of them, and prints the seed of a failure; what it finds is kept as a test.
 */
export function runs(usual: number): { numRuns: number; seed?: number } {
  return factor > 1 ? { numRuns: usual * factor } : { numRuns: usual, seed: 20_260_801 };
}
