/** The hidden first line that a comment is found by again. */
export function commentMarker(tag?: string): string {
  return tag === undefined ? "<!-- llm-cluster:cost-diff -->" : `<!-- llm-cluster:cost-diff ${tag} -->`;
}

/** The hidden second line of a comment that says that nothing costs more or less. */
export const unchangedMarker = "<!-- llm-cluster:unchanged -->";

/** Any first line that `commentMarker` writes. */
export const markerPattern = /^<!-- llm-cluster:cost-diff( [^>]+)? -->$/;
