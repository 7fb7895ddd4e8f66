import { join } from "node:path";
import { type ReplaceOptions, replace } from "../../cli/commands/replace";
import { type Pulumi, realPulumi } from "../../cli/replace/pulumi";
import type { ReplaceWorld } from "../../cli/replace/world";
import type { ClusterStatus, NodeStatus } from "../../cli/store/reports";
import type { StackStore } from "../../cli/store/stackStore";
import type { World as StoreWorld } from "../../cli/store/world";
import type { EngineStack } from "./engine";

/** What `replace --json` prints, as far as tests read it. */
export interface ReplaceDocument {
  outcome: string;
  made: string[];
  releaseFirst: boolean;
  steps: { replica: number; nodes: { node: string; before: string | null; after: string | null }[]; ready: boolean }[];
  skipped: number[];
  left: string[];
  error?: { message: string };
}

/**
 * `replace` on a stack of the stand-in cloud. Nobody runs its nodes: a replica is seen ready at the second look after its
 * machines changed, and the world's log then says `ready replica-<n>`.
 */
export class Replacing {
  /** How often each set of a replica's machines was looked at. */
  private readonly looks = new Map<string, number>();
  private heard: (() => void) | undefined;
  /** Called when a replica is seen ready with machines that were not there before. */
  onReady: (replica: number) => void = () => undefined;

  /** @param now the time of the machine that the command runs on; default: the clock's */
  constructor(
    private readonly stack: EngineStack,
    private readonly now = Date.now,
  ) {}

  /** Ctrl-C. */
  interrupt(): void {
    this.heard?.();
  }

  /** Runs the command, and returns its document. */
  async run(options: ReplaceOptions): Promise<ReplaceDocument> {
    const printed: string[] = [];
    const spies = [
      jest.spyOn(console, "log").mockImplementation((text) => void printed.push(String(text))),
      jest.spyOn(console, "error").mockImplementation(() => undefined),
      jest.spyOn(process.stderr, "write").mockImplementation(() => true),
    ];
    try {
      const file = join(this.stack.project, "stacks/Pulumi.dev.yaml");
      await replace(file, { yes: true, json: true, ...options }, this.surroundings());
      return JSON.parse(printed.join("\n")) as ReplaceDocument;
    } finally {
      process.exitCode = undefined;
      for (const spy of spies) spy.mockRestore();
    }
  }

  private surroundings(): ReplaceWorld {
    const progress = { isTerminal: false, columns: 80, write: () => undefined };
    return {
      store: { env: {}, sleep: async () => undefined, now: this.now, progress } as unknown as StoreWorld,
      pulumi: (folder) => pulumiOf(this.stack, folder),
      readReports: async (stack, release) => this.look(stack, release),
      confirm: undefined,
      onInterrupt: (heard) => {
        this.heard = heard;
        return () => undefined;
      },
    };
  }

  private look({ layout }: StackStore, release: number): ClusterStatus {
    const { replicas, nodesPerReplica } = layout.plan;
    // What is there at the first look of all has been serving.
    const settled = this.looks.size === 0;
    const nodes = Array.from({ length: replicas }, (_, replica) =>
      this.lookAt(replica, nodesPerReplica, release, settled),
    ).flat();
    return { nodes, replicas, readyReplicas: 0, strays: [] };
  }

  private lookAt(replica: number, size: number, release: number, settled: boolean): NodeStatus[] {
    const machines = this.stack.world.all("Instance");
    const members = Array.from({ length: size }, (_, rank) => {
      const node = `node-${replica * size + rank}`;
      return { node, rank, id: machines.find(({ name }) => name === `llm-${node}`)?.id };
    });
    const set = members.map(({ id }) => id).join();
    const looks = (this.looks.get(set) ?? (settled ? 2 : 0)) + 1;
    this.looks.set(set, looks);
    const ready = looks > 1 && members.every(({ id }) => id !== undefined);
    if (ready && looks === 2) {
      this.stack.world.change(({ log }) => log.push(`ready replica-${replica}`));
      this.onReady(replica);
    }
    // Engines that start together serve since the same time, and another one than those before.
    const report = { stage: ready ? "ready" : "gang-waiting", reason: "", since: `since ${set}`, release };
    return members.map(({ node, rank, id }) => {
      return { node, replica, rank, report: { ...report, instanceId: id }, stale: false, ready };
    });
  }
}

/** The real CLI, with the stand-in as its cloud. */
export function pulumiOf(stack: EngineStack, folder: string): Pulumi {
  return realPulumi(folder, (stack as unknown as { environment(): NodeJS.ProcessEnv }).environment());
}
