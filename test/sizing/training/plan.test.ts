import { findMachine } from "../../../sizing/catalogue";
import type { DecisionArgs, TrainingArgs } from "../../../sizing/decisionArgs";
import { judgeTrainingFit } from "../../../sizing/training/fit";
import type { TrainingPlan } from "../../../sizing/training/plan";
import { gpusOf, planOn, sizeOf } from "../../support/trainingPlans";

describe("405B, which the article is about", () => {
  test("QLoRA fits eight H100 of 80 GB at 4,096 tokens a GPU", () => {
    const plan = planOn("p5.48xlarge", { model: "llama-3.1-405b", workload: "qlora", contextLength: 4096 });
    expect(plan).toMatchObject({ verdict: "fits", nodes: 1, dataParallel: 8, training: { microBatchSize: 1 } });
  });

  test("BF16 LoRA does not, and the answer names the smallest cluster that does", () => {
    const asked = { model: "llama-3.1-405b", workload: "lora", gpu: "h100" };
    const { verdict, warnings } = judgeTrainingFit({ ...asked, gpus: 8 });
    expect(verdict).toBe("no");
    const words = warnings.find((warning) => warning.startsWith("it would fit with")) ?? "";
    expect(words).toContain("--workload qlora");
    expect(words).toContain("--gpus 16 --tensor-parallel 8 --pipeline-parallel 2 --sharding megatron");
    const named = { gpus: 16, tensorParallel: 8, pipelineParallel: 2, sharding: "megatron" };
    expect(judgeTrainingFit({ ...asked, ...named }).verdict).toBe("fits");
    const plan = planOn("p5.48xlarge", { model: "llama-3.1-405b", workload: "lora" });
    expect(plan).toMatchObject({ verdict: "fits", nodes: 2, tensorParallel: 8, pipelineParallel: 2 });
  });

  test("full training takes 6.5 TB of states, and more than a hundred H100", () => {
    const plan = planOn("p5.48xlarge", { model: "llama-3.1-405b", workload: "full" });
    expect(plan.training.statesGB).toBeCloseTo(6493.7, 1);
    expect(gpusOf(plan)).toBeGreaterThan(100);
    // Published runs took 512 and more.
    expect(gpusOf(plan)).toBeLessThan(512);
    const { training } = planOn("p5.48xlarge", {
      model: "llama-3.1-405b",
      workload: "full",
      training: { states: "mixed32" },
    });
    expect(training.statesGB).toBeCloseTo(7305.4, 1);
  });
});

test("a full fine-tuning of 8B stays on one machine, plainly sharded, with nothing recomputed that need not be", () => {
  const plan = planOn("p5.48xlarge", { model: "llama-3.1-8b", workload: "full" });
  expect(plan).toMatchObject({ nodes: 1, tensorParallel: 1, pipelineParallel: 1, dataParallel: 8 });
  expect(plan.training).toMatchObject({ sharding: "fsdp", recomputation: "none" });
});

test("what is named is obeyed", () => {
  const training: TrainingArgs = {
    ...{ sequenceLength: 8192, microBatchSize: 2, sharding: "megatron", recomputation: "selective" },
    ...{ optimizer: "adamw8bit", states: "mixed", logits: "fused", modelFlopsUtilization: 0.5 },
  };
  const overrides = { nodes: 8, tensorParallel: 4, pipelineParallel: 2 };
  const plan = planOn("p5en.48xlarge", { model: "llama-3.1-70b", workload: "full", training, overrides });
  const { modelFlopsUtilization, ...named } = training;
  expect(plan).toMatchObject({ ...overrides, dataParallel: 8, training: named });
  expect(plan.training.modelFlopsUtilization.value).toBe(modelFlopsUtilization);
});

test("a machine without a fabric trains alone, and where more are asked for the figures say what that is worth", () => {
  const decision = { model: "llama-3.1-8b", workload: "full" } as const;
  const alone = planOn("Standard_NC80adis_H100_v5", { ...decision, region: "eastus2" });
  expect(alone.nodes).toBe(1);
  const training = { sharding: "fsdp", microBatchSize: 1 } as const;
  const asked = { ...decision, training, region: "eastus2", overrides: { nodes: 4 } };
  const several = planOn("Standard_NC80adis_H100_v5", asked);
  expect(several.interconnect.verdict).toBe("slow");
  expect(several.interconnect.reason).toMatch(/no RDMA fabric: each micro-batch brings \d+.* GB .* s at 3.2 GB\/s/);
  expect(several.warnings.join("\n")).toContain("no RDMA fabric");
  expect(several.training.tokensPerSecondPerGpu).toBeLessThan(alone.training.tokensPerSecondPerGpu);
});

test("no plan is held up by its network where a larger cluster would not be", () => {
  for (const model of ["llama-3.1-405b", "deepseek-v3", "qwen3-235b-a22b"])
    for (const { interconnect, verdict, machine } of sizeOf({ model, workload: "full", cloud: "aws" }).candidates)
      if (verdict === "fits" && !findMachine(machine)?.notProvisionable)
        expect(`${model} on ${machine}: ${interconnect.verdict}`).toBe(`${model} on ${machine}: fit`);
});

