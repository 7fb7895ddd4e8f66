import { type ChildProcess, spawn } from "node:child_process";
import { UserError } from "../output";
import { explainPulumi } from "./pulumiErrors";

/** What a run of the Pulumi CLI came to. */
export interface PulumiRun {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The Pulumi CLI in the folder of a project. */
export interface Pulumi {
  /**
   * Runs it to its end. Throws a UserError when there is no such program.
   * @param options.show whether its output is also shown while it runs; default: no
   */
  run(args: readonly string[], options?: { show?: boolean }): Promise<PulumiRun>;
  /** Asks a run that is under way to end what it has begun and to begin nothing more, as Ctrl-C does. */
  interrupt(): void;
}

/** The CLI on PATH. What is shown goes to standard error: standard output is for the result. */
export function realPulumi(folder: string, env: NodeJS.ProcessEnv = process.env): Pulumi {
  let child: ChildProcess | undefined;
  return {
    interrupt: () => void child?.kill("SIGINT"),
    run: (args, { show = false } = {}) =>
      new Promise((resolve, reject) => {
        // In a process group of its own: Ctrl-C in the terminal is for this command, which ends the step first.
        const started = spawn("pulumi", [...args], {
          cwd: folder,
          env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "" },
          stdio: ["ignore", "pipe", "pipe"],
          detached: true,
        });
        child = started;
        const texts = { stdout: "", stderr: "" };
        for (const name of ["stdout", "stderr"] as const) {
          started[name].setEncoding("utf8").on("data", (text: string) => {
            texts[name] += text;
            if (show) process.stderr.write(text);
          });
        }
        started.on("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? missing() : error));
        started.on("close", (code) => {
          child = undefined;
          resolve({ code, ...texts });
        });
      }),
  };
}

function missing(): UserError {
  return new UserError(
    "the Pulumi CLI, which replaces machines, is not installed. Fix: install it, and have it on PATH",
  );
}

/** Runs it, and returns its standard output. Throws a UserError that says what went wrong and what to do. */
export async function runOrThrow(
  pulumi: Pulumi,
  args: readonly string[],
  options?: { show?: boolean },
): Promise<string> {
  const run = await pulumi.run(args, options);
  if (run.code !== 0) throw new UserError(explainPulumi(args[0] ?? "", run));
  return run.stdout;
}
