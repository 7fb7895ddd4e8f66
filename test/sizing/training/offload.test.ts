import { judgeTrainingFit } from "../../../sizing/training/fit";
import { planOn, sizeOf } from "../../support/trainingPlans";

describe("offload", () => {
  test("takes the optimizer off the GPU, into the machine's own memory, for time", () => {
    const decision = { model: "llama-3.1-8b", workload: "full", machine: "p5.4xlarge" } as const;
    expect(sizeOf(decision).plan.verdict).toBe("no");
    const { plan } = sizeOf({ ...decision, training: { offload: "optimizer" } });
    expect(plan.memory.optimizerGiB).toBe(0);
    expect(plan.training.hostMemoryGiB).toBeGreaterThan(80);
    const named = { modelFlopsUtilization: 0.39, offload: "none" } as const;
    const onGpu = sizeOf({ ...decision, training: named }).plan.training;
    expect(plan.training.tokensPerSecond).toBeLessThan(onGpu.tokensPerSecond);
  });

  test("of ranks that share nothing is kept by each, and is not planned unasked", () => {
    const decision = { model: "llama-3.1-8b", workload: "full", machine: "p5.48xlarge" } as const;
    const shared = sizeOf({ ...decision, training: { offload: "optimizer" } }).plan.training;
    expect([shared.sharding, shared.hostMemoryGiB]).toEqual(["fsdp", expect.closeTo((14 * 8.03e9) / 2 ** 30, 0)]);
    const { warnings } = judgeTrainingFit({
      ...{ model: "llama-3.1-8b", workload: "full", gpu: "h200", gpus: 8, sharding: "none", offload: "optimizer" },
    });
    expect(warnings.join("\n")).toMatch(/offloaded states take 71\d GiB/);
  });

  test("splits that only Megatron has are its, with its states", () => {
    const overrides = { tensorParallel: 8, pipelineParallel: 2 };
    const plan = planOn("p5en.48xlarge", { model: "llama-3.1-70b", workload: "full", overrides });
    expect(plan.training).toMatchObject({ sharding: "megatron", states: "mixed32" });
  });

  test("of frozen weights takes the machine's memory and the time to bring them, too", () => {
    const decision = { model: "llama-3.1-70b", workload: "lora", machine: "p5.4xlarge" } as const;
    const { plan } = sizeOf({ ...decision, training: { offload: "parameters" } });
    expect(plan.training.sharding).toBe("fsdp");
    expect(plan.training.hostMemoryGiB).toBeGreaterThan(131);
    // 141 GB, twice, at 48 GB/s.
    const seconds = (plan.training.microBatchSize * 4096) / plan.training.tokensPerSecond;
    expect(seconds).toBeGreaterThan((2 * 141.1) / 48);
  });

  test("that the machine's memory cannot hold does not fit", () => {
    const training = { offload: "parameters", sharding: "fsdp" } as const;
    const plan = planOn("p5.48xlarge", {
      ...{ model: "llama-3.1-405b", workload: "full", training },
      overrides: { nodes: 1 },
    });
    expect(plan.verdict).toBe("no");
    expect(plan.warnings.join("\n")).toMatch(/offloaded states take \d+ GiB of each machine's own memory/);
  });
});
