import { priceMachine } from "../../pricing/machinePrice";
import { findGpu, findMachine, gpuOf, gpus, machines, models } from "../../sizing/catalogue";
import { gpuSchema, machineSchema } from "../../sizing/catalogueSchema";
import modelData from "../../sizing/data/models.json";
import { parseDecision } from "../../sizing/decision";
import { judgeFit } from "../../sizing/fit";
import { layersOf } from "../../sizing/model";
import { resolveModel } from "../../sizing/modelNames";
import { modelSchema } from "../../sizing/modelSchema";

test.each(modelData.models.map((row) => [row.id, row] as const))(
  "the row of %s is one that the schema takes",
  (_, row) => {
    // Later releases of a shape are the shipped catalogue's own shorthand.
    const { releases: _releases, ...plain } = row as typeof row & { releases?: unknown };
    expect(modelSchema.safeParse(plain).error?.issues ?? []).toEqual([]);
  },
);

test("so are GPUs and machines, and every machine's GPU is there", () => {
  for (const gpu of gpus) expect(gpuSchema.safeParse(gpu).error?.issues ?? []).toEqual([]);
  for (const machine of machines) {
    expect(machineSchema.safeParse(machine).error?.issues ?? []).toEqual([]);
    expect(gpuOf(machine).id).toBe(machine.gpu);
  }
});

test("ids are one model's, GPU's or machine's alone, and so is every other name", () => {
  const unique = (names: readonly string[]) =>
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  unique(models.map(({ id }) => id));
  unique(
    models
      .flatMap(({ id, aliases = [], checkpoints }) => [
        id,
        ...aliases,
        ...checkpoints.flatMap((checkpoint) => checkpoint.repositories),
      ])
      .map((name) => name.toLowerCase()),
  );
  unique(gpus.flatMap(({ id, aliases }) => [id, ...aliases]));
  unique(machines.map(({ id }) => id.toLowerCase()));
});

test("the GPUs and machines that are promised are there", () => {
  for (const id of "h100 h200 b200 b300 gb200 a100-80 mi300x tpu-v6e rtx4090 rtx5090".split(" "))
    expect(findGpu(id)?.id).toBe(id);
  const promised =
    "p5.48xlarge p5.4xlarge p5e.48xlarge p5en.48xlarge p6-b200.48xlarge p6-b300.48xlarge a3-highgpu-8g a3-megagpu-8g a3-ultragpu-8g a4-highgpu-8g ct6e-standard-8t Standard_ND96isr_H100_v5 Standard_ND96isr_H200_v5 Standard_NC40ads_H100_v5";
  for (const id of promised.split(" ")) expect(findMachine(id)?.id).toBe(id);
  expect(models.length).toBeGreaterThanOrEqual(40);
});

test("racks of GB200 are listed and marked as not built here", () => {
  const racks = machines.filter(({ gpu }) => gpu === "gb200");
  expect(racks.map(({ cloud }) => cloud).sort()).toEqual(["aws", "azure", "gcp"]);
  for (const { notProvisionable } of racks) expect(notProvisionable).toMatch(/UltraServers|racks/);
});

test("a machine that this package will build has a price or a reason in some region that offers it", () => {
  for (const machine of machines.filter(({ notProvisionable }) => !notProvisionable)) {
    expect(machine.regions.length).toBeGreaterThan(0);
    const states = machine.regions.map((region) => priceMachine(machine, region, "onDemand").state);
    // p5e is sold in capacity blocks only.
    if (machine.id !== "p5e.48xlarge") expect(states).toContain("priced");
  }
});

test("layers are as many as the models' configurations say", () => {
  const layers = (id: string) => layersOf(models.find((row) => row.id === id) as never).length;
  expect([
    layers("llama-3.1-405b"),
    layers("deepseek-v3"),
    layers("gemma-3-27b"),
    layers("nemotron-ultra-253b"),
  ]).toEqual([126, 61, 62, 162]);
});

