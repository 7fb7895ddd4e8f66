import { commit } from "../support/hubServer";
import { dev, projectWith, stackText } from "../support/projects";
import { prefix, useWeights } from "../support/weightsRuns";

const { s3, hub, push, failure, addModel, weights, contents } = useWeights();

describe("beside the model", () => {
  beforeEach(() => {
    addModel();
    s3.putText(`${prefix}/old.safetensors`, "old");
    s3.putText("models/llama-3.1-8b/fp8/config.json", "another precision");
    s3.putText("models/llama-3.1-8b/bf16-mine/config.json", "another model");
  });

  test("files that are none of it are named and kept", async () => {
    expect(await push()).toMatch(/also there, and none of these: old\.safetensors .*--delete-others/);
    expect(s3.objects.has(`${prefix}/old.safetensors`)).toBe(true);
  });

  test("--delete-others removes them, after the manifest, and no other model's", async () => {
    expect(await push({ options: { deleteOthers: true } })).toContain("removed what is none of these: old.safetensors");
    expect(weights()).toEqual(contents());
    expect(s3.texts()).toMatchObject({
      "models/llama-3.1-8b/fp8/config.json": "another precision",
      "models/llama-3.1-8b/bf16-mine/config.json": "another model",
    });
    expect(s3.writes.slice(-2)).toEqual([`PUT ${prefix}/manifest.json`, "POST ?delete="]);
  });

  test("--dry-run lists files, sizes and the cost, and changes nothing", async () => {
    const said = await push({ options: { dryRun: true, deleteOthers: true } });
    expect(said).toContain("would send model-b.safetensors (1.0 kB)");
    expect(said).toMatch(/to send: 5 files, .*; there already: 0 files/);
    expect(said).toContain("would remove what is none of these: old.safetensors (3 bytes)");
    expect(said).toContain("storage: $");
    expect(s3.writes).toEqual([]);
  });

  test("--json is one document with what was done", async () => {
    const document = JSON.parse(await push({ options: { json: true } }));
    const total = [...hub.files.values()].reduce((sum, file) => sum + file.bytes.length, 0);
    expect(document).toMatchObject({
      bucket: s3.bucket,
      prefix: `${prefix}/`,
      source: `hf:acme/tiny@${commit}`,
      dryRun: false,
      files: 5,
      bytes: total,
      sentBytes: total,
      thereAlready: 0,
      others: [{ path: "old.safetensors", size: 3 }],
      othersRemoved: false,
      manifest: "written",
    });
  });
});

describe("the bucket", () => {
  const brought = (bucket: string) =>
    projectWith(
      "Pulumi.dev.yaml",
      `${stackText(dev).trimEnd().slice(0, -1)},"llm-cluster:storage":{"bucket":"${bucket}"}}\n`,
    );

  test("is what Pulumi says that the stack has", async () => {
    addModel();
    const calls: string[] = [];
    const run = async (command: string, args: readonly string[]) => {
      calls.push([command, ...args].join(" "));
      return `${s3.bucket}\n`;
    };
    await push({ options: { bucket: undefined }, world: { run } });
    expect(calls).toEqual(["pulumi stack output modelStore --stack dev"]);
    expect(weights()).toEqual(contents());
  });

  test("is storage.bucket, without asking Pulumi", async () => {
    addModel();
    const run = () => Promise.reject(new Error("not to be asked"));
    await push({ options: { bucket: undefined }, stackFile: brought(s3.bucket), world: { run } });
    expect(weights()).toEqual(contents());
  });

  test.each([
    [{ code: "ENOENT" }, /the Pulumi CLI, .*, is not installed\. Fix: install it, or give --bucket NAME/],
    [
      { code: 255, stderr: "error: no stack named 'dev' found\n" },
      /no such stack yet .*Fix: run 'pulumi up' first, or/,
    ],
    [
      { code: 255, stderr: "error: current stack does not have output property 'modelStore'\n" },
      /the stack is not up .*Fix: run 'pulumi up' first, or/,
    ],
    [
      { code: 255, stderr: "error: PULUMI_ACCESS_TOKEN must be set\n" },
      /failed: PULUMI_ACCESS_TOKEN must be set\. Fix:/,
    ],
  ])("that Pulumi does not tell is an error with a way out: %j", async (fault, message) => {
    const run = () => Promise.reject(Object.assign(new Error("failed"), fault));
    expect((await failure({ options: { bucket: undefined }, world: { run } })).message).toMatch(message);
  });

  test("that a stack which is not up has for an output is none", async () => {
    const run = async () => "\n";
    expect((await failure({ options: { bucket: undefined }, world: { run } })).message).toContain("is no bucket. Fix:");
  });

  test.each(["s3://mine", "mine/models", "Mine", ""])("--bucket %j is refused", async (bucket) => {
    expect((await failure({ options: { bucket } })).message).toContain("is no bucket's name");
  });

  test("that is not there is an error that names it", async () => {
    addModel();
    const { message } = await failure({ options: { bucket: "another-bucket" } });
    expect(message).toContain("s3://another-bucket: there is no bucket another-bucket. Fix: run 'pulumi up' first");
  });
});
