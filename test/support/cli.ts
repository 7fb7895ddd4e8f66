import { spawnSync } from "node:child_process";
import { join } from "node:path";

export const root = join(__dirname, "../..");

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
  milliseconds: number;
}

/** Runs the command as a user does, in a process of its own. */
export function runCli(
  args: readonly string[],
  { cwd = root, input = "", env = {} as Record<string, string> } = {},
): CliResult {
  const started = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "cli/llm-cluster.js"), ...args], {
    cwd,
    input,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  return { code: status, stdout, stderr, milliseconds: Number(process.hrtime.bigint() - started) / 1e6 };
}

/** The shortest of several runs: what the command takes when the machine is not busy with something else. */
export function fastest(runs: number, args: readonly string[]): number {
  return Math.min(...Array.from({ length: runs }, () => runCli(args).milliseconds));
}
