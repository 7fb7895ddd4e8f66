import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";

/** What the commands of the model store take from around them. Tests give their own. */
export interface World {
  /** Environment variables. */
  env: Readonly<Record<string, string | undefined>>;
  /** Waits, in milliseconds; rejects when the signal comes. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
  /** The time, milliseconds since 1970. */
  now(): number;
  /** Makes the client that reaches S3 in a region. */
  s3(region: string): S3Client;
  /** Where progress goes: standard error. */
  progress: ProgressOutput;
  /** Calls back when the user wants to stop (Ctrl-C), once; returns how to stop listening. */
  onInterrupt(stop: () => void): () => void;
  /** Runs a program and returns what it printed; rejects with the error of node:child_process. */
  run(command: string, args: readonly string[], folder: string): Promise<string>;
}

/** A terminal, whose last line can be written again, or a file that gets a line at a time. */
export interface ProgressOutput {
  isTerminal: boolean;
  /** Columns of the terminal. */
  columns: number;
  write(text: string): void;
}

/** The process's own surroundings. */
export function realWorld(): World {
  return {
    env: process.env,
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    now: Date.now,
    s3: (region) => new S3Client(clientSettings(region)),
    progress: {
      isTerminal: process.stderr.isTTY === true,
      get columns() {
        return process.stderr.columns ?? 80;
      },
      write: (text) => void process.stderr.write(text),
    },
    onInterrupt,
    run: async (command, args, folder) => {
      const { stdout } = await promisify(execFile)(command, [...args], { cwd: folder, maxBuffer: 2 ** 20 });
      return stdout;
    },
  };
}

/** How the client asks: where a bucket is in another region it follows, and it waits out faults of some seconds. */
function clientSettings(region: string) {
  const requestHandler = { connectionTimeout: 10_000, socketTimeout: 120_000 };
  return { region, followRegionRedirects: true, maxAttempts: 6, requestHandler };
}

/** The first Ctrl-C asks to stop; the second is Node's own, and ends the process at once. */
function onInterrupt(stop: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const quiet = () => {
    for (const signal of signals) process.off(signal, heard);
  };
  const heard = () => {
    quiet();
    stop();
  };
  for (const signal of signals) process.on(signal, heard);
  return quiet;
}
