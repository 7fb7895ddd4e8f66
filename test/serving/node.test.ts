import { defaultEngineImage } from "../../serving/engine";
import { publish, pushWeights } from "../support/deployer";
import { type Identity, NodeHost } from "../support/nodeHost";
import { singleNode } from "../support/plans";

let node: NodeHost;

async function boot(identity: Identity = { index: 0 }): Promise<void> {
  node = new NodeHost(identity);
  await node.boot();
}

afterEach(() => node.close());

const imageOf = (container: string[] | undefined) => container?.find((word) => word.includes("vllm-openai"));
const broken = "vllm/vllm-openai:broken";

describe("a node", () => {
  test("that is born before its first release waits, and says so", async () => {
    await boot();
    const { code, output } = await node.tick();
    expect(code).toBe(0);
    expect(output).toContain("no release yet");
  });

  test("brings itself to its release: weights, key, engine, one answered token, and then rests", async () => {
    await boot();
    pushWeights(node, singleNode);
    const { sha256 } = publish(node, singleNode, 1);
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
    const text = container.join(" ");
    expect(text).toContain(`--served-model-name llama-3.1-8b llama-3.1-8b@${sha256.slice(0, 12)} --host`);
    expect(text).toContain("--max-model-len 32768");
    expect(text).toContain("--ipc host");
    expect(text).not.toContain("the-key");
    expect(node.modeOf("opt/llm-cluster/engine.secret")).toBe(0o600);
    expect(container).not.toContain("--nnodes");
    await node.tick();
    expect(node.containers()).toHaveLength(1);
  });

  test.each([
    ["no weights", [], "config.json"],
    ["half of the weights", ["model-00001-of-00002.safetensors"], "model-00002-of-00002.safetensors"],
  ])("that finds %s says what is missing, waits, and serves once it is there", async (_, parts, missing) => {
    await boot();
    publish(node, singleNode, 1);
    if (parts.length > 0) pushWeights(node, singleNode, parts);
    expect((await node.tick()).code).toBe(0);
    expect(node.status()).toMatchObject({ stage: "weights-missing", reason: expect.stringContaining(missing) });
    expect(node.containers()).toHaveLength(0);
    pushWeights(node, singleNode);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
  });

  test("runs nothing that was fetched before its checksum is right", async () => {
    await boot();
    pushWeights(node, singleNode);
    const release = publish(node, singleNode, 1);
    node.put(release.key, `${release.content}\ntouch "$NODE_ROOT/pwned"\n`);
    const { code, output } = await node.tick();
    expect(`${code} ${output}`).toMatch(/^0 .*checksum/s);
    expect(node.containers()).toHaveLength(0);
    node.put(release.key, release.content);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
  });

  test.each([
    "",
    "1 abc releases/1/release.sh",
    "1 ../../etc/passwd x",
    `1 ${"a".repeat(64)} ../secrets`,
    `1 ${"a".repeat(64)} releases/../x`,
    "<html>",
  ])("refuses the pointer %p", async (pointer) => {
    await boot();
    node.put("releases/current", `${pointer}\n`);
    const { code, output } = await node.tick();
    expect(code).toBe(1);
    expect(output).toContain("not of the form");
  });

  test("takes a new release, and its engine restarts with the new settings", async () => {
    await boot();
    pushWeights(node, singleNode);
    publish(node, singleNode, 1);
    await node.tick();
    publish(node, { ...singleNode, contextLength: 4096 }, 2);
    await node.tick();
    expect(node.containers()).toHaveLength(2);
    expect(node.containers()[1]?.join(" ")).toContain("--max-model-len 4096");
    expect(node.status()).toMatchObject({ stage: "ready", release: 2 });
  });
});

describe("a release that does not get ready", () => {
  const serveFirst = async () => {
    await boot();
    pushWeights(node, singleNode);
    publish(node, singleNode, 1);
    await node.tick();
    node.engineWorks = (args) => imageOf(args) !== broken;
  };

  test("is left for the one before, which says which one failed, and is not tried again", async () => {
    await serveFirst();
    publish(node, singleNode, 2, { image: broken });
    const { output } = await node.tick();
    expect(output).toContain("going back");
    expect(imageOf(node.containers().at(-1))).toBe(defaultEngineImage);
    expect(node.status()).toMatchObject({ stage: "ready", release: 1, failedRelease: 2 });
    const runs = node.containers().length;
    await node.tick();
    expect(node.containers()).toHaveLength(runs);
    // Mended under a new number, it is taken.
    publish(node, singleNode, 3);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready", release: 3, failedRelease: null });
  });

  test("is left too when it is up but answers no request", async () => {
    await serveFirst();
    node.answersRequests = false;
    publish(node, singleNode, 2);
    expect((await node.tick()).output).toContain("does not answer a request");
  });

  test("and whose rollback is cut short is rolled back at the next tick", async () => {
    await serveFirst();
    node.engineWorks = (args) => {
      // The store goes away while the node waits for the broken engine.
      if (imageOf(args) === broken) node.trouble("s3-is-down", true);
      return imageOf(args) !== broken;
    };
    publish(node, singleNode, 2, { image: broken });
    await node.tick();
    expect(imageOf(node.containers().at(-1))).toBe(broken);
    node.trouble("s3-is-down", false);
    await node.tick();
    expect(imageOf(node.containers().at(-1))).toBe(defaultEngineImage);
    expect(node.status()).toMatchObject({ stage: "ready", release: 1, failedRelease: 2 });
  });

  test("gives way to a newer one without waiting for its own time to be over", async () => {
    await serveFirst();
    publish(node, singleNode, 2, { image: broken, readyTimeoutSeconds: 600 });
    node.engineWorks = (args) => {
      if (imageOf(args) === broken) publish(node, singleNode, 3);
      return imageOf(args) !== broken;
    };
    const { output } = await node.tick();
    expect(output).toContain("superseded");
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready", release: 3 });
  });

  test("of a reboot is not the one that is started: the one before is, because local disks may have come back empty", async () => {
    await serveFirst();
    node.reboot();
    await node.tick();
    expect(node.containers()).toHaveLength(2);
    publish(node, singleNode, 2, { image: broken });
    await node.tick();
    const runs = node.containers().length;
    node.reboot();
    await node.tick();
    expect(node.containers()).toHaveLength(runs + 1);
    expect(imageOf(node.containers().at(-1))).toBe(defaultEngineImage);
    expect(node.status()).toMatchObject({ failedRelease: 2 });
  });
});

test.each([
  [
    "an image that cannot be pulled",
    "image-failed",
    () => publish(node, singleNode, 2, { image: "registry/missing-image:1" }),
    () => publish(node, singleNode, 3),
  ],
  [
    "a store that is away",
    "weights-failed",
    () => {
      node.trouble("s3-is-down", true);
      publish(node, singleNode, 2);
    },
    () => node.trouble("s3-is-down", false),
  ],
  [
    "a secret that cannot be read",
    "key-missing",
    () => {
      node.trouble("no-secret", true);
      publish(node, singleNode, 2);
    },
    () => node.trouble("no-secret", false),
  ],
])(
  "%s condemns no release: the old engine serves on, and the next tick tries again",
  async (_, stage, breakIt, mendIt) => {
    await boot();
    pushWeights(node, singleNode);
    publish(node, singleNode, 1);
    await node.tick();
    breakIt();
    await node.tick();
    expect(node.status()).toMatchObject({ stage });
    expect(node.containers()).toHaveLength(1);
    mendIt();
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    expect(node.containers()).toHaveLength(2);
  },
);
