import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { renderUserData } from "../../serving/userData";
import { type Announced, startNodeServer } from "./nodeServer";
import { huggingFaceHub, runAgent, standIns } from "./nodeStandIns";

/** Who a node is, as its instance metadata says, and how much of it is run. */
export interface Identity {
  index: number;
  nodesPerReplica?: number;
  /** Which helpers really run beside the engine; default none. */
  helpers?: readonly ("ready" | "watch" | "metrics")[];
  /** Environment of the scripts: times that a test cannot wait for. */
  settings?: Record<string, string>;
  /** A node whose model store and secrets this one shares. */
  besides?: NodeHost;
  /** A machine that this one takes the place of, with its address. */
  replaces?: NodeHost;
}

interface Outcome {
  code: number;
  output: string;
}

/** Port of every engine: nodes differ by their address, as in a cluster. */
const enginePort = 8000;
let hosts = 0;

/** An address of this machine's own that no other node has, in this process or another. */
function ownAddress(): string {
  hosts += 1;
  return `127.${1 + (process.pid % 250)}.${1 + (Math.floor(process.pid / 250) % 250)}.${hosts}`;
}

/**
 * One node on this machine: the real scripts under the real bash, python3, curl and coreutils, with folders and an address of
 * its own. Stand-ins on PATH take the place of what a machine without cloud and GPU lacks: `aws` keeps the store in a folder,
 * `docker` notes what it was asked to run, `systemctl` runs the units that it is told to restart. Metadata service and engine
 * are one small server; the engine answers as long as its unit runs and the last container was one that it knows.
 */
export class NodeHost {
  readonly root = mkdtempSync(join(tmpdir(), "node-"));
  readonly address: string;
  readonly enginePort = enginePort;
  readonly home = join(this.root, "opt/llm-cluster");
  readonly store: string;
  readonly index: number;
  /** Whether the engine answers, given the arguments of the last `docker run`. */
  engineWorks: (args: string[]) => boolean = () => true;
  /** Whether it answers a request for a token. */
  answersRequests = true;
  requestsUnderWay = 0;
  announced: Announced = {};
  private server: Server | undefined;
  private living = false;

  constructor(private readonly identity: Identity) {
    this.index = identity.index;
    this.address = identity.replaces?.address ?? ownAddress();
    this.store = identity.besides?.store ?? join(this.root, "store");
  }

  /** Starts the metadata service and engine, writes the stand-ins, and boots: runs the user data. */
  async boot(): Promise<void> {
    this.server = await startNodeServer(this, enginePort);
    this.writeStandIns();
    const stub = join(this.root, "user-data.sh");
    writeFileSync(stub, renderUserData({ bucket: "store", prefix: "", region: "us-east-1" }));
    const { code, output } = await this.run([stub]);
    if (code !== 0) throw new Error(`user data: ${output}`);
  }

  /** The machine is gone: nothing of it runs or answers any more. */
  close(): void {
    this.living = false;
    this.stopAll();
    this.server?.close();
    this.server?.closeAllConnections();
  }

  /** One tick of the agent's timer. */
  tick(): Promise<Outcome> {
    return this.run([join(this.root, "run-agent")]);
  }

  /** Ticks, like the timer, until the node is closed. */
  live(): void {
    this.living = true;
    const next = async () => {
      if (!this.living) return;
      await this.tick();
      setTimeout(next, 100);
    };
    void next();
  }

