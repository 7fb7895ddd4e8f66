import { closest, distance } from "fastest-levenshtein";

/** One thing wrong with what the user gave: where, what, why, and what to write instead. */
export interface Problem {
  /** Dotted path of the property, such as `decision.capacity.reservationId`. */
  path: string;
  /** The value as given; absent when the property itself is missing. */
  value?: unknown;
  /** The rule that the value breaks. */
  message: string;
  /** What to write instead. */
  fix: string;
}

/** Takes note of a problem: how a rule says what it found. */
export type ReportProblem = (path: string, value: unknown, message: string, fix: string) => void;

/** Thrown with every problem found at once; its message lists them, one a line, and is fit for a person to read. */
export class ProblemsError extends Error {
  constructor(
    readonly problems: readonly Problem[],
    readonly what = "the input",
  ) {
    super(listProblems(problems, what));
    this.name = "ProblemsError";
  }
}

// More than anyone reads; beyond it the input is not what it is taken for.
const mostListed = 50;

/** All problems of an input as a text: how many, in what, and one a line. */
export function listProblems(problems: readonly Problem[], what: string): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.slice(0, mostListed).map((problem) => `  - ${describeProblem(problem)}`);
  const rest = problems.length > mostListed ? [`  ... and ${problems.length - mostListed} more`] : [];
  return [`${count} in ${what}:`, ...lines, ...rest].join("\n");
}

/** One line: `decision.model: "llama-3-405b" is not in catalogue. Fix: did you mean llama-3.1-405b?` */
export function describeProblem({ path: given, value, message, fix }: Problem): string {
  const path = given === "" ? "the input" : given;
  const shown = value === undefined ? "" : `${showValue(value)} `;
  return `${path}: ${shown}${message}. Fix: ${fix}`;
}

/** A value as the user would write it, cut so that a pasted document does not bury the message. */
export function showValue(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The names nearest to a mistyped one, as a fix; all of them when none is near. */
export function suggestNames(given: string, known: readonly string[]): string {
  const wanted = given.toLowerCase();
  const slips = Math.max(1, Math.floor(wanted.length / 3));
  const near = known.filter((name) => {
    const candidate = name.toLowerCase();
    const contains = wanted.length > 2 && (candidate.includes(wanted) || wanted.includes(candidate));
    return contains || distance(wanted, candidate) <= slips;
  });
  if (near.length > 0) {
    const nearest = closest(wanted, near);
    const others = near.filter((name) => name !== nearest).slice(0, 3);
    return `did you mean ${[nearest, ...others].join(", ")}?`;
  }
  return `one of ${known.join(", ")}`;
}
