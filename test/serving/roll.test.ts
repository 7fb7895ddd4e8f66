import { publish, pushWeights } from "../support/deployer";
import { all, bootTogether, eventually } from "../support/nodeGroups";
import type { NodeHost } from "../support/nodeHost";
import { singleNode } from "../support/plans";

const other = "vllm/vllm-openai:other";
let nodes: NodeHost[] = [];

afterEach(() => {
  for (const node of nodes) node.close();
});

const first = () => nodes[0] as NodeHost;
const later = () => nodes.slice(1);
const readiness = async () =>
  (await Promise.all(nodes.map((node) => node.ask("/ready")))).map(({ status }) => status === 200);
const keys = () => nodes.map((node) => node.key());

async function boot(): Promise<void> {
  nodes = await bootTogether(3, {});
  pushWeights(first(), singleNode);
  publish(first(), singleNode, 1, { nodes, readyTimeoutSeconds: 20 });
  for (const node of nodes) node.live();
  await eventually("all serve", () => all(nodes, { stage: "ready", release: 1 }));
}

test("a new release goes from replica to replica: each keeps serving until the one before serves it", async () => {
  await boot();
  let works = false;
  first().engineWorks = (args) => works || !args.includes(other);
  publish(first(), singleNode, 2, { nodes, image: other, readyTimeoutSeconds: 60 });
  await eventually(
    "the first has let go, the others wait",
    () => first().containers().length === 2 && all(later(), { stage: "waiting-for-replica" }),
  );
  expect(nodes[1]?.status().reason).toContain(`replica 0 (${first().address}) does not serve release 2`);
  expect(await readiness()).toEqual([false, true, true]);
  expect(later().map((node) => node.containers().length)).toEqual([1, 1]);
  // What the new release needs is on all of them already.
  for (const node of nodes) expect(node.told("pull")).toContain(other);
  works = true;
  await eventually("all serve it", () => all(nodes, { stage: "ready", release: 2 }));
  expect(await readiness()).toEqual([true, true, true]);
});

test("a release that the first replica has left is not tried on the others", async () => {
  await boot();
  first().engineWorks = (args) => !args.includes(other);
  publish(first(), singleNode, 2, { nodes, image: other, readyTimeoutSeconds: 5 });
  await eventually("the first is back at what works", () =>
    all([first()], { stage: "ready", release: 1, failedRelease: 2 }),
  );
  await eventually("the others say why they stay", () =>
    later().every((node) => String(node.status().reason).includes("so it is not tried here")),
  );
  expect(await readiness()).toEqual([true, true, true]);
  expect(later().map((node) => node.containers().length)).toEqual([1, 1]);
});

test("a dead replica stops the others for its time to get ready, and no longer", async () => {
  await boot();
  first().close();
  publish(nodes[1] as NodeHost, singleNode, 2, { nodes, image: other, readyTimeoutSeconds: 5 });
  await eventually("the others serve it", () => all(later(), { stage: "ready", release: 2 }));
});

test("a new key is taken in the same order, and never by all at once", async () => {
  await boot();
  let works = false;
  first().engineWorks = () => works || first().containers().length === 1;
  first().setSecret("key", "the-next-key");
  await eventually(
    "the first takes it, the others wait",
    () => first().key() === "the-next-key" && all(later(), { stage: "waiting-for-replica" }),
  );
  expect(keys()).toEqual(["the-next-key", "the-key", "the-key"]);
  expect(await readiness()).toEqual([false, true, true]);
  works = true;
  await eventually(
    "all have it",
    () => keys().every((key) => key === "the-next-key") && all(nodes, { stage: "ready" }),
  );
  expect(nodes.map((node) => node.containers().length)).toEqual([2, 2, 2]);
  // Neither key is in what was said or run.
  for (const node of nodes)
    expect(`${node.text("watch.log")}${node.containers().flat()}`).not.toContain("the-next-key");
});

test("a key that cannot be used changes nothing", async () => {
  await boot();
  first().setSecret("key", "two\nlines");
  publish(first(), singleNode, 2, { nodes, readyTimeoutSeconds: 20 });
  await eventually("it says so", () => all([first()], { stage: "key-missing" }));
  // The watcher looks at every round, and has not taken it for a new key.
  for (const node of nodes) expect(node.text("watch.log")).not.toContain("has changed");
  expect(await readiness()).toEqual([true, true, true]);
  expect(keys()).toEqual(["the-key", "the-key", "the-key"]);
});
