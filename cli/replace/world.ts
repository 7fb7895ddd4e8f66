import { createInterface } from "node:readline/promises";
import { Bucket } from "../store/bucket";
import { type ClusterStatus, readClusterStatus } from "../store/reports";
import type { StackStore } from "../store/stackStore";
import { realWorld as realStoreWorld, type World as StoreWorld } from "../store/world";
import { type Pulumi, realPulumi } from "./pulumi";

/** What `replace` takes from around it. Tests give their own. */
export interface ReplaceWorld {
  store: StoreWorld;
  /** The Pulumi CLI in a project's folder. */
  pulumi(folder: string): Pulumi;
  /** What every node of a stack reports, of those that a release is for. */
  readReports(stack: StackStore, release: number): Promise<ClusterStatus>;
  /** Asks the user; undefined where there is nobody to ask. */
  confirm: ((question: string) => Promise<boolean>) | undefined;
  /** Calls back at every Ctrl-C; returns how to stop listening. */
  onInterrupt(heard: () => void): () => void;
}

/** The process's own surroundings. */
export function realReplaceWorld(): ReplaceWorld {
  const store = realStoreWorld();
  return {
    store,
    pulumi: (folder) => realPulumi(folder),
    readReports: (stack, release) => readFromStore(stack, release, store),
    confirm: process.stdin.isTTY ? ask : undefined,
    onInterrupt: (heard) => {
      process.on("SIGINT", heard).on("SIGTERM", heard);
      return () => process.off("SIGINT", heard).off("SIGTERM", heard);
    },
  };
}

async function readFromStore(stack: StackStore, release: number, world: StoreWorld): Promise<ClusterStatus> {
  const client = world.s3(stack.region);
  const place = { bucket: stack.bucket, region: stack.region };
  try {
    const bucket = new Bucket(client, place, new AbortController().signal);
    const layout = { ...stack.layout, releaseNumber: release };
    return await readClusterStatus(layout, bucket, stack.reportPrefix, world.now());
  } finally {
    client.destroy();
  }
}

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } catch (error) {
    // Ctrl-C at the question is a no.
    if ((error as Error).name === "AbortError") return false;
    throw error;
  } finally {
    terminal.close();
  }
}
