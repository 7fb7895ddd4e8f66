import { publish, pushWeights } from "../support/deployer";
import { all, eventually } from "../support/nodeGroups";
import { NodeHost } from "../support/nodeHost";
import { singleNode } from "../support/plans";
import { publishTraining, trainedWeights } from "../support/trainingDeployer";

let node: NodeHost;

afterEach(() => node.close());

const iso = (secondsFromNow: number) => new Date(Date.now() + secondsFromNow * 1000).toISOString().replace(/\.\d+/, "");
async function serve(settings: Record<string, string> = {}, capacityEndsAt?: string): Promise<void> {
  node = new NodeHost({ index: 0, helpers: ["ready", "watch"], settings });
  await node.boot();
  pushWeights(node, singleNode);
  publish(node, singleNode, 1, { readyTimeoutSeconds: 20, surroundings: { capacityEndsAt } });
  node.live();
}

const stage = (name: string) => eventually(name, () => all([node], { stage: name }));
const isReady = async () => (await node.ask("/ready")).status === 200;

test("a spot notice withdraws readiness at once, lets requests end until shortly before, and then stops the engine", async () => {
  await serve();
  await stage("ready");
  node.requestsUnderWay = 1;
  const at = iso(25);
  node.announced = { "spot/instance-action": { action: "terminate", time: at } };
  await stage("draining");
  expect(await isReady()).toBe(false);
  expect(node.has("engine-runs")).toBe(true);
  expect(node.status().notice).toEqual({ kind: "spot", at, what: "AWS will terminate this spot instance" });
  // The request never ends; twenty seconds before the machine does, the engine is stopped.
  await stage("drained");
  expect(Date.now()).toBeLessThan(Date.parse(at) - 5_000);
  expect(node.has("engine-runs")).toBe(false);
  // It is not started again while the notice holds, whatever the agent is asked.
  const starts = node.containers().length;
  publish(node, singleNode, 2, { readyTimeoutSeconds: 20 });
  await eventually("the next release says so, too", () => all([node], { stage: "drained", release: 2 }));
  expect(node.containers()).toHaveLength(starts);
});

test("load balancers get time to see it, even when nothing is under way", async () => {
  await serve({ LLM_CLUSTER_GRACE_SECONDS: "600" });
  await stage("ready");
  node.announced = { "spot/instance-action": { action: "stop", time: iso(22) } };
  await stage("draining");
  expect(node.has("engine-runs")).toBe(true);
  await stage("drained");
});

test("the end of a capacity block drains from forty minutes before, and is announced the day before", async () => {
  await serve({}, iso(35 * 60));
  await stage("drained");
  expect(node.containers()).toHaveLength(0);
  expect(node.status()).toMatchObject({
    reason: expect.stringContaining("the capacity block ends"),
    notice: { kind: "capacity-end" },
  });
  // Extended: the release says so, and the machine serves on.
  publish(node, singleNode, 2, { readyTimeoutSeconds: 20, surroundings: { capacityEndsAt: iso(12 * 3600) } });
  await eventually("it serves on", () => all([node], { stage: "ready", release: 2 }));
  expect(node.status().notice).toMatchObject({ kind: "capacity-end" });
});

test("a recommendation is reported, and nothing is done", async () => {
  await serve();
  await stage("ready");
  node.announced = { "events/recommendations/rebalance": { noticeTime: iso(0) } };
  await eventually("it is reported", () => (node.status().notice as { kind?: string } | null)?.kind === "rebalance");
  expect(node.status()).toMatchObject({ stage: "ready", notice: { at: null } });
  expect(await isReady()).toBe(true);
});

test("an engine that stops answering is said to be unhealthy, and ready when it is back", async () => {
  await serve({ LLM_CLUSTER_SICK_SECONDS: "1" });
  await stage("ready");
  node.engineWorks = () => false;
  await stage("unhealthy");
  node.engineWorks = () => true;
  await stage("ready");
  expect(node.containers()).toHaveLength(1);
});

test("a run is told by a file, and goes on", async () => {
  node = new NodeHost({ index: 0, helpers: ["watch"] });
  await node.boot();
  trainedWeights(node);
  publishTraining(node, 1, { nodes: 1, surroundings: { capacityEndsAt: iso(3600) } });
  await node.tick();
  await eventually("the run can read it", () => node.has("nvme/checkpoints/notice.json"));
  expect(JSON.parse(node.text("nvme/checkpoints/notice.json"))).toMatchObject({ kind: "capacity-end" });
  await eventually("it is reported", () => node.status().notice !== null);
  expect(node.status()).toMatchObject({ stage: "ready", notice: { kind: "capacity-end" } });
  expect(node.systemctlCalls()).not.toMatch(/stop .*training/);
});