  /** Local disks and the store's pointer stay; what runs and what is kept until the next boot does not. */
  reboot(): void {
    this.stopAll();
    this.crashEngine();
    rmSync(join(this.root, "run"), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    writeFileSync(join(this.root, "boot_id"), `boot-${Math.random()}\n`);
  }

  crashEngine(): void {
    rmSync(join(this.root, "engine-runs"), { force: true });
  }

  /** Breaks or mends something: `s3-is-down`, `no-secret`, `run-under-way`, `image-gone`, ... (nodeStandIns.ts). */
  trouble(what: string, on: boolean): void {
    const file = join(this.root, what);
    if (on) writeFileSync(file, "");
    else rmSync(file, { force: true });
  }

  setSecret(id: string, text: string): void {
    const file = join(this.store, "../secrets", id);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }

  /** Permissions of a file of the node's. */
  modeOf(file: string): number {
    return statSync(join(this.root, file)).mode & 0o777;
  }

  put(key: string, content: string): void {
    const file = join(this.store, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  /** What the node reported last. */
  status(): Record<string, unknown> {
    const { index, nodesPerReplica = 1 } = this.identity;
    const place = `${Math.floor(index / nodesPerReplica)}/rank-${index % nodesPerReplica}`;
    const file = join(this.store, `status/${place}.json`);
    return JSON.parse(existsSync(file) ? readFileSync(file, "utf8") : "{}");
  }

  /** Calls the command that a training release has put in place. */
  train(...words: string[]): Promise<Outcome> {
    return this.run([join(this.root, "usr/local/bin/llm-cluster-train"), ...words]);
  }

  /** A file of the node's, empty when it is not there. */
  text(file: string): string {
    const path = join(this.root, file);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** What Docker was told: to log in to, to pull, to remove. */
  told(what: "login" | "pull" | "removed"): string {
    return this.text(`${what}.log`);
  }

  /** Whether a file of the node's is there. */
  has(file: string): boolean {
    return existsSync(join(this.root, file));
  }

  /** What systemd was told. */
  systemctlCalls(): string {
    return this.text("systemctl.log");
  }

  /** Arguments of every `docker run` of a container so far; the engine's and a training run's, unless told otherwise. */
  containers(...names: string[]): string[][] {
    const wanted = names.length > 0 ? names : ["llm-cluster-engine", "llm-cluster-training"];
    const runs = wanted.flatMap((name) => this.text(`${name}.runs`).split("\0\0"));
    return runs.filter((run) => run !== "").map((run) => run.split("\0"));
  }

  /** Asks the readiness server. */
  async ask(path: string): Promise<{ status: number; text: string }> {
    try {
      // As a load balancer's: a server that is exchanged at this moment may leave a connection without an answer.
      const answer = await fetch(`http://${this.address}:8090${path}`, { signal: AbortSignal.timeout(6_000) });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return { status: 0, text: "" };
    }
  }

  serves(): boolean {
    const last = this.containers("llm-cluster-engine").at(-1);
    return last !== undefined && this.has("engine-runs") && !last.includes("--headless") && this.engineWorks(last);
  }

  key(): string | undefined {
    return this.text("llm-cluster-engine.env").match(/^VLLM_API_KEY=(.*)$/m)?.[1];
  }

  servedNames(): string[] {
    const words = this.containers("llm-cluster-engine").at(-1) ?? [];
    const from = words.indexOf("--served-model-name") + 1;
    return words.slice(
      from,
      words.findIndex((word, index) => index > from && word.startsWith("--")),
    );
  }

  /** Ends the helpers and whatever the agent is at, each a process group that this node has started. */
  private stopAll(): void {
    const agents = join(this.root, "agents");
    const groups = existsSync(agents) ? readdirSync(agents) : [];
    for (const name of ["ready", "watch", "metrics"]) {
      groups.push(this.text(`${name}.pid`));
      rmSync(join(this.root, `${name}.pid`), { force: true });
    }
    for (const group of groups) {
      try {
        if (Number(group) > 0) process.kill(-Number(group), "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    rmSync(agents, { recursive: true, force: true });
  }

  private run(command: string[]): Promise<Outcome> {
    const env = {
      HOME: this.root,
      // The distribution's python3 is what a node has, and starts faster than a version manager's.
      PATH: `${join(this.root, "bin")}:/usr/bin:${process.env.PATH}`,
      LLM_CLUSTER_ROOT: this.root,
      LLM_CLUSTER_HOME: this.home,
      LLM_CLUSTER_RUN: join(this.root, "run"),
      LLM_CLUSTER_UNITS: join(this.root, "etc/systemd/system"),
      LLM_CLUSTER_NVME: join(this.root, "nvme"),
      LLM_CLUSTER_LUSTRE: join(this.root, "fsx"),
      LLM_CLUSTER_BOOT_ID: join(this.root, "boot_id"),
      LLM_CLUSTER_IMDS: `http://${this.address}:${enginePort}`,
      LLM_CLUSTER_POLL_SECONDS: "0.05",
      LLM_CLUSTER_WATCH_SECONDS: "0.2",
      LLM_CLUSTER_GRACE_SECONDS: "0",
      LLM_CLUSTER_KEY_SECONDS: "0",
      LLM_CLUSTER_ANSWER_SECONDS: "1",
      STORE: this.store,
      NODE_ROOT: this.root,
      NODE_HELPERS: (this.identity.helpers ?? []).join(" "),
      ...this.identity.settings,
    };
    return new Promise((resolve, reject) => {
      const child = spawn("bash", command, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? -1, output }));
    });
  }

  private writeStandIns(): void {
    const bin = join(this.root, "bin");
    for (const folder of ["bin", "nvme", "hub/huggingface_hub"])
      mkdirSync(join(this.root, folder), { recursive: true });
    mkdirSync(this.store, { recursive: true });
    if (this.identity.besides === undefined) this.setSecret("key", "the-key");
    this.reboot();
    const programs = Object.entries(standIns).map(([name, text]) => [join(bin, name), text] as const);
    for (const [file, text] of [...programs, [join(this.root, "run-agent"), runAgent] as const]) {
      writeFileSync(file, `#!/usr/bin/env bash\nset -euo pipefail\n${text}`);
      chmodSync(file, 0o755);
    }
    for (const [name, text] of Object.entries(huggingFaceHub)) {
      writeFileSync(join(this.root, "hub/huggingface_hub", name), text);
    }
  }
}
