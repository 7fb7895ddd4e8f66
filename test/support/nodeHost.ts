import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { renderUserData } from "../../serving/userData";

/** Who a node is, as its instance metadata says. */
export interface Identity {
  index: number;
  nodesPerReplica?: number;
}

/**
 * One node on this machine: the real scripts under the real bash, curl and coreutils, with folders of its own. Stand-ins
 * on PATH take the place of what a machine without cloud and GPU lacks: `aws` keeps the store in a folder, `docker`
 * notes what it was asked to run, `systemctl` runs the unit that it is told to restart. Metadata service and engine are
 * one small server, which is healthy as long as the last container was one that it knows.
 */
export class NodeHost {
  readonly root = mkdtempSync(join(tmpdir(), "node-"));
  readonly store = join(this.root, "store");
  readonly home = join(this.root, "opt/llm-cluster");
  /** Whether the engine answers, given the arguments of the last `docker run`. */
  engineWorks: (args: string[]) => boolean = () => true;
  /** Whether it answers a request for a token. */
  answersRequests = true;
  /** The names that another node's engine, the head's, goes by; unset when this node's own engine is asked. */
  headServes: string[] | undefined;
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly identity: Identity) {}

  /** Starts the metadata service and engine, writes the stand-ins, and boots: runs the user data. */
  async boot(): Promise<void> {
    this.server = createServer((request, response) =>
      this.answer(request.method ?? "", request.url ?? "", request.headers, response),
    );
    await new Promise<void>((resolve) => this.server?.listen(0, "127.0.0.1", resolve));
    this.port = (this.server.address() as AddressInfo).port;
    this.writeStandIns();
    const stub = join(this.root, "user-data.sh");
    writeFileSync(stub, renderUserData({ bucket: "store", prefix: "", region: "us-east-1" }));
    const { code, output } = await this.run([stub]);
    if (code !== 0) throw new Error(`user data: ${output}`);
  }

  close(): void {
    this.server?.close();
  }

  get enginePort(): number {
    return this.port;
  }

  /** One tick of the agent's timer. */
  async tick(): Promise<{ code: number; output: string }> {
    const environment = readFileSync(join(this.home, "agent.env"), "utf8");
    // As systemd reads an environment file: one assignment a line, quotes taken off.
    const variables = Object.fromEntries(
      [...environment.matchAll(/^(\w+)=(['"]?)(.*)\2$/gm)].map(([, name = "", , value = ""]) => [name, value]),
    );
    return this.run([join(this.home, "agent.sh")], variables);
  }

  reboot(): void {
    writeFileSync(join(this.root, "boot_id"), `boot-${Math.random()}\n`);
  }

  /** Breaks or mends something: `s3-is-down`, `no-secret`, `run-under-way`, `image-gone`. */
  trouble(what: string, on: boolean): void {
    const file = join(this.root, what);
    if (on) writeFileSync(file, "");
    else rmSync(file, { force: true });
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

  read(key: string): string | undefined {
    const file = join(this.store, key);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  /** What the node reported last. */
  status(): Record<string, unknown> {
    const { index, nodesPerReplica = 1 } = this.identity;
    const place = `${Math.floor(index / nodesPerReplica)}/rank-${index % nodesPerReplica}`;
    return JSON.parse(this.read(`status/${place}.json`) ?? "{}");
  }

  /** Calls the command that a training release has put in place. */
  train(...words: string[]): Promise<{ code: number; output: string }> {
    return this.run([join(this.root, "usr/local/bin/llm-cluster-train"), ...words]);
  }

  /** What Docker was told: to log in to, to pull, to remove. */
  told(what: "login" | "pull" | "removed"): string {
    const log = join(this.root, `${what}.log`);
    return existsSync(log) ? readFileSync(log, "utf8") : "";
  }

  /** Whether a file of the node's is there. */
  has(file: string): boolean {
    return existsSync(join(this.root, file));
  }

  /** What systemd was told. */
  systemctlCalls(): string {
    const log = join(this.root, "systemctl.log");
    return existsSync(log) ? readFileSync(log, "utf8") : "";
  }

  /** Arguments of every `docker run` so far. */
  containers(): string[][] {
    const log = join(this.root, "docker.log");
    if (!existsSync(log)) return [];
    const runs = readFileSync(log, "utf8").split("\0\0");
    return runs.filter((run) => run !== "").map((run) => run.split("\0"));
  }

  private run(command: string[], variables: Record<string, string> = {}): Promise<{ code: number; output: string }> {
    const env = {
      ...variables,
      HOME: this.root,
      PATH: `${join(this.root, "bin")}:${process.env.PATH}`,
      LLM_CLUSTER_ROOT: this.root,
      LLM_CLUSTER_HOME: this.home,
      LLM_CLUSTER_UNITS: join(this.root, "etc/systemd/system"),
      LLM_CLUSTER_NVME: join(this.root, "nvme"),
      LLM_CLUSTER_BOOT_ID: join(this.root, "boot_id"),
      LLM_CLUSTER_IMDS: `http://127.0.0.1:${this.port}`,
      LLM_CLUSTER_POLL_SECONDS: "0.05",
      STORE: this.store,
      NODE_ROOT: this.root,
    };
    return new Promise((resolve, reject) => {
      const child = spawn("bash", command, { env, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? -1, output }));
    });
  }

  private answer(
    method: string,
    url: string,
    headers: NodeJS.Dict<string | string[]>,
    response: import("node:http").ServerResponse,
  ): void {
    const metadata: Record<string, string> = {
      "instance-id": "i-0123456789abcdef0",
      "local-ipv4": "127.0.0.1",
      "tags/instance/llm-cluster-index": String(this.identity.index),
    };
    const send = (status: number, body = "") => response.writeHead(status).end(body);
    const authorized = headers.authorization === "Bearer the-key";
    const asked = url.replace("/latest/meta-data/", "");
    if (url === "/latest/api/token") send(method === "PUT" ? 200 : 405, "token");
    else if (asked in metadata) send(headers["x-aws-ec2-metadata-token"] === "token" ? 200 : 401, metadata[asked]);
    else if (url === "/v1/models")
      send(
        !this.works() ? 503 : authorized ? 200 : 401,
        JSON.stringify({ data: this.servedNames().map((id) => ({ id })) }),
      );
    else if (url === "/v1/completions") send(!this.answersRequests ? 500 : authorized ? 200 : 401, "{}");
    else send(404);
  }

  private servedNames(): string[] {
    const words = this.containers().at(-1) ?? [];
    const from = words.indexOf("--served-model-name") + 1;
    const names = words.slice(
      from,
      words.findIndex((word, index) => index > from && word.startsWith("--")),
    );
    return this.headServes ?? names;
  }

  private works(): boolean {
    const last = this.containers().at(-1);
    return last !== undefined && this.engineWorks(last);
  }

  private writeStandIns(): void {
    const bin = join(this.root, "bin");
    for (const folder of [bin, this.store, join(this.root, "nvme")]) mkdirSync(folder, { recursive: true });
    this.reboot();
    for (const [name, text] of Object.entries(standIns)) {
      writeFileSync(join(bin, name), `#!/usr/bin/env bash\nset -euo pipefail\n${text}`);
      chmodSync(join(bin, name), 0o755);
    }
  }
}

const standIns: Record<string, string> = {
  aws: `
words=()
while (($#)); do case $1 in --region | --secret-id | --query | --output) shift 2 ;; --*) shift ;; *) words+=("$1"); shift ;; esac; done
path() { echo "$STORE/\${1#s3://store/}"; }
case "\${words[*]:0:2}" in
  "s3 cp")
    from=\${words[2]} to=\${words[3]}
    if [[ $from == s3://* ]]; then [[ $to == - ]] && cat "$(path "$from")" || cp "$(path "$from")" "$to"
    else mkdir -p "$(dirname "$(path "$to")")" && cat >"$(path "$to")"; fi ;;
  "s3 sync") if [[ -e $NODE_ROOT/s3-is-down ]]; then exit 1; fi; from=$(path "\${words[2]}"); if [[ -d $from ]]; then cp -r "$from/." "\${words[3]}"; fi ;;
  "ecr get-login-password") echo the-password ;;
  "secretsmanager get-secret-value") [[ ! -e $NODE_ROOT/no-secret ]] && echo the-key ;;
  *) echo "aws stand-in: \${words[*]}" >&2; exit 2 ;;
esac`,
  docker: `
case $1 in
  run) shift; { printf '%s\\0' "$@"; printf '\\0'; } >>"$NODE_ROOT/docker.log" ;;
  pull) echo "$*" >>"$NODE_ROOT/pull.log"; [[ $* != *missing-image* ]] ;;
  image) if [[ $2 == prune ]]; then echo "$*" >>"$NODE_ROOT/prune.log"; else [[ ! -e $NODE_ROOT/image-gone ]]; fi ;;
  rmi) echo "$2" >>"$NODE_ROOT/removed.log" ;;
  ps) if [[ -e $NODE_ROOT/run-under-way ]]; then echo 0123456789ab; fi ;;
  login) cat >/dev/null; echo "$*" >>"$NODE_ROOT/login.log" ;;
  logs) echo "loss 1.0" ;;
  wait) echo 3 ;;
esac`,
  blkid: "exit 0\n",
  systemctl: `
echo "$*" >>"$NODE_ROOT/systemctl.log"
if [[ $1 == restart ]]; then
  unit=$LLM_CLUSTER_UNITS/$2
  export $(sed -n 's/^Environment=//p' "$unit")
  bash "$(sed -n 's/^ExecStart=//p' "$unit")"
fi`,
  mountpoint: "exit 0\n",
  ip: 'echo "default via 10.0.0.1 dev ens32 proto dhcp"\n',
};
