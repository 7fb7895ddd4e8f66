import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root, runCli } from "../support/cli";
import { projectWith } from "../support/projects";

const config = (name: string) => join(root, "test/fixtures/configs", `${name}.json`);
const folder = () => mkdtempSync(join(tmpdir(), "models-"));
const kept = (cwd: string) => JSON.parse(readFileSync(join(cwd, "llm-cluster.models.json"), "utf8")).models;

/** A folder with a model's files in it, as a repository has them. */
function repository(name: string, files: Record<string, unknown> = {}): { cwd: string; path: string } {
  const cwd = folder();
  mkdirSync(join(cwd, "my-model"));
  cpSync(config(name), join(cwd, "my-model/config.json"));
  for (const [file, content] of Object.entries(files))
    writeFileSync(join(cwd, "my-model", file), JSON.stringify(content));
  return { cwd, path: "my-model/config.json" };
}

describe("models add", () => {
  test("keeps a model that every later command knows by its folder's name", () => {
    const { cwd, path } = repository("qwen--qwen3-next-80b-a3b-thinking");
    const added = runCli(["models", "add", path], { cwd });
    expect(added.code).toBe(0);
    expect(added.stdout).toMatch(/36 gated-delta-net-experts, 12 full-experts/);
    expect(added.stdout).toContain("kept in llm-cluster.models.json; use it as model: my-model");
    expect(runCli(["models"], { cwd }).stdout).toMatch(/^my-model +moe +79\.\d/m);
    const fit = runCli(
      ["fit", "--model", "my-model", "--gpu", "h100", "--tensor-parallel", "4", "--context-length", "65536", "--json"],
      { cwd },
    );
    expect(JSON.parse(fit.stdout)).toMatchObject({ verdict: "fits" });
    const size = JSON.parse(runCli(["size", "--model", "my-model", "--json"], { cwd }).stdout);
    expect(size.plan.decision.model).toBe("my-model");
  });

  test("a path does without being kept, also in a batch", () => {
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b");
    const options = { model: path, gpu: "h100", contextLength: 8192 };
    const lines = [
      options,
      { ...options, model: "llama-3.1-8b", precision: "bf16" },
      { ...options, model: "./nowhere.json" },
    ];
    const { stdout } = runCli(["fit", "--batch", "-"], {
      cwd,
      input: lines.map((line) => JSON.stringify(line)).join("\n"),
    });
    const [own, shipped, missing] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(own.memory).toEqual(shipped.memory);
    expect(missing.error.message).toMatch(/nowhere\.json.*cannot be read/);
    expect(existsSync(join(cwd, "llm-cluster.models.json"))).toBe(false);
  });

  test("what it does not know it names, in the model and in every plan", () => {
    const { cwd, path } = repository("deepseek-ai--deepseek-v4-flash");
    const { stdout } = runCli(["models", "add", path], { cwd });
    expect(stdout).toMatch(/NOT MODELLED: compress_ratios/);
    expect(stdout).toContain("confidence low");
    expect(runCli(["size", "--model", "my-model"], { cwd }).stdout).toMatch(
      /assumed: my-model: not modelled: compress_ratios/,
    );
  });

  test("a quantised repository's own format is what it is sized in", () => {
    const quantization = {
      producer: { name: "modelopt" },
      quantization: { quant_algo: "FP8", exclude_modules: ["lm_head"] },
    };
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b", { "hf_quant_config.json": quantization });
    const { model } = JSON.parse(runCli(["models", "add", path, "--json"], { cwd }).stdout);
    expect(model).toMatchObject({ id: "my-model", nativePrecision: "fp8" });
    // Linear layers of one byte, embedding and head of two.
    expect(model.checkpoints[0].bytes / 1e9).toBeCloseTo(9.08, 1);
  });

  test("the bytes of an index beside it win over what is computed", () => {
    const index = {
      metadata: { total_size: 16_060_522_496 },
      weight_map: { "lm_head.weight": "model-00004-of-00004.safetensors" },
    };
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b", { "model.safetensors.index.json": index });
    const { model } = JSON.parse(runCli(["models", "add", path, "--json"], { cwd }).stdout);
    expect(model.checkpoints[0].loadedBytes).toBe(16_060_522_496);
  });

  test("nothing is lost: a second model stands beside the first, and a third of the same name needs --replace", () => {
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b");
    expect(runCli(["models", "add", path], { cwd }).code).toBe(0);
    expect(runCli(["models", "add", path, "--id", "other"], { cwd }).code).toBe(0);
    const again = runCli(["models", "add", path], { cwd });
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/has my-model already\. Fix: give --replace/);
    expect(runCli(["models", "add", path, "--replace"], { cwd }).code).toBe(0);
    expect(kept(cwd).map(({ id }: { id: string }) => id)).toEqual(["my-model", "other"]);
    expect(readdirSync(cwd).sort()).toEqual(["llm-cluster.models.json", "my-model"]);
    const taken = runCli(["models", "add", path, "--id", "llama-3.1-8b"], { cwd });
    expect(taken.stderr).toContain("is the id of a catalogue model");
  });

  test("several at once all keep theirs", async () => {
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b");
    const add = (id: string) =>
      promisify(execFile)(process.execPath, [join(root, "cli/llm-cluster.js"), "models", "add", path, "--id", id], {
        cwd,
      });
    const ids = ["one", "two", "three", "four", "five", "six"];
    await Promise.all(ids.map(add));
    expect(
      kept(cwd)
        .map(({ id }: { id: string }) => id)
        .sort(),
    ).toEqual([...ids].sort());
    expect(readdirSync(cwd).sort()).toEqual(["llm-cluster.models.json", "my-model"]);
  });

  test.each([
    ["a path", "mine.json", /must not end in \.json/],
    ["spaces", "my model", /lower-case letters/],
    ["another name of a catalogue model", "meta-llama-3.1-8b-instruct", /means the catalogue's llama-3\.1-8b/],
  ])("an id that is %s is refused", (_, id, message) => {
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b");
    const { code, stderr } = runCli(["models", "add", path, "--id", id], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual(["my-model"]);
  });

  test("what is no file, or leads in circles, is an error and no crash", () => {
    const cwd = folder();
    symlinkSync("loop.json", join(cwd, "loop.json"));
    const lines = ["./loop.json", "/dev/zero", "./", "./nowhere/"].map((model) =>
      JSON.stringify({ model, gpu: "h100" }),
    );
    const { code, stdout } = runCli(["fit", "--batch", "-"], { cwd, input: lines.join("\n") });
    expect(code).toBe(0);
    const messages = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).error.message);
    expect(messages).toHaveLength(4);
    for (const message of messages) expect(message).toContain("cannot be read");
  });

  test("a models file with two rows of one id, or of a catalogue model's, is refused", () => {
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b");
    runCli(["models", "add", path], { cwd });
    const file = join(cwd, "llm-cluster.models.json");
    const [row] = kept(cwd);
    writeFileSync(file, JSON.stringify({ models: [row, row, { ...row, id: "llama-3.1-8b" }] }));
    const { stderr } = runCli(["models"], { cwd });
    expect(stderr).toMatch(/models\.1\.id.*is the id of another row too/);
    expect(stderr).toMatch(/models\.2\.id.*is the id of a catalogue model/);
  });

  test("a dry run shows and keeps nothing", () => {
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b");
    expect(runCli(["models", "add", path, "--dry-run"], { cwd }).stdout).toContain("not kept (--dry-run)");
    expect(readdirSync(cwd)).toEqual(["my-model"]);
  });

  test.each([
    ["an empty object", "{}", /num_hidden_layers: is missing.*\n.*hidden_size: is missing/s],
    ["no object", "[1]", /is not a JSON object/],
    ["no JSON", "hidden_size: 4096", /is not JSON/],
    ["an encoder", '{"model_type": "bert"}', /"bert" is an encoder/],
    [
      "nonsense",
      '{"model_type": "llama", "num_hidden_layers": -3, "hidden_size": "big"}',
      /num_hidden_layers: -3 must be at least 1.*hidden_size: "big" must be a whole number/s,
    ],
    ["depth", `${"[".repeat(100_000)}`, /is nested more than 32 deep/],
    ["ten megabytes of it", JSON.stringify({ junk: "x".repeat(10_000_000) }), /characters, more than/],
  ])("%s is an error that names the field", (_, text, message) => {
    const cwd = folder();
    writeFileSync(join(cwd, "config.json"), text);
    const { code, stderr, milliseconds } = runCli(["models", "add", "config.json"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stderr.length).toBeLessThan(2000);
    expect(milliseconds).toBeLessThan(5000);
  });

  test("a models file that somebody broke is an error that names the row, and stays as it is", () => {
    const { cwd, path } = repository("meta-llama--meta-llama-3.1-8b");
    runCli(["models", "add", path], { cwd });
    const file = join(cwd, "llm-cluster.models.json");
    const broken = readFileSync(file, "utf8").replace('"hiddenSize": 4096', '"hiddenSize": "wide"');
    writeFileSync(file, broken);
    const { code, stderr } = runCli(["models", "add", path, "--id", "other"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/llm-cluster\.models\.json\.models\.0\.hiddenSize: "wide" must be/);
    expect(readFileSync(file, "utf8")).toBe(broken);
    expect(runCli(["size", "--model", "llama-3.1-8b"], { cwd }).stderr).toMatch(/models\.0\.hiddenSize/);
  });
});

describe("lists", () => {
  test("models: every row says what it takes, as a table and as data", () => {
    const rows = JSON.parse(runCli(["models", "--json"]).stdout);
    expect(rows.length).toBeGreaterThanOrEqual(40);
    const scout = rows.find(({ id }: { id: string }) => id === "llama-4-scout");
    expect(scout).toMatchObject({
      layers: 48,
      tensorParallelAllowed: [1, 2, 4, 8],
      kvCache: { bytesPerToken: 49_152 },
    });
    expect(runCli(["models", "meta-llama/Llama-3.1-405B-Instruct-FP8"]).stdout).toMatch(
      /fp8-meta: 487\.2 GB; tensor parallel 1, 2, 4, 8/,
    );
    const unknown = runCli(["models", "lama-3.1-405b"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("not in catalogue. Fix: did you mean llama-3.1-405b");
  });

  test("machines and gpus, with the source of each figure", () => {
    expect(runCli(["machines"]).stdout).toMatch(/^a3-ultragpu-8g +gcp +8 x h200 +\d+ +nvlink +roce/m);
    const machines = JSON.parse(runCli(["machines", "--json"]).stdout);
    expect(machines.every(({ source }: { source: string }) => source.length > 10)).toBe(true);
    expect(runCli(["gpus"]).stdout).toMatch(/^h200 +NVIDIA H200.*139\.8.*\n/m);
    const gpus = JSON.parse(runCli(["gpus", "--json"]).stdout);
    expect(gpus.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining(["h100", "mi300x", "tpu-v6e", "rtx5090"]),
    );
  });
});

describe("size", () => {
  test("says for consumer GPUs what it would take, with figures", () => {
    const { stdout } = runCli(["size", "--model", "llama-3.1-405b", "--precision", "fp8", "--context-length", "8192"]);
    expect(stdout).toMatch(/rtx4090, int4: \d+ cards in \d machines over the network/);
    const { ownHardware } = JSON.parse(
      runCli(["size", "--model", "llama-3.1-8b", "--context-length", "8192", "--json"]).stdout,
    );
    expect(ownHardware).toContainEqual(expect.objectContaining({ gpu: "rtx4090", precision: "bf16", cards: 1 }));
  });

  test("every constant of the arithmetic has its source beside it", () => {
    const { stdout } = runCli(["size", "--model", "gemma-3-27b", "--context-length", "32768", "--explain"]);
    expect(stdout).toMatch(/parameters: 27\.\d+B = .* \[/);
    expect(stdout).toMatch(/activations: .* \[vLLM/);
    expect(stdout).toMatch(/usable: .* \[/);
    expect(stdout).toMatch(/KV of windows: \d+ bytes a token .* last 1024 tokens/);
  });
});

test("a stack names a config.json of its project, and its model is what the plan is made for", () => {
  const stackFile = projectWith(
    "Pulumi.own.yaml",
    "config:\n  aws:region: us-east-1\n  llm-cluster:decision: {model: ./weights/config.json, contextLength: 8192, zone: use1-az6}\n",
  );
  const project = dirname(dirname(stackFile));
  mkdirSync(join(project, "weights"));
  cpSync(config("meta-llama--meta-llama-3.1-8b"), join(project, "weights/config.json"));
  const { plans } = JSON.parse(runCli(["preview", stackFile, "--json"]).stdout);
  expect(plans).toMatchObject([{ plan: { verdict: "fits", machine: "p5.4xlarge", decision: { model: "weights" } } }]);
  writeFileSync(stackFile, readFileSync(stackFile, "utf8").replace("./weights/config.json", "./nowhere/config.json"));
  const missing = runCli(["preview", stackFile]);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(/decision\.model: ".\/nowhere\/config\.json" cannot be read/);
  expect(missing.stderr).not.toMatch(/is not in catalogue/);
});