test("where every way waits for the network, or none fits, the answer is not as many machines as there may be", () => {
  expect(planOn("a3-highgpu-8g", { model: "glm-4.5", workload: "full" })).toMatchObject({
    verdict: "fits",
    nodes: 14,
    interconnect: { verdict: "fit" },
  });
  const short = { model: "kimi-k2", workload: "qlora", training: { sequenceLength: 512 } } as const;
  expect(planOn("a3-highgpu-8g", short).nodes).toBeLessThan(8);
  const unfit = planOn("p5.48xlarge", { model: "nemotron-ultra-253b", workload: "qlora" });
  expect([unfit.verdict, unfit.nodes < 16]).toEqual(["no", true]);
});

test("pipelines need not be even: 61 layers over 16 machines' stages are tried", () => {
  const plan = planOn("p5.48xlarge", { model: "deepseek-v3", workload: "full" });
  expect(plan.nodes).toBeLessThanOrEqual(31);
  const stages = planOn("p5.48xlarge", { model: "deepseek-v3", workload: "full", overrides: { pipelineParallel: 16 } });
  expect(stages).toMatchObject({ verdict: "fits", pipelineParallel: 16 });
});

test("what holds the speed is named, and the pace is that of the slower", () => {
  const plan = planOn("p5.48xlarge", { model: "llama-3.1-405b", workload: "full" });
  expect(plan.training.boundBy).toBe("network");
  const pace = plan.explanation.find((line) => line.startsWith("pace:")) ?? "";
  const [, tokens = "", seconds = "", rate = ""] =
    /pace: (\d+) tokens in ([\d.]+) s \(the network's\) = (\d+)/.exec(pace) ?? [];
  expect(Number(tokens) / Number(seconds) / Number(rate)).toBeCloseTo(1, 3);
});

test("ranks that share nothing still exchange their adapters' gradients", () => {
  const decision = { model: "llama-3.1-8b", workload: "lora", region: "eastus2" } as const;
  const { interconnect, warnings } = planOn("Standard_NC80adis_H100_v5", { ...decision, overrides: { nodes: 2 } });
  expect(interconnect.reason).toMatch(/brings 0\.\d*[1-9]\d* GB|brings [1-9]/);
  expect(warnings.join("\n")).toContain("no RDMA fabric");
});

test("a rate that is asked for takes as many machines as reach it", () => {
  const decision = { model: "llama-3.1-8b", workload: "lora", cloud: "aws", machine: "p5.48xlarge" } as const;
  const one = sizeOf(decision).plan;
  const asked = 3 * one.training.tokensPerSecond;
  const more = sizeOf({ ...decision, targets: { tokensPerSecond: asked } }).plan;
  expect(more.nodes).toBeGreaterThan(one.nodes);
  expect(more.training.tokensPerSecond).toBeGreaterThanOrEqual(asked);
  const fewer = sizeOf({ ...decision, overrides: { nodes: more.nodes - 1 } }).plan;
  expect(fewer.training.tokensPerSecond).toBeLessThan(asked);
  const never = sizeOf({ ...decision, targets: { tokensPerSecond: 1e9 } }).plan;
  expect([never.verdict, never.nodes]).toEqual(["fits", 512]);
  expect(never.warnings.join("\n")).toContain("512 machines are the most that are tried");
  const missed = sizeOf({ ...decision, overrides: { nodes: 1 }, targets: { tokensPerSecond: asked } }).plan;
  expect(missed.warnings.join("\n")).toContain("target tokensPerSecond");
});
test("the plan is the cheapest run that fits and can be had, and the same decision gives the same plan", () => {
  const decision: DecisionArgs = { model: "llama-3.1-70b", workload: "full", training: { tokens: 1e10 } };
  const sizing = sizeOf(decision);
  const { plan, candidates } = sizing;
  expect(JSON.stringify(sizeOf(decision))).toBe(JSON.stringify(sizing));
  expect(plan.recommended?.machine).toBe(plan.machine);
  const usd = (each: TrainingPlan) => Number(each.training.run.costs[0]?.usd ?? Number.POSITIVE_INFINITY);
  const orderable = candidates.filter(({ verdict, warnings }) => verdict === "fits" && warnings.length === 0);
  expect(orderable.length).toBeGreaterThan(1);
  for (const other of orderable) expect(usd(plan)).toBeLessThanOrEqual(usd(other));
  expect(Number(plan.minimum?.hourlyCostUsd)).toBeLessThanOrEqual(Number(plan.cost.hourlyCostUsd));
});

test("each cloud has its smallest: that trains with headroom, and that loads", () => {
  const { clouds, candidates, plan } = sizeOf({ model: "llama-3.1-70b", workload: "full" });
  expect(clouds.map(({ cloud }) => cloud)).toEqual(["aws", "azure", "gcp"]);
  for (const { cloud, trains, loads } of clouds) {
    expect(Number(loads?.hourlyCostUsd)).toBeLessThanOrEqual(Number(trains?.hourlyCostUsd));
    const own = candidates.filter(
      ({ machine, verdict }) => findMachine(machine)?.cloud === cloud && verdict === "fits",
    );
    expect(own.some(({ machine, nodes }) => machine === trains?.machine && nodes === trains?.nodes)).toBe(true);
  }
  const [cheapest] = clouds
    .map(({ loads }) => loads)
    .sort((left, right) => Number(left?.hourlyCostUsd) - Number(right?.hourlyCostUsd));
  expect(plan.minimum).toEqual(cheapest);
});
