import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { World } from "../cloud/world";
import { root } from "./cli";

/** Version of the Pulumi CLI on PATH, with its Node language host beside it; undefined when either is missing. */
export const engineVersion: string | undefined = (() => {
  const there = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  if (!there("pulumi") || !there("pulumi-language-nodejs")) return undefined;
  return spawnSync("pulumi", ["version"], {
    encoding: "utf8",
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  }).stdout.trim();
})();

if (!engineVersion) {
  console.log("engine tests are not run: pulumi and pulumi-language-nodejs are not both on PATH");
}

/** `test` with a real engine, counted as skipped without one. */
export const testWithEngine: typeof test.skip = engineVersion ? test : test.skip;

export interface EngineRun {
  code: number | null;
  output: string;
}

/** A step of `preview --json`. */
export interface PreviewStep {
  op: string;
  urn: string;
  oldState?: { type: string; inputs?: Record<string, unknown>; outputs?: Record<string, unknown> };
  newState?: {
    type: string;
    inputs?: Record<string, unknown>;
    parent?: string;
    protect?: boolean;
    retainOnDelete?: boolean;
  };
  replaceReasons?: string[];
  detailedDiff?: Record<string, { kind: string }> | null;
}

export interface PreviewDocument {
  steps: PreviewStep[];
  changeSummary: Record<string, number>;
}

/** One stack of our project under the real engine: state, home and world in a folder of its own, the stand-in as its cloud. */
export class EngineStack {
  readonly folder = mkdtempSync(join(tmpdir(), "engine-"));
  readonly project = join(this.folder, "project");
  readonly world = new World(join(this.folder, "world.json"));

  constructor(
    readonly stack: string,
    stackFile = readFileSync(join(root, `stacks/Pulumi.${stack}.yaml`), "utf8"),
  ) {
    mkdirSync(join(this.project, "stacks"), { recursive: true });
    mkdirSync(join(this.folder, "state"));
    cpSync(join(root, "Pulumi.yaml"), join(this.project, "Pulumi.yaml"));
    cpSync(join(root, "stacks/index.js"), join(this.project, "stacks/index.js"));
    for (const name of ["build", "bin", "node_modules", "package.json"])
      symlinkSync(join(root, name), join(this.project, name));
    this.configure(stackFile);
    const { code, output } = this.run(["stack", "init", stack]);
    if (code !== 0) throw new Error(`stack init: ${output}`);
    this.salt = /^encryptionsalt: .*$/m.exec(readFileSync(this.stackFile, "utf8"))?.[0];
  }

  private salt: string | undefined;

  private get stackFile(): string {
    return join(this.project, `stacks/Pulumi.${this.stack}.yaml`);
  }

  /** Writes the stack file, keeping what the engine put there. */
  configure(text: string): void {
    writeFileSync(this.stackFile, this.salt ? `${this.salt}\n${text}` : text);
  }

  /** Writes the dev stack's file with another decision, and other tags and serving settings where they are given. */
  decide(
    decision: Record<string, unknown>,
    tags: Record<string, string> = { environment: "dev" },
    serving: Record<string, unknown> = {},
  ): void {
    const config = {
      "aws:region": "us-east-1",
      "llm-cluster:decision": decision,
      "llm-cluster:tags": tags,
      "llm-cluster:serving": serving,
    };
    this.configure(`config: ${JSON.stringify(config)}\n`);
  }

  run(args: readonly string[], { stdin = "" } = {}): EngineRun {
    const { status, stdout, stderr } = spawnSync("pulumi", [...args, ...this.common(args)], {
      cwd: this.project,
      env: this.environment(),
      input: stdin,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    return { code: status, output: `${stdout}${stderr}` };
  }

  /** Runs and hands back standard output only, which for `--json` is one document. */
  private document(args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync("pulumi", [...args, ...this.common(args)], {
      cwd: this.project,
      env: this.environment(),
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(`pulumi ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  up(...flags: string[]): EngineRun {
    return this.run(["up", "--yes", "--skip-preview", ...flags]);
  }

  preview(...flags: string[]): PreviewDocument {
    return JSON.parse(this.document(["preview", "--json", ...flags])) as PreviewDocument;
  }

  outputs(): Record<string, unknown> {
    return JSON.parse(this.document(["stack", "output", "--json"])) as Record<string, unknown>;
  }

  export(): {
    deployment: {
      resources: { urn: string; type: string; id?: string; custom: boolean }[];
      pending_operations?: unknown[];
    };
  } {
    return JSON.parse(this.document(["stack", "export"]));
  }

  /** What the engine is at, and what it has done, as its state file says while it runs. */
  private checkpoint(): { pending: string[]; done: string[] } {
    try {
      const file = join(this.folder, "state/.pulumi/stacks/llm-cluster", `${this.stack}.json`);
      const { latest } = JSON.parse(readFileSync(file, "utf8")).checkpoint as {
        latest?: { resources?: { urn: string }[]; pending_operations?: { resource: { urn: string } }[] };
      };
      const name = (urn: string) => urn.split("::").at(-1) ?? "";
      return {
        pending: (latest?.pending_operations ?? []).map(({ resource }) => name(resource.urn)),
        done: (latest?.resources ?? []).map(({ urn }) => name(urn)),
      };
    } catch {
      // Not written yet, or just being written.
      return { pending: [], done: [] };
    }
  }

  /** Starts an update and kills it, engine and all, once nothing but the named resource is under way and another is done. */
  async killDuring(args: readonly string[], under: string, after: string): Promise<void> {
    const child = spawn("pulumi", [...args, ...this.common(args)], {
      cwd: this.project,
      env: this.environment(),
      detached: true,
      stdio: "ignore",
    });
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
    let over = false;
    void ended.then(() => {
      over = true;
    });
    for (let at = this.checkpoint(); at.pending.join() !== under || !at.done.includes(after); at = this.checkpoint()) {
      if (over) throw new Error("the update ended before it could be killed");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (child.pid) process.kill(-child.pid, "SIGKILL");
    await ended;
  }

  private common(args: readonly string[]): string[] {
    return args[0] === "stack" && args[1] === "init"
      ? ["--non-interactive"]
      : ["--stack", this.stack, "--non-interactive"];
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PATH: `${join(root, "test/cloud")}${delimiter}${process.env.PATH}`,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "for tests",
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      STANDIN_WORLD: join(this.folder, "world.json"),
    };
  }
}

/** State and world agree: nothing that the engine does not know of, and nothing that only it knows of. */
export function expectNoOrphans(stack: EngineStack): void {
  const inState = stack
    .export()
    .deployment.resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
  expect(inState.map(({ id }) => id).sort()).toEqual(
    stack.world
      .resources()
      .map(({ id }) => id)
      .sort(),
  );
}
