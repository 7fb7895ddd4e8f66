import { parseDecision } from "../../../sizing/decision";
import { judgeConfiguration } from "../../../sizing/judge";
import { planDecision } from "../../../sizing/planner";
import { ProblemsError } from "../../../sizing/problems";
import { judgeTrainingFit } from "../../../sizing/training/fit";
import { planTraining } from "../../../sizing/training/planner";

function problemsOf(judge: () => unknown): Record<string, string> {
  try {
    judge();
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, message, fix }) => [path, `${message}. ${fix}`]));
  }
  return {};
}

describe("a decision to train", () => {
  const decide = (args: object) =>
    problemsOf(() => parseDecision({ model: "llama-3.1-70b", workload: "lora", ...args }));

  test.each([
    ["concurrency", { concurrency: 8 }, "concurrency"],
    ["averageTokens", { averageTokens: 100 }, "averageTokens"],
    ["kvCacheDtype", { kvCacheDtype: "fp8" }, "kvCacheDtype"],
    ["a time per token", { targets: { timePerOutputTokenMs: 20 } }, "targets.timePerOutputTokenMs"],
    ["replicas", { overrides: { replicas: 2 } }, "overrides.replicas"],
    ["maxModelLen", { overrides: { maxModelLen: 4096 } }, "overrides.maxModelLen"],
  ])("refuses %s, which is for serving", (_, args, path) => {
    expect(decide(args)).toEqual({ [`decision.${path}`]: expect.stringContaining("is for serving") });
  });

  test.each([
    ["a format that nobody trains in", { precision: "int4" }, "precision", "leave it out, or use bf16"],
    ["a shape of its own", { training: { sharding: "zero4" } }, "training.sharding", "zero1"],
    ["a key that it does not know", { training: { rank: 8 } }, "training.rank", "loraRank"],
    ["sequences that are too long", { training: { sequenceLength: 200_000 } }, "training.sequenceLength", "131072"],
    [
      "double quantisation of 16 bits",
      { training: { doubleQuantization: true } },
      "training.doubleQuantization",
      "qlora",
    ],
    ["experts of a dense model", { training: { loraTargets: "experts" } }, "training.loraTargets", "all or attention"],
    [
      "weights on the host of zero1",
      { training: { offload: "parameters", sharding: "zero1" } },
      "training.offload",
      "fsdp",
    ],
    ["an AMD machine", { machine: "Standard_ND96isr_MI300X_v5" }, "machine", "NVIDIA"],
    [
      "GPUs that are no whole groups",
      { machine: "p5.48xlarge", overrides: { nodes: 3, tensorParallel: 8, pipelineParallel: 2 } },
      "overrides.nodes",
      "the next that are is 4",
    ],
    [
      "GPUs that are no whole groups on any machine",
      { cloud: "gcp", overrides: { nodes: 1, pipelineParallel: 5 } },
      "overrides.nodes",
      "the next that are is 5",
    ],
    ["half a token", { training: { tokens: 1.5 } }, "training.tokens", "whole number"],
  ])("refuses %s, and says what to write", (_, args, path, fix) => {
    const problems = decide(args);
    expect(Object.keys(problems)).toEqual([`decision.${path}`]);
    expect(problems[`decision.${path}`]).toContain(fix);
  });

  test("of every weight refuses adapters, and of 4-bit weights cutting them; all at once", () => {
    const training = { loraRank: 8, loraTargets: "all" };
    expect(Object.keys(decide({ workload: "full", training }))).toEqual([
      "decision.training.loraRank",
      "decision.training.loraTargets",
    ]);
    const cut = {
      workload: "qlora",
      training: { sharding: "megatron" },
      overrides: { tensorParallel: 2, pipelineParallel: 2 },
    };
    expect(Object.keys(decide(cut)).sort()).toEqual([
      "decision.overrides.pipelineParallel",
      "decision.overrides.tensorParallel",
      "decision.training.sharding",
    ]);
  });

  test("takes its own sequence length before the context's, in both commands", () => {
    const lengths = { contextLength: 8192, training: { sequenceLength: 2048 } };
    const { decision } = parseDecision({ model: "llama-3.1-8b", workload: "lora", ...lengths });
    expect([decision.contextLength, decision.training?.sequenceLength]).toEqual([2048, 2048]);
    const flat = { model: "llama-3.1-8b", gpu: "h100", workload: "lora", contextLength: 8192 };
    expect(judgeTrainingFit(flat).training.sequenceLength).toBe(8192);
    expect(judgeTrainingFit({ ...flat, sequenceLength: 2048 }).training.sequenceLength).toBe(2048);
  });

  test("trains in 16 bits whatever the repository's name says, and in sequences of 4,096 tokens", () => {
    const { decision, assumptions } = parseDecision({ model: "nvidia/Llama-3.1-405B-Instruct-FP8", workload: "full" });
    expect(decision).toMatchObject({ precision: "bf16", contextLength: 4096, training: { sequenceLength: 4096 } });
    expect(assumptions).toContain("training.sequenceLength: 4096 tokens");
  });

  test("says that weights must be converted where nobody publishes them in 16 bits", () => {
    const of = (model: string) => parseDecision({ model, workload: "qlora" }).assumptions.join("\n");
    expect(of("deepseek-v3")).toContain("published in fp8: training starts from weights in bf16, which you convert");
    expect(of("llama-3.1-8b")).not.toContain("convert");
  });

  test("that no machine can be divided for is a problem, not a crash", () => {
    const decision = {
      model: "llama-3.1-405b",
      workload: "full",
      machine: "p5.4xlarge",
      overrides: { pipelineParallel: 2 },
    };
    // Machines of one GPU are not put together.
    expect(problemsOf(() => planTraining(parseDecision(decision)))).toEqual({
      "decision.overrides.pipelineParallel": expect.stringContaining("on any machine that is allowed"),
    });
  });

  test("is not planned as one to serve", () => {
    const resolved = parseDecision({ model: "llama-3.1-8b", workload: "lora" });
    expect(() => planDecision(resolved)).toThrow("sizeDecision");
  });
});

