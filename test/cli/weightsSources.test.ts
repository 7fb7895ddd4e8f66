import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytes, useWeights } from "../support/weightsRuns";

const { s3, hub, push, failure, addModel, weights, manifest, progress } = useWeights();
const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

/** A folder with files. */
function folder(files: Record<string, string | Buffer>): string {
  const root = mkdtempSync(join(tmpdir(), "model-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe("what is taken", () => {
  test("safetensors, settings and tokenizer; the rest is named, and left out", async () => {
    addModel();
    const needed = ["tokenizer.model", "merges.txt", "chat_template.jinja", "modeling_tiny.py", "qwen.tiktoken"];
    for (const path of [...needed, "generation_config.json"]) hub.add(path, path);
    const twice = ["original/consolidated.00.pth", "original/params.json", "metal/model.bin", "onnx/model.onnx"];
    const formats = ["pytorch_model.bin", "pytorch_model.bin.index.json", "model-q4.gguf", "consolidated.safetensors"];
    const useless = [".gitattributes", "README.md", "figure.png", "manifest.json"];
    for (const path of [...twice, ...formats, ...useless]) hub.add(path, path);
    await push();
    const left = [...twice, ...formats, ...useless];
    expect(Object.keys(weights()).sort()).toEqual([...hub.files.keys()].filter((path) => !left.includes(path)).sort());
    expect(progress()).toMatch(/left out, weights in another form: model-q4\.gguf, pytorch_model\.bin/);
    expect(progress()).toContain("original/consolidated.00.pth");
    expect(progress()).toContain("the store's own manifest takes its place");
  });

  test("without an index: the model's own parts, and not what was published twice or is another model's", async () => {
    hub.add("config.json", "{}");
    for (const path of ["model.safetensors", "consolidated.safetensors", "draft/model.safetensors"])
      hub.add(path, path);
    await push();
    expect(Object.keys(weights()).sort()).toEqual(["config.json", "model.safetensors"]);
  });

  test("weights under a name of their own are taken where there are no others", async () => {
    hub.add("params.json", "{}");
    hub.add("config.json", "{}");
    hub.add("consolidated.safetensors", "x");
    await push();
    expect(Object.keys(weights()).sort()).toEqual(["config.json", "consolidated.safetensors", "params.json"]);
  });

  test.each([
    ["a part that the index names", "model-b.safetensors", /lacks model-b\.safetensors, which the index .* names/],
    ["config.json", "config.json", /has no config\.json/],
  ])("a model without %s is refused before anything is sent", async (_, path, message) => {
    addModel();
    hub.files.delete(path);
    expect((await failure()).message).toMatch(message);
    expect(s3.writes).toEqual([]);
  });

  test("a model without safetensors is refused: nodes would wait for them", async () => {
    hub.add("config.json", "{}");
    hub.add("pytorch_model.bin", "x");
    expect((await failure()).message).toContain("has no safetensors");
  });

  test("an empty part is refused", async () => {
    addModel();
    hub.add("model-a.safetensors", "");
    expect((await failure()).message).toContain("has an empty model-a.safetensors");
  });
});

describe("from a folder", () => {
  const model = { "config.json": "{}", "model.safetensors": bytes(1000, 3), ".cache/x.json": "{}", "a.gguf": "x" };

  test("files are hashed, sent and named in the manifest; what begins with a dot is not looked at", async () => {
    await push({ options: { from: folder(model) } });
    expect(weights()).toEqual({ "config.json": Buffer.from("{}"), "model.safetensors": model["model.safetensors"] });
    expect(manifest()).toMatchObject({
      source: "folder",
      files: [{ path: "config.json" }, { path: "model.safetensors" }],
    });
    expect(manifest().files[1].sha256).toBe(sha256(model["model.safetensors"]));
  });

  test("links are followed: the cache of huggingface_hub is made of them", async () => {
    const blobs = folder({ blob: model["model.safetensors"] });
    const root = folder({ "config.json": "{}" });
    symlinkSync(join(blobs, "blob"), join(root, "model.safetensors"));
    await push({ options: { from: root } });
    expect(weights()["model.safetensors"]).toEqual(model["model.safetensors"]);
  });

  test("a file that changed and kept its size is sent, and the others are not", async () => {
    const root = folder(model);
    await push({ options: { from: root } });
    writeFileSync(join(root, "model.safetensors"), bytes(1000, 4));
    s3.requests.length = 0;
    await push({ options: { from: root } });
    expect(weights()["model.safetensors"]).toEqual(bytes(1000, 4));
    expect(s3.writes.filter((line) => line.includes("config.json"))).toEqual([]);
  });

  test("a folder that is not there is an error, and a repository's name is taken for what it is meant", async () => {
    const { message } = await failure({ options: { from: "acme/tiny" } });
    expect(message).toBe(
      "--from acme/tiny: there is no such folder. Fix: give the path of one, or hf:acme/tiny for the repository of that name",
    );
  });
});
