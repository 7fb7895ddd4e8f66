import { readStackProject } from "../preview/project";
import { readStackStore, type StackStore } from "../store/stackStore";
import { type PreviewStep, readSteps } from "./changes";
import { checkPending, checkPlan } from "./checks";
import { Interrupt } from "./interrupt";
import { type Pulumi, runOrThrow } from "./pulumi";
import { type ClusterState, readClusterState } from "./state";
import type { ReplaceWorld } from "./world";

/** How machines are to be replaced. */
export interface ReplaceSettings {
  /** The command that goes on where this one stops. */
  again: string;
  /** How long a replica may take until it is ready, milliseconds. */
  timeoutMs: number;
  wait: boolean;
  yes: boolean;
  dryRun: boolean;
  bucket?: string;
}

/** A stack under way: its file, its state, and the CLI that changes it. */
export class Session {
  private constructor(
    readonly stack: StackStore,
    readonly settings: ReplaceSettings,
    readonly world: ReplaceWorld,
    private readonly pulumi: Pulumi,
    readonly interrupt: Interrupt,
    /** The state, as it was read last. */
    public state: ClusterState,
  ) {}

  /** Reads a stack's file and its state. Throws a UserError where the two are not of the same machines. */
  static async open(file: string, settings: ReplaceSettings, world: ReplaceWorld): Promise<Session> {
    const { root, stack, name } = readStackProject(file);
    const pulumi = world.pulumi(root);
    const state = await exportState(pulumi, stack);
    const store = await readStackStore(file, settings.bucket ?? state.bucket, world.store);
    // A bucket that was brought along has a part for each cluster, by its name (components/aws/storage.ts).
    const reportPrefix = store.reportPrefix === "" ? "" : `clusters/${name}-${stack}-${state.name}/`;
    checkPlan(store, state);
    checkPending(store, state);
    const interrupt = new Interrupt(world, pulumi, (line) => world.store.progress.write(`${line}\n`));
    return new Session({ ...store, reportPrefix }, settings, world, pulumi, interrupt, state);
  }

  /** A line of progress. */
  say(line: string): void {
    this.world.store.progress.write(`${line}\n`);
  }

  /** Number of the release that the nodes are pointed to, which need not be the stack file's yet. */
  get release(): number {
    return this.state.release ?? this.stack.layout.releaseNumber;
  }

  async readState(): Promise<void> {
    this.state = await exportState(this.pulumi, this.stack.project.stack);
  }

  /** What an update of these targets, or of everything, would do. */
  async preview(targets: readonly string[] = [], replaced: readonly string[] = []): Promise<PreviewStep[]> {
    const flags = ["--json", ...targetFlags(targets), ...replaced.flatMap((urn) => ["--replace", urn])];
    return readSteps(await this.run(["preview", ...flags]));
  }

  /** Updates these targets and nothing else. Throws a UserError when that fails; the state is then read again, too. */
  async update(targets: readonly string[], replaced: readonly string[] = []): Promise<void> {
    const flags = ["--yes", "--skip-preview", "--suppress-outputs", ...targetFlags(targets)];
    try {
      await this.run(["up", ...flags, ...replaced.flatMap((urn) => ["--replace", urn])], { show: true });
    } finally {
      await this.readState();
    }
  }

  /** Asks AWS which of these are still there, and takes the others out of the state; AWS is left as it is. */
  async refresh(targets: readonly string[]): Promise<void> {
    await this.run(["refresh", "--yes", "--skip-preview", ...targetFlags(targets)]);
    await this.readState();
  }

  private run([command = "", ...args]: readonly string[], options?: { show?: boolean }): Promise<string> {
    const { stack, stackPath } = this.stack.project;
    const common = ["--stack", stack, "--config-file", stackPath, "--non-interactive", "--color", "never"];
    return runOrThrow(this.pulumi, [command, ...common, ...args], options);
  }
}

function targetFlags(urns: readonly string[]): string[] {
  return urns.flatMap((urn) => ["--target", urn]);
}

async function exportState(pulumi: Pulumi, stack: string): Promise<ClusterState> {
  return readClusterState(await runOrThrow(pulumi, ["stack", "export", "--stack", stack, "--non-interactive"]), stack);
}
