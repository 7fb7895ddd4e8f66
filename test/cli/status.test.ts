import { type StatusOptions, status } from "../../cli/commands/status";
import type { World } from "../../cli/store/world";
import { dev, projectWith, stackText } from "../support/projects";
import { S3Server } from "../support/s3Server";

const s3 = new S3Server();
const printed: string[] = [];
const waits: number[] = [];
const now = Date.parse("2026-11-23T12:00:00Z");
// Two machines of eight GPUs a replica, and two replicas.
const gang = {
  model: "deepseek-v3",
  contextLength: 131_072,
  concurrency: 8,
  zone: "use1-az6",
  machine: "p5.48xlarge",
  overrides: { nodes: 4 },
};
const stackFile = projectWith("Pulumi.dev.yaml", stackText(dev));
const gangFile = projectWith("Pulumi.gang.yaml", stackText(gang));

beforeAll(() => s3.start());
afterAll(() => s3.stop());
beforeEach(() => {
  s3.clear();
  printed.length = waits.length = 0;
  process.exitCode = undefined;
  jest.spyOn(console, "log").mockImplementation((line) => void printed.push(String(line)));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
});

const world: World = {
  env: {},
  sleep: async (milliseconds) => void waits.push(milliseconds),
  now: () => now,
  s3: (region) => s3.client(region),
  progress: { isTerminal: false, columns: 80, write: () => undefined },
  onInterrupt: () => () => undefined,
  run: async () => s3.bucket,
};

async function run(options: StatusOptions = {}, file = stackFile, other: Partial<World> = {}): Promise<string> {
  await status(file, { bucket: s3.bucket, ...options }, { ...world, ...other });
  return printed.join("\n");
}

const ready = {
  stage: "ready",
  reason: "",
  since: "2026-11-23T09:55:00Z",
  release: 1,
  failedRelease: null,
  instanceId: "i-0123456789abcdef0",
  updated: "2026-11-23T11:58:00Z",
  notice: null,
};

function report(place: string, changes: object = {}, prefix = ""): void {
  s3.putText(`${prefix}status/${place}.json`, JSON.stringify({ ...ready, ...changes }));
}

const row = (said: string, node: string) => said.split("\n").find((line) => line.startsWith(`${node} `)) ?? "";

test("a node that is ready: its stage, since when, release and instance", async () => {
  report("0/rank-0");
  const said = await run();
  expect(row(said, "node-0").split(/ {2,}/)).toEqual([
    "node-0",
    "0/0",
    "ready",
    "2 h 05 min ago",
    "1",
    "i-0123456789abcdef0",
  ]);
  expect(said).toContain("1 of 1 replicas ready at release 1");
});

test("a report without what newer agents add is as good as one with it", async () => {
  const { stage, reason, since, release, failedRelease, instanceId } = ready;
  s3.putText("status/0/rank-0.json", JSON.stringify({ stage, reason, since, release, failedRelease, instanceId }));
  expect(await run()).toContain("1 of 1 replicas ready");
});

test("a node that never reported has no report, and its replica is not ready", async () => {
  const said = await run();
  expect(row(said, "node-0")).toMatch(/^node-0 +0\/0 +no report$/);
  expect(said).toContain("0 of 1 replicas ready");
  expect(said).toContain("1 node without a report");
});

test("nodes are in the order of replica and rank, and a replica is ready when all its members are", async () => {
  for (const place of ["0/rank-0", "0/rank-1", "1/rank-0"]) report(place);
  report("1/rank-1", { stage: "gang-waiting", reason: "node 10.0.4.2 (rank 0) does not answer" });
  const said = await run({}, gangFile);
  const places = said.split("\n").flatMap((line) => /^node-(\d) +(\d\/\d)/.exec(line)?.slice(1).join(" ") ?? []);
  expect(places).toEqual(["0 0/0", "1 0/1", "2 1/0", "3 1/1"]);
  expect(row(said, "node-3")).toContain("gang-waiting");
  expect(row(said, "node-3")).toContain("node 10.0.4.2 (rank 0) does not answer");
  expect(said).toContain("1 of 2 replicas ready");
});

test("a report that is older than 15 minutes is stale, and a node that may be gone is not ready", async () => {
  report("0/rank-0", { updated: "2026-11-23T11:44:59Z" });
  const said = await run();
  expect(row(said, "node-0")).toContain("STALE: last wrote 15 min ago");
  expect(said).toContain("0 of 1 replicas ready");
  expect(said).toContain("1 node stale");
  report("0/rank-0", { updated: "2026-11-23T11:45:00Z" });
  printed.length = 0;
  expect(await run()).toContain("1 of 1 replicas ready");
});

test("a node that serves another release is not ready for this one; a release that failed is named", async () => {
  const text = `${stackText(dev).trimEnd().slice(0, -1)},"llm-cluster:serving":{"release":3}}\n`;
  report("0/rank-0", { release: 2, failedRelease: 3 });
  const said = await run({}, projectWith("Pulumi.dev.yaml", text));
  expect(said).toContain("0 of 1 replicas ready at release 3");
  expect(said).toContain("1 node at another release than the stack file's, 3");
  expect(row(said, "node-0")).toContain("release 3 failed");
});

