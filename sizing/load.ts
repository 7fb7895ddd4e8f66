import type { Decision } from "./decision";

/** No more of an average request than this is taken for output. */
const mostOutputTokens = 1024;

/** What an average request looks like to the estimate of speed: half of its live tokens are output, at most 1,024. */
export function averageRequest({ averageTokens, contextLength }: Pick<Decision, "averageTokens" | "contextLength">) {
  const average = averageTokens ?? contextLength;
  const outputTokens = Math.max(1, Math.min(mostOutputTokens, Math.floor(average / 2)));
  return { inputTokens: Math.max(1, average - outputTokens), outputTokens };
}
