import { spawn } from "node:child_process";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { UserError } from "../output";
import type { StackProject } from "./project";
import { type Recording, startRecorder } from "./recorder";

/** After this long a user wants to know that something is still going on. */
const slowMilliseconds = 5_000;

/**
 * Runs the stack's real program in the SDK's own program host, as the engine's language host does
 * (pulumi-language-nodejs, constructArguments), against a recorder that stands where the engine stands.
 */
export async function recordProgram(project: StackProject): Promise<Recording> {
  const recorder = await startRecorder(project.name, project.stack);
  try {
    const { code, output } = await runHost(project, recorder.address);
    const { errors } = recorder.recording;
    if (code !== 0 || errors.length > 0) {
      throw new UserError(
        errors.length > 0
          ? stripVTControlCharacters(errors.join("\n"))
          : `the program of ${project.stackFile} ended with exit code ${code}\n${output}`,
      );
    }
    return recorder.recording;
  } finally {
    recorder.close();
  }
}

async function runHost(project: StackProject, address: string): Promise<{ code: number | null; output: string }> {
  const main = resolve(project.root, project.main);
  const isFile = /\.[cm]?[jt]s$/.test(main);
  const folder = isFile ? dirname(main) : main;
  const argv = [
    hostScript(project.root),
    ...["--monitor", address, "--engine", address, "--project", project.name, "--stack", project.stack],
    ...["--organization", "organization", "--root-directory", project.root, "--pwd", folder],
    ...["--parallel", "16", "--dry-run", isFile ? main : "."],
  ];
  const child = spawn(process.execPath, argv, {
    cwd: folder,
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(project.config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(project.secretKeys),
      PULUMI_NODEJS_TYPESCRIPT: String(project.typescript),
      // A proxy is for the internet; the recorder is on this machine.
      no_grpc_proxy: "127.0.0.1,localhost",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // An interrupted preview takes its program with it.
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const stop = (signal: NodeJS.Signals) => {
    child.kill("SIGKILL");
    process.exit(128 + (constants.signals[signal] ?? 0));
  };
  for (const signal of signals) process.once(signal, stop);
  const slow = setTimeout(
    () => console.error(`still running the program of ${project.stackFile} ...`),
    slowMilliseconds,
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => {
      clearTimeout(slow);
      for (const signal of signals) process.off(signal, stop);
      done({ code, output: output.trim() });
    });
  });
}

/** The host of the project's own SDK, so that program and host are of one version. */
function hostScript(root: string): string {
  try {
    return join(dirname(require.resolve("@pulumi/pulumi/package.json", { paths: [root] })), "cmd", "run");
  } catch {
    throw new UserError(`${root}: @pulumi/pulumi is not installed. Fix: run npm ci there`);
  }
}