test("what is about to happen to a machine is shown", async () => {
  const notice = { kind: "spot", at: "2026-11-23T12:02:00Z", what: "the machine is taken back" };
  report("0/rank-0", { stage: "draining", reason: "spot", notice });
  const line = row(await run(), "node-0");
  expect(line).toContain("spot at 2026-11-23T12:02:00Z");
  expect(line).toContain("the machine is taken back");
});

test("reports of nodes that the plan does not have are named, and count for nothing", async () => {
  report("0/rank-0");
  report("7/rank-0", { stage: "failed" });
  const said = await run();
  expect(said).toContain("reports of nodes that the plan does not have: status/7/rank-0.json");
  expect(said).toContain("1 of 1 replicas ready");
});

test.each(["", "{", "null", "[]", '{"stage":7}'])("a report that is none, %j, is shown as such", async (text) => {
  s3.putText("status/0/rank-0.json", text);
  expect(row(await run(), "node-0")).toContain("unreadable");
});

test("a report does not steer the terminal", async () => {
  report("0/rank-0", { reason: "red \u001b[31m and a\nline", stage: "st\u0007age" });
  const said = await run();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(said.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f]/);
  expect(row(said, "node-0")).toContain("a line");
});

test("in a bucket that was brought along reports stand under the cluster's own prefix", async () => {
  const storage = `"llm-cluster:storage":{"bucket":"${s3.bucket}"}`;
  const file = projectWith("Pulumi.dev.yaml", `${stackText(dev).trimEnd().slice(0, -1)},${storage}}\n`);
  report("0/rank-0", { stage: "failed" });
  report("0/rank-0", {}, "clusters/llm-cluster-dev-llm/");
  expect(await run({ bucket: undefined }, file)).toContain("1 of 1 replicas ready");
});

test("the bucket is what Pulumi says that the stack has", async () => {
  report("0/rank-0");
  const run2 = async (_: string, args: readonly string[]) =>
    args.join(" ") === "stack output modelStore --stack dev" ? s3.bucket : "x";
  expect(await run({ bucket: undefined }, stackFile, { run: run2 })).toContain("1 of 1 replicas ready");
});

test("a cluster that trains is ready while a run is under way", async () => {
  const decision = { model: "llama-3.1-8b", workload: "lora", zone: "use1-az6" };
  const training = `"llm-cluster:training":{"image":"acme/train:1"}`;
  const file = projectWith("Pulumi.dev.yaml", `${stackText(decision).trimEnd().slice(0, -1)},${training}}\n`);
  report("0/rank-0", { stage: "training-running" });
  expect(await run({}, file)).toContain("1 of 1 replicas ready");
});

describe("--json", () => {
  test("is one document with every node, its report as it was read, and the sums", async () => {
    for (const place of ["0/rank-0", "0/rank-1"]) report(place);
    const document = JSON.parse(await run({ json: true }, gangFile));
    expect(document).toMatchObject({
      stack: "gang",
      release: 1,
      ready: false,
      replicas: 2,
      readyReplicas: 1,
      strays: [],
    });
    expect(document.nodes).toHaveLength(4);
    expect(document.nodes[1]).toMatchObject({ node: "node-1", replica: 0, rank: 1, ready: true, stale: false });
    expect(document.nodes[1].report).toMatchObject({ stage: "ready", release: 1, instanceId: ready.instanceId });
    expect(document.nodes[3].report).toBeNull();
  });
});

describe("--check", () => {
  test.each([
    ["ready", 0],
    ["starting", 1],
  ])(
    "with a node that is %s exits with %i; without it the exit code says only whether it could be read",
    async (stage, code) => {
      report("0/rank-0", { stage });
      await run();
      expect(process.exitCode ?? 0).toBe(0);
      await run({ check: true });
      expect(process.exitCode ?? 0).toBe(code);
    },
  );
});

describe("--watch", () => {
  test("looks again every 15 seconds until all are ready", async () => {
    report("0/rank-0", { stage: "fetching-weights" });
    const sleep = async (milliseconds: number) => {
      waits.push(milliseconds);
      if (waits.length === 3) report("0/rank-0");
    };
    const said = await run({ watch: true }, stackFile, { sleep });
    expect(waits).toEqual([15_000, 15_000, 15_000]);
    expect(said.match(/fetching-weights/g)).toHaveLength(3);
    expect(said).toMatch(/1 of 1 replicas ready at release 1$/);
  });

  test("as JSON prints one document, the last", async () => {
    report("0/rank-0", { stage: "starting" });
    const said = await run({ watch: true, json: true }, stackFile, { sleep: async () => report("0/rank-0") });
    expect(JSON.parse(said)).toMatchObject({ ready: true });
  });
});

test("a bucket that cannot be read is an error", async () => {
  await expect(run({ bucket: "another-bucket" })).rejects.toThrow(/there is no bucket another-bucket\. Fix: /);
});

test("a stack file whose decision is wrong lists what is wrong", async () => {
  const file = projectWith("Pulumi.dev.yaml", stackText({ ...dev, model: "lama-3.1-8b" }));
  await expect(run({}, file)).rejects.toThrow(/decision\.model: .*did you mean/);
});

test("a stack that does not fit has no nodes to report", async () => {
  const file = projectWith(
    "Pulumi.dev.yaml",
    stackText({
      model: "llama-3.1-405b",
      precision: "bf16",
      zone: "use1-az6",
      machine: "p5.4xlarge",
      overrides: { nodes: 1 },
    }),
  );
  await expect(run({}, file)).rejects.toThrow(/does not fit/);
});
