import { defaultEngineImage } from "../../serving/engine";
import { type Release, renderRelease, weightsPrefixOf } from "../../serving/release";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import { type Identity, NodeHost } from "../support/nodeHost";
import { gang, planOf, singleNode } from "../support/plans";

let node: NodeHost;

async function boot(identity: Identity): Promise<void> {
  node = new NodeHost(identity);
  await node.boot();
}

afterEach(() => node.close());

/** Publishes a release as the deployer does: the release first, then the pointer. Waits for the engine one second at most. */
function publish(decision: DecisionArgs, number: number, image = defaultEngineImage): Release {
  const plan = planOf(decision);
  const release = renderRelease({
    number,
    plan,
    image,
    port: node.enginePort,
    weightsPrefix: weightsPrefixOf(plan),
    headAddresses: plan.nodesPerReplica > 1 ? ["127.0.0.1", "127.0.0.1"] : [],
    apiKeySecret: "key",
    readyTimeoutSeconds: 1,
  });
  node.put(release.key, release.content);
  node.put("releases/current", release.pointer);
  return release;
}

const pushWeights = (decision: DecisionArgs) => node.put(`${weightsPrefixOf(planOf(decision))}/config.json`, "{}");
const image = (container: string[] | undefined) => container?.find((word) => word.includes("vllm-openai"));

test("a node that is born before its first release waits, and says so", async () => {
  await boot({ replica: 0, rank: 0 });
  const { code, output } = await node.tick();
  expect(code).toBe(0);
  expect(output).toContain("no release yet");
});

test("a node brings itself to its release: weights, key, engine, one answered token, and then rests", async () => {
  await boot({ replica: 0, rank: 0 });
  pushWeights(singleNode);
  publish(singleNode, 1);
  const { code, output } = await node.tick();
  expect(`${code} ${output}`).toContain("llm-cluster: ready");
  expect(node.status()).toMatchObject({
    stage: "ready",
    release: 1,
    failedRelease: null,
    instanceId: "i-0123456789abcdef0",
  });
  const [container = []] = node.containers();
  expect(container).toEqual(
    expect.arrayContaining(["--gpus", "all", "--network", "host", defaultEngineImage, "/model"]),
  );
  expect(container.join(" ")).toContain("--max-model-len 32768");
  expect(container.join(" ")).not.toContain("the-key");
  expect(container).not.toContain("--nnodes");
  await node.tick();
  expect(node.containers()).toHaveLength(1);
});

test("weights that nobody has pushed are reported, waited for, and served once they are there", async () => {
  await boot({ replica: 0, rank: 0 });
  publish(singleNode, 1);
  expect((await node.tick()).code).toBe(0);
  expect(node.status()).toMatchObject({
    stage: "weights-missing",
    reason: expect.stringContaining("models/llama-3.1-8b/bf16/"),
  });
  expect(node.containers()).toHaveLength(0);
  pushWeights(singleNode);
  await node.tick();
  expect(node.status()).toMatchObject({ stage: "ready" });
});

test("nothing that was fetched runs before its checksum is right", async () => {
  await boot({ replica: 0, rank: 0 });
  pushWeights(singleNode);
  const release = publish(singleNode, 1);
  node.put(release.key, `${release.content}\ntouch "$NODE_ROOT/pwned"\n`);
  const { code, output } = await node.tick();
  expect(`${code} ${output}`).toMatch(/^0 .*checksum/s);
  expect(node.containers()).toHaveLength(0);
  node.put(release.key, release.content);
  await node.tick();
  expect(node.status()).toMatchObject({ stage: "ready" });
});

test.each(["", "1 abc releases/1/release.sh", "1 ../../etc/passwd x", `1 ${"a".repeat(64)} ../secrets`, "<html>"])(
  "the pointer %p is refused",
  async (pointer) => {
    await boot({ replica: 0, rank: 0 });
    node.put("releases/current", `${pointer}\n`);
    const { code, output } = await node.tick();
    expect(code).toBe(1);
    expect(output).toContain("not of the form");
  },
);

test("a new release is taken, and the engine restarts with its settings", async () => {
  await boot({ replica: 0, rank: 0 });
  pushWeights(singleNode);
  publish(singleNode, 1);
  await node.tick();
  publish({ ...singleNode, contextLength: 4096 }, 2);
  await node.tick();
  expect(node.containers()).toHaveLength(2);
  expect(node.containers()[1]?.join(" ")).toContain("--max-model-len 4096");
  expect(node.status()).toMatchObject({ stage: "ready", release: 2 });
});

test("a release that never gets healthy is left for the one before, which says which one failed, and is not tried again", async () => {
  await boot({ replica: 0, rank: 0 });
  pushWeights(singleNode);
  publish(singleNode, 1);
  await node.tick();
  node.engineWorks = (args) => image(args) !== "vllm/vllm-openai:broken";
  publish(singleNode, 2, "vllm/vllm-openai:broken");
  const { output } = await node.tick();
  expect(output).toContain("going back");
  expect(image(node.containers().at(-1))).toBe(defaultEngineImage);
  expect(node.status()).toMatchObject({ stage: "ready", release: 1, failedRelease: 2 });
  const runs = node.containers().length;
  await node.tick();
  expect(node.containers()).toHaveLength(runs);
  // Mended under a new number, it is taken.
  publish(singleNode, 3);
  await node.tick();
  expect(node.status()).toMatchObject({ stage: "ready", release: 3 });
});

test("a reboot applies the release anew, also after a failed one, because local disks may have come back empty", async () => {
  await boot({ replica: 0, rank: 0 });
  pushWeights(singleNode);
  publish(singleNode, 1);
  await node.tick();
  node.reboot();
  await node.tick();
  expect(node.containers()).toHaveLength(2);
  node.engineWorks = (args) => image(args) !== "vllm/vllm-openai:broken";
  publish(singleNode, 2, "vllm/vllm-openai:broken");
  await node.tick();
  const runs = node.containers().length;
  node.reboot();
  await node.tick();
  expect(node.containers()).toHaveLength(runs + 1);
  expect(image(node.containers().at(-1))).toBe(defaultEngineImage);
});

test("an image that cannot be pulled is reported and asked for again, with the old engine still serving", async () => {
  await boot({ replica: 0, rank: 0 });
  pushWeights(singleNode);
  publish(singleNode, 1);
  await node.tick();
  publish(singleNode, 2, "registry/missing-image:1");
  await node.tick();
  expect(node.status()).toMatchObject({ stage: "image-failed", reason: expect.stringContaining("missing-image") });
  expect(node.containers()).toHaveLength(1);
});

test.each([
  [0, false],
  [2, true],
])("rank %d of a gang knows its place, its head and its fabric", async (rank, headless) => {
  await boot({ replica: 1, rank });
  pushWeights(gang);
  publish(gang, 1);
  await node.tick();
  expect(node.status()).toMatchObject({ stage: "ready" });
  const [container = []] = node.containers();
  const text = container.join(" ");
  expect(text).toContain(`--nnodes 3 --node-rank ${rank} --master-addr 127.0.0.1 --master-port 29501`);
  expect(container.includes("--headless")).toBe(headless);
  expect(container).toEqual(
    expect.arrayContaining(["/dev/infiniband", "NCCL_NET=AWS Libfabric", "GLOO_SOCKET_IFNAME=ens32"]),
  );
});
