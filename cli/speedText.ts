import type { Throughput } from "../sizing/throughput/estimate";
import { explainError } from "../sizing/throughput/explain";

/** An estimate of speed for a person: the figures, and how sure they are. */
export function describeSpeed(of: string, throughput: Throughput): string[] {
  const { timePerOutputTokenMs, outputTokensPerSecond, requestsPerSecond, concurrency } = throughput;
  const { inputTokens, outputTokens, timeToFirstTokenRangeMs, energyKwhPerMillionTokens } = throughput;
  const [soonest, latest] = timeToFirstTokenRangeMs;
  const energy = energyKwhPerMillionTokens === undefined ? "unknown" : `at most ${energyKwhPerMillionTokens}`;
  const live = Math.ceil(concurrency);
  const next = outputTokens > 1 ? `then ${timePerOutputTokenMs} ms a token, ` : "";
  return [
    `${of}, estimated at ${live} live request${live > 1 ? "s" : ""} of ${inputTokens} + ${outputTokens} tokens: first token ${Math.round(soonest)}-${Math.round(latest)} ms, ${next}${outputTokensPerSecond} tokens/s, ${requestsPerSecond} requests/s; kWh a million tokens: ${energy}`,
    explainError(throughput),
  ];
}