describe("fit", () => {
  const ask = (args: object) => problemsOf(() => judgeConfiguration({ model: "llama-3.1-8b", gpu: "h100", ...args }));

  test("takes training's options for training only, and serving's for serving only", () => {
    expect(Object.keys(ask({ loraRank: 8 }))).toEqual(["loraRank"]);
    expect(Object.keys(ask({ workload: "lora", concurrency: 8 }))).toEqual(["concurrency"]);
    expect(Object.keys(ask({ workload: "tune", loraRank: 8, concurrency: 4 }))).toEqual(["workload"]);
    expect(ask({ loraRank: 8 }).loraRank).toContain("is for training");
    expect(ask({ workload: "lora", gpuMemoryUtilization: 0.5 }).gpuMemoryUtilization).toContain("is for serving");
    expect(Object.keys(ask({ loraRank: 8, gpu: "h101" })).sort()).toEqual(["gpu", "loraRank"]);
  });

  test("says everything that is wrong at once", () => {
    const wrong = { model: "llama-3.1-7b", workload: "qlora", gpu: "h101", sequenceLength: 0, tensorParallel: 2 };
    expect(Object.keys(ask(wrong)).sort()).toEqual(["gpu", "model", "sequenceLength", "tensorParallel"]);
  });

  test("checks the split as engines' start-ups do, and that GPUs are its product", () => {
    expect(ask({ workload: "full", gpus: 8, tensorParallel: 3 }).tensorParallel).toContain("1, 2, 4, 8");
    expect(ask({ workload: "full", gpus: 8, dataParallel: 4 }).gpus).toContain("give 4");
    expect(ask({ workload: "full", gpus: 64, pipelineParallel: 64 }).pipelineParallel).toContain("32");
  });

  test("fills in FSDP for several GPUs, nothing for one, and Megatron's optimizer beside stages", () => {
    const shardingOf = (args: object) =>
      judgeTrainingFit({ model: "llama-3.1-8b", gpu: "h100", workload: "full", ...args }).training;
    expect(shardingOf({ gpus: 1 })).toMatchObject({ sharding: "none", states: "mixed" });
    expect(shardingOf({ gpus: 8 })).toMatchObject({ sharding: "fsdp", states: "mixed" });
    expect(shardingOf({ gpus: 8, pipelineParallel: 2 })).toMatchObject({ sharding: "megatron", states: "mixed32" });
    expect(shardingOf({ gpus: 8, sharding: "zero2" })).toMatchObject({ sharding: "zero2", states: "mixed32" });
  });

  test("the memory has the contract's fields", () => {
    const { memory } = judgeTrainingFit({ model: "llama-3.1-8b", gpu: "h100", workload: "lora", gpus: 8 });
    expect(Object.keys(memory)).toEqual(
      expect.arrayContaining([
        ...["capacityGiB", "usableGiB", "weightsGiB", "kvCacheGiB", "activationsGiB", "nonTorchGiB", "freeGiB"],
        ...["gradientsGiB", "optimizerGiB", "peakGiB"],
      ]),
    );
  });
});
