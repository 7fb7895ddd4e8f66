import { publish, pushWeights } from "../support/deployer";
import { all, bootTogether, eventually, someRounds } from "../support/nodeGroups";
import { NodeHost } from "../support/nodeHost";
import { gang } from "../support/plans";

const settings = { LLM_CLUSTER_SILENCE_SECONDS: "6", LLM_CLUSTER_RENEW_SECONDS: "1" };
let nodes: NodeHost[] = [];

afterEach(() => {
  for (const node of nodes) node.close();
});

const head = () => nodes[0] as NodeHost;
const starts = () => nodes.map((node) => node.containers().length);
const ready = (release = 1) => all(nodes, { stage: "ready", release });
const release = (number: number, image?: string) =>
  publish(head(), gang, number, { nodes, readyTimeoutSeconds: 20, ...(image === undefined ? {} : { image }) });

async function boot(): Promise<void> {
  nodes = await bootTogether(3, { nodesPerReplica: 3, settings });
  pushWeights(head(), gang);
  release(1);
  for (const node of nodes) node.live();
  await eventually("all are ready", () => ready());
}

test("the nodes of a replica know their rank, their head and their fabric, and start together", async () => {
  await boot();
  expect(starts()).toEqual([1, 1, 1]);
  for (const [rank, node] of nodes.entries()) {
    const [container = []] = node.containers();
    expect(container.join(" ")).toContain(
      `--nnodes 3 --node-rank ${rank} --master-addr ${head().address} --master-port 29501`,
    );
    expect(container.includes("--headless")).toBe(rank > 0);
    expect(container).toEqual(
      expect.arrayContaining(["/dev/infiniband", "NCCL_NET=AWS Libfabric", "GLOO_SOCKET_IFNAME=ens32"]),
    );
    expect((await node.ask("/ready")).status).toBe(200);
  }
  // systemd must not start one of them alone.
  expect(head().text("etc/systemd/system/llm-cluster-engine.service")).toContain("\nRestart=no\n");
});

test("an engine that stops is one restart of each, and then all rest", async () => {
  await boot();
  nodes[1]?.crashEngine();
  await eventually("all have restarted", () => starts().every((count) => count === 2) && ready());
  await someRounds(nodes);
  expect(starts()).toEqual([2, 2, 2]);
  const sets = await Promise.all(
    nodes.map(async (node) => (await node.ask("/incarnation")).text.match(/^set .*$/m)?.[0]),
  );
  expect(new Set(sets).size).toBe(1);
  // All at once is one restart, too.
  for (const node of nodes) node.reboot();
  await eventually("all are back after a reboot", () => starts().every((count) => count === 3) && ready());
  await someRounds(nodes);
  expect(starts()).toEqual([3, 3, 3]);
});

test("a machine that dies stops the others, which say who is missing, and serve when its place is taken", async () => {
  await boot();
  const dead = nodes[2] as NodeHost;
  dead.close();
  const others = nodes.slice(0, 2);
  await eventually("the others wait", () => all(others, { stage: "gang-waiting" }));
  await eventually("both name it", () => all(others, { reason: `node ${dead.address} (rank 2) does not answer` }));
  expect(others.map((node) => node.has("engine-runs"))).toEqual([false, false]);
  expect((await head().ask("/ready")).status).toBe(503);
  const next = new NodeHost({
    index: 2,
    nodesPerReplica: 3,
    settings,
    helpers: ["ready", "watch"],
    besides: head(),
    replaces: dead,
  });
  nodes[2] = next;
  await next.boot();
  next.live();
  await eventually("all serve again", () => ready());
  await someRounds(nodes);
  expect(starts()).toEqual([2, 2, 1]);
});

test("a release that one node cannot get leaves all at the one before, and is taken when it can", async () => {
  await boot();
  nodes[2]?.trouble("registry-is-away", true);
  release(2, "vllm/vllm-openai:other");
  await eventually("the node says so", () => nodes[2]?.status().stage === "image-failed");
  const reason = `node ${nodes[2]?.address} (rank 2) does not have release 2 yet`;
  await eventually("the head waits for it", () => all([head()], { stage: "waiting-for-replica", reason }));
  expect((await head().ask("/ready")).status).toBe(200);
  expect(starts()).toEqual([1, 1, 1]);
  nodes[2]?.trouble("registry-is-away", false);
  await eventually("all take it", () => ready(2));
  expect(starts()).toEqual([2, 2, 2]);
});

test("a release that does not get ready on the head is left by all, together", async () => {
  await boot();
  head().engineWorks = (args) => !args.includes("vllm/vllm-openai:broken");
  publish(head(), gang, 2, { nodes, image: "vllm/vllm-openai:broken", readyTimeoutSeconds: 2 });
  await eventually("all are back", () => all(nodes, { stage: "ready", release: 1, failedRelease: 2 }));
  const settled = starts();
  await someRounds(nodes);
  expect(starts()).toEqual(settled);
});

test("a member's notice ends the whole replica: requests first, then the head, then the others; a cancelled one brings it back", async () => {
  await boot();
  head().requestsUnderWay = 2;
  const soon = new Date(Date.now() + 10 * 60_000);
  const follower = nodes[1] as NodeHost;
  follower.announced = {
    "events/maintenance/scheduled": [
      {
        NotBefore: soon.toUTCString().slice(5),
        Code: "system-reboot",
        State: "active",
        Description: "scheduled reboot",
      },
    ],
  };
  await eventually("all drain", () => all(nodes, { stage: "draining" }));
  expect(head().status().reason).toContain(`node ${follower.address} (rank 1): system-reboot: scheduled reboot`);
  expect(follower.status().notice).toMatchObject({ kind: "scheduled-event" });
  expect((await head().ask("/ready")).status).toBe(503);
  expect(nodes.map((node) => node.has("engine-runs"))).toEqual([true, true, true]);
  head().requestsUnderWay = 0;
  await eventually("all are drained", () => all(nodes, { stage: "drained" }));
  expect(nodes.map((node) => node.has("engine-runs"))).toEqual([false, false, false]);
  follower.announced = {};
  await eventually("all serve again", () => ready());
  expect(follower.status().notice).toBeNull();
  expect(starts()).toEqual([2, 2, 2]);
});

test("whatever fails in whatever order, all come to serve together, and then rest", async () => {
  await boot();
  // Each while the others are still at what came before.
  const failures: [number, "crash" | "reboot"][] = [
    [2, "crash"],
    [0, "reboot"],
    [1, "crash"],
    [1, "reboot"],
    [0, "crash"],
    [2, "reboot"],
  ];
  for (const [rank, failure] of failures) {
    const node = nodes[rank] as NodeHost;
    const before = node.systemctlCalls().length;
    if (failure === "crash") node.crashEngine();
    else node.reboot();
    await eventually("it notices", () => node.systemctlCalls().length > before);
  }
  await eventually("all serve", () => ready() && nodes.every((node) => node.has("engine-runs")));
  await someRounds(nodes);
  const settled = starts();
  await someRounds(nodes);
  expect(starts()).toEqual(settled);
  // No more starts of a node than failures that it can have seen.
  for (const count of settled) expect(count).toBeLessThanOrEqual(1 + failures.length);
  const sets = await Promise.all(nodes.map((node) => node.ask("/incarnation")));
  expect(new Set(sets.map(({ text }) => text.match(/^set .*$/m)?.[0])).size).toBe(1);
});
