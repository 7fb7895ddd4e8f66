import * as pulumi from "@pulumi/pulumi";
import { describeProblem, listProblems, type Problem } from "../../sizing/problems";

/**
 * Throws what Pulumi reports property by property, also across a plugin boundary. In a program of its own it would
 * print a stack trace, which tells a user nothing; so the error is a RunError too, whose message stands alone.
 */
export function throwProblems(what: string, problems: readonly Problem[]): never {
  const error = new pulumi.InputPropertiesError({
    message: listProblems(problems, what),
    errors: problems.map((problem) => ({ propertyPath: problem.path, reason: describeProblem(problem) })),
  });
  throw withoutStack(error);
}

/** Marks an error as one whose message stands alone in a Pulumi program's output. */
export function withoutStack<E extends Error>(error: E): E {
  return Object.assign(error, { __pulumiRunError: true });
}
