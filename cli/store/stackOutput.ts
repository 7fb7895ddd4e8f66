import { UserError } from "../output";
import type { StackProject } from "../preview/project";
import type { World } from "./world";

/** An output of a stack that is up, by the Pulumi CLI. Throws a UserError that says what to do without it. */
export async function readStackOutput(
  { root, stack, stackFile }: StackProject,
  name: string,
  otherwise: string,
  { run }: World,
): Promise<string> {
  const command = `pulumi stack output ${name} --stack ${stack}`;
  let printed: string;
  try {
    printed = await run("pulumi", ["stack", "output", name, "--stack", stack], root);
  } catch (error) {
    throw new UserError(`${stackFile}: ${explain(error as RunError, command)}, or ${otherwise}`);
  }
  const value = printed.trim();
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value)) return value;
  throw new UserError(
    `${stackFile}: '${command}' printed ${JSON.stringify(value.slice(0, 80))}, which is no bucket. Fix: run 'pulumi up' first, or ${otherwise}`,
  );
}

interface RunError extends Error {
  code?: string | number | null;
  stderr?: string;
}

function explain({ code, stderr = "" }: RunError, command: string): string {
  if (code === "ENOENT") return "the Pulumi CLI, which knows the stack's bucket, is not installed. Fix: install it";
  const said = stderr
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line !== "");
  const words = (said ?? `it ended with ${code}`).replace(/^error: */, "").slice(0, 300);
  if (/no stack named/.test(words)) return `there is no such stack yet (${words}). Fix: run 'pulumi up' first`;
  if (/does not have output property/.test(words)) return `the stack is not up (${words}). Fix: run 'pulumi up' first`;
  return `'${command}' failed: ${words}. Fix: see that 'pulumi whoami' and the stack work here`;
}