describe("names", () => {
  test.each([
    ["unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit", "llama-3.1-8b", "int4"],
    ["RedHatAI/Llama-3.3-70B-Instruct-quantized.w8a8", "llama-3.3-70b", "int8"],
    ["RedHatAI/Llama-3.3-70B-Instruct-quantized.w4a16", "llama-3.3-70b", "int4"],
    ["Qwen/Qwen2.5-72B-Instruct-GPTQ-Int8", "qwen2.5-72b", "int8"],
    ["Qwen/Qwen2.5-72B-Instruct-AWQ", "qwen2.5-72b", "int4"],
    ["Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "qwen3-235b-a22b-2507", "fp8"],
    ["Qwen/Qwen3-235B-A22B-Thinking-2507", "qwen3-235b-a22b-2507", undefined],
    ["moonshotai/Kimi-K2-Instruct-0905", "kimi-k2-0905", undefined],
    ["nvidia/DeepSeek-R1-0528-NVFP4", "deepseek-r1", "nvfp4"],
    ["nvidia/Llama-3_3-Nemotron-Super-49B-v1", "nemotron-super-49b", "bf16"],
    ["nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8", "nemotron-3-nano-30b-a3b", "fp8"],
    ["google/gemma-3-27b-pt", "gemma-3-27b", "bf16"],
    ["unsloth/gemma-3-27b-it", "gemma-3-27b", undefined],
    ["unsloth/gpt-oss-120b-BF16", "gpt-oss-120b", "bf16"],
    ["TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ", "mixtral-8x7b", "int4"],
    ["CohereForAI/c4ai-command-r-plus", "command-r-plus", "bf16"],
    ["zai-org/GLM-4.5-Air-FP8", "glm-4.5-air", "fp8"],
    ["DEEPSEEK-AI/deepseek-r1", "deepseek-r1", "fp8"],
  ])("%s is %s, in %p", (name, id, precision) => {
    const found = resolveModel(name);
    expect(found?.model.id).toBe(id);
    expect(found?.impliedPrecision).toBe(precision);
  });

  test("what a quantised name does not say is said, and what it says wins", () => {
    const vague = judgeFit({ model: "Qwen/Qwen3-8B-GGUF", gpu: "h100", contextLength: 8192 });
    expect(vague.warnings.join()).toContain("gguf in the name does not say how many bits: give precision");
    expect(parseDecision({ model: "Qwen/Qwen3-8B-GGUF" }).assumptions.join()).toContain("gguf in the name");
    expect(
      judgeFit({ model: "Qwen/Qwen3-8B-GGUF", precision: "int4", gpu: "h100", contextLength: 8192 }).warnings.join(),
    ).not.toContain("gguf");
  });

  test("a model of one's own is meant by its own name only", () => {
    const own = { ...(models[0] as (typeof models)[number]), id: "llama-3.1-8b-instruct-awq", checkpoints: [] };
    expect(resolveModel("llama-3.1-8b-instruct-awq", [own])?.model).toBe(own);
    expect(resolveModel("unsloth/Llama-3.1-8B-Instruct-bnb-4bit", [own])?.model.id).toBe("llama-3.1-8b");
  });

  // Same words, another model: distilled, smaller, vision, later.
  test.each([
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
    "nvidia/Llama-3.1-Nemotron-70B-Instruct-HF",
    "microsoft/Phi-4-mini-instruct",
    "Qwen/Qwen3-VL-235B-A22B-Instruct",
    "moonshotai/Kimi-K2-Thinking",
    "meta-llama/Llama-3.2-90B-Vision-Instruct",
    "google/gemma-3-12b-it",
    "zai-org/GLM-4.6",
    "fp8",
    "-instruct",
  ])("%s is not in the catalogue", (name) => {
    expect(resolveModel(name)).toBeUndefined();
  });

  test("a later release of a model's shape takes the requests that it was made for", () => {
    const context = (name: string) => resolveModel(name)?.model.maxContext;
    expect(context("Qwen/Qwen3-235B-A22B")).toBe(40_960);
    expect(context("Qwen/Qwen3-235B-A22B-Instruct-2507")).toBe(262_144);
  });
});
