import { type Problem, showValue } from "../sizing/problems";

/** Exit codes of the command; the first that applies of error, unfit, over budget, incomplete. */
export const exitCode = { ok: 0, error: 1, overBudget: 2, incomplete: 3, unfit: 4 } as const;

/** An error whose message is all that a user needs: no stack trace. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly code: number = exitCode.error,
  ) {
    super(message);
    this.name = "UserError";
  }
}

/** One JSON document, and nothing else, on standard output. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2));
}

export function print(lines: string | readonly string[]): void {
  console.log(typeof lines === "string" ? lines : lines.join("\n"));
}

interface ErrorDocument {
  message: string;
  problems?: readonly Problem[];
}

function isLong(value: unknown): boolean {
  return (JSON.stringify(value) ?? "").length > 200;
}

/** An error as data. */
export function describeError(error: unknown): ErrorDocument {
  const problems = (error as { problems?: readonly Problem[] }).problems;
  const message = error instanceof Error ? error.message : String(error);
  if (!problems) return { message };
  // A pasted document is not sent back whole.
  const shown = problems.map((problem) =>
    isLong(problem.value) ? { ...problem, value: showValue(problem.value) } : problem,
  );
  return { message, problems: shown };
}

/** Tells a user what went wrong and returns the exit code. An error that is ours to mend keeps its stack trace. */
export function reportError(error: unknown, json: boolean): number {
  if (json) printJson({ error: describeError(error) });
  const expected = error instanceof UserError || (error instanceof Error && error.name === "ProblemsError");
  const stack = error instanceof Error ? error.stack : undefined;
  console.error(`llm-cluster: ${expected ? (error as Error).message : (stack ?? String(error))}`);
  return error instanceof UserError ? error.code : exitCode.error;
}
