import { createHash } from "node:crypto";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { WeightsSource } from "../../serving/weightsSource";
import { publish, pushWeights } from "../support/deployer";
import { NodeHost } from "../support/nodeHost";
import { singleNode } from "../support/plans";

let node: NodeHost;
const prefix = "models/llama-3.1-8b/bf16";
const parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

beforeEach(async () => {
  node = new NodeHost({ index: 0 });
  await node.boot();
});
afterEach(() => node.close());

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function pushManifest(change: Record<string, { size?: number; sha256?: string }> = {}): void {
  const files = ["config.json", ...parts].map((path) => {
    const text = path === "config.json" ? "{}" : "weights";
    return { path, size: text.length, sha256: sha256(text), ...change[path] };
  });
  node.put(`${prefix}/manifest.json`, JSON.stringify({ version: 1, source: "folder", files }));
}

const syncs = () => node.text("sync.log").split("\n").length - 1;

describe("weights of the store", () => {
  beforeEach(() => {
    pushWeights(node, singleNode);
    publish(node, singleNode, 1);
  });

  test("with a manifest are held against it, once", async () => {
    pushManifest();
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    const verified = join(node.root, "nvme", prefix, ".verified");
    const first = statSync(verified).mtimeMs;
    publish(node, { ...singleNode, contextLength: 4096 }, 2);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready", release: 2 });
    expect(statSync(verified).mtimeMs).toBe(first);
    // Other bytes under the same manifest are looked at again.
    node.put(`${prefix}/${parts[0]}`, "weightz");
    publish(node, singleNode, 3);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "weights-corrupt" });
  });

  test("of another size than the manifest says are missing, and the command that brings them is named", async () => {
    pushManifest({ [parts[1] ?? ""]: { size: 8 } });
    await node.tick();
    expect(node.status()).toMatchObject({
      stage: "weights-missing",
      reason: expect.stringContaining(`${parts[1]} has 7 of 8 bytes`),
    });
    pushManifest();
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
  });

  test("that are not there at all are waited for", async () => {
    publish(node, { ...singleNode, precision: "fp8" }, 2);
    await node.tick();
    expect(node.status()).toMatchObject({
      stage: "weights-missing",
      reason: expect.stringContaining("llm-cluster weights push STACK-FILE brings them"),
    });
  });

  test("that are corrupt in the store are fetched once more, reported, and not fetched at every look", async () => {
    pushManifest({ [parts[1] ?? ""]: { sha256: sha256("another") } });
    await node.tick();
    expect(node.status()).toMatchObject({
      stage: "weights-corrupt",
      reason: expect.stringContaining(`checksum of ${parts[1]}`),
    });
    expect(syncs()).toBe(2);
    expect(node.containers()).toEqual([]);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "weights-corrupt" });
    expect(syncs()).toBe(3);
    // Pushed anew, they are taken.
    node.put(`${prefix}/${parts[1]}`, "another");
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
  });

  test("that were damaged on the way are right after the second fetch", async () => {
    pushManifest();
    // As if an earlier copy had been cut short behind the client's back: right size, newer, other bytes.
    const file = join(node.root, "nvme", prefix, parts[0] ?? "");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "w3ights");
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    expect(syncs()).toBe(2);
  });

  test.each([
    ["outside its folder", JSON.stringify({ files: [{ path: "../../etc/passwd", size: 1, sha256: "" }] })],
    ["that is not JSON", "<html>"],
  ])("a manifest %s is refused", async (_, manifest) => {
    node.put(`${prefix}/manifest.json`, manifest);
    await node.tick();
    expect(node.status()).toMatchObject({
      stage: "weights-missing",
      reason: expect.stringContaining("manifest.json cannot be read"),
    });
  });
});

describe("weights of a file system", () => {
  const lustre = { dnsName: "fs-0123.fsx.us-east-1.amazonaws.com", mountName: "abcdefgh" };
  const onLustre = (path: string, text: string) => {
    const file = join(node.root, "fsx", prefix, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };

  beforeEach(() => publish(node, singleNode, 1, { surroundings: { lustre } }));

  test("are copied from where it is mounted, and not from the store", async () => {
    onLustre("config.json", "{}");
    onLustre("model.safetensors", "weights");
    onLustre("tokenizer/vocab with space.txt", "a b");
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    expect(node.text("mount.log")).toContain(
      `-t lustre -o noatime,flock,lazystatfs ${lustre.dnsName}@tcp:/abcdefgh ${join(node.root, "fsx")}`,
    );
    expect(node.text(`nvme/${prefix}/tokenizer/vocab with space.txt`)).toBe("a b");
    expect(node.text("sync.log")).toBe("");
    onLustre("model.safetensors", "weightz2");
    publish(node, singleNode, 2, { surroundings: { lustre } });
    await node.tick();
    expect(node.text(`nvme/${prefix}/model.safetensors`)).toBe("weightz2");
  });

  test.each([
    ["no-lustre-client", "the image has no Lustre client for its kernel"],
    [
      "no-route",
      "could not mount fs-0123.fsx.us-east-1.amazonaws.com: mount.lustre: mount failed: Connection timed out",
    ],
  ])("with %s the node says why, and tries again", async (trouble, reason) => {
    onLustre("config.json", "{}");
    onLustre("model.safetensors", "weights");
    node.trouble(trouble, true);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "file-system-missing", reason });
    node.trouble(trouble, false);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
  });
});

describe("weights of Hugging Face", () => {
  const from = (repository: string, rest: Partial<Extract<WeightsSource, { from: "huggingFace" }>> = {}) =>
    publish(node, singleNode, 1, { weights: { from: "huggingFace", repository, ...rest } });
  const folder = "nvme/huggingface";

  test("are downloaded by the engine's image into a folder of their revision, once", async () => {
    from("owner/model", { revision: "refs/pr/1" });
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    expect(node.text(`${folder}/owner/model/refs_pr_1/config.json`)).toBe("refs/pr/1");
    const container = node.containers("llm-cluster-engine").at(-1) ?? [];
    expect(container.some((word) => word.endsWith("huggingface/owner/model/refs_pr_1:/model:ro"))).toBe(true);
    node.reboot();
    await node.tick();
    expect(node.containers("llm-cluster-download")).toHaveLength(1);
  });

  test("a gated repository needs a token, which is in no command, log or status, and gone afterwards", async () => {
    node.setSecret("hub-token", "hf_bad");
    from("owner/gated", { tokenSecret: "hub-token" });
    const { output } = await node.tick();
    expect(node.status()).toMatchObject({
      stage: "weights-failed",
      reason: expect.stringContaining("owner/gated is gated: accept its terms"),
    });
    node.setSecret("hub-token", "hf_good");
    const second = await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    expect(node.text("llm-cluster-download.env")).toBe("HF_TOKEN=hf_good\n");
    expect(`${output}${second.output}${node.containers("llm-cluster-download").flat()}`).not.toMatch(/hf_(bad|good)/);
    expect(node.has("opt/llm-cluster/hugging-face.secret")).toBe(false);
  });

  test("a repository that is not there is said to be", async () => {
    from("owner/gone");
    await node.tick();
    expect(node.status().reason).toBe(
      "owner/gone is not there, or is private: see storage.huggingFaceRepository and storage.huggingFaceTokenSecret",
    );
  });

  test("a token that cannot be read is said to be", async () => {
    from("owner/gated", { tokenSecret: "nowhere" });
    await node.tick();
    expect(node.status()).toMatchObject({
      stage: "weights-failed",
      reason: "could not read the secret of the Hugging Face token",
    });
  });
});
