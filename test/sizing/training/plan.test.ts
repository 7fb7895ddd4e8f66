import * as fc from "fast-check";
import { PriceBook } from "../../../pricing/priceBook";
import { findMachine, models } from "../../../sizing/catalogue";
import { parseDecision } from "../../../sizing/decision";
import type { DecisionArgs, TrainingArgs } from "../../../sizing/decisionArgs";
import { judgeTrainingFit } from "../../../sizing/training/fit";
import type { TrainingPlan } from "../../../sizing/training/plan";
import { planTraining } from "../../../sizing/training/planner";
import { blockHours } from "../../../sizing/training/run";
import { runs } from "../../support/runs";

const sizeOf = (args: DecisionArgs) => planTraining(parseDecision(args));
const planOn = (machine: string, args: Omit<DecisionArgs, "machine">) => sizeOf({ ...args, machine }).plan;
const gpusOf = ({ tensorParallel, pipelineParallel, dataParallel }: TrainingPlan) =>
  tensorParallel * pipelineParallel * dataParallel;

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

describe("time and cost", () => {
  const decision = { model: "llama-3.1-8b", workload: "full", machine: "p5.48xlarge" } as const;

  test("tokens a second are arithmetic x utilisation over what a token takes, and a run is its tokens over them", () => {
    const plan = sizeOf({ ...decision, training: { tokens: 5e9, modelFlopsUtilization: 0.4 } }).plan;
    // 6 x 7.50B linear parameters with the head, and causal attention: 6 x 32 layers x 4096 wide x 4096 tokens.
    const flops = 6 * 7.504_658e9 + 6 * 32 * 4096 * 4096;
    const rate = (8 * 989e12 * 0.4) / flops;
    expect(plan.training.tokensPerSecond / rate).toBeCloseTo(1, 3);
    expect(plan.training.run.hours).toBeCloseTo(5e9 / rate / 3600, 1);
    expect(plan.training.run.days).toBeCloseTo(plan.training.run.hours / 24, 2);
  });

  test("each utilisation says its range, how many runs are behind it, and what stands in where there is none", () => {
    for (const workload of ["full", "lora", "qlora"] as const)
      for (const model of ["llama-3.1-70b", "mixtral-8x7b"])
        for (const { training } of sizeOf({ model, workload }).candidates) {
          const { value, low = 1, high = 0, runs: count, source, assumed } = training.modelFlopsUtilization;
          expect(low).toBeLessThanOrEqual(value);
          expect(high).toBeGreaterThanOrEqual(value);
          expect(source.length).toBeGreaterThan(10);
          expect(count > 0 || assumed !== undefined).toBe(true);
        }
  });

  // Published rates of runs that the options can express, tokens a second of all GPUs: torchtune's README (405B on eight
  // A100), and the Llama 3 paper's 400 to 430 TFLOPS a GPU on 8,192 H100 at 8,192 tokens, 38 to 43 %.
  test("published runs are near: 405B QLoRA on eight A100 within a factor of two, Llama 3's own within its range", () => {
    const lora = { workload: "qlora", machine: "Standard_ND96amsr_A100_v4", contextLength: 2048 } as const;
    const { training } = sizeOf({ model: "llama-3.1-405b", ...lora }).plan;
    expect(training.tokensPerSecond).toBeGreaterThan(653 / 2);
    expect(training.tokensPerSecond).toBeLessThan(653 * 2);
    const { throughput } = judgeTrainingFit({
      ...{ model: "llama-3.1-405b", workload: "full", gpu: "h100", gpus: 8192, sequenceLength: 8192 },
      ...{ tensorParallel: 8, pipelineParallel: 16, recomputation: "selective" },
    });
    const [low = 0, high = 0] = throughput?.tokensPerSecondRange ?? [];
    const flops = 6 * 403.7e9 + 6 * 126 * 16_384 * 8192;
    expect(low).toBeLessThan((8192 * 400e12) / flops);
    expect(high).toBeGreaterThan((8192 * 300e12) / flops);
  });

  test("a run is priced in every way that its machines are sold, a capacity block as long as the run", () => {
    const { plan } = sizeOf({ ...decision, training: { tokens: 2e10 } });
    const { hours, costs } = plan.training.run;
    expect(costs.map(({ capacityMode }) => capacityMode)).toEqual(["onDemand", "spot", "capacityBlock"]);
    const [onDemand, , block] = costs;
    expect(Number(onDemand?.usd)).toBeCloseTo(Number(plan.cost.hourlyCostUsd) * hours, 0);
    expect(block?.paidHours).toBe(blockHours(hours));
    expect(block?.paidHours).toBeGreaterThanOrEqual(hours);
    for (const { usd, why, priceAsOf } of costs) expect(usd === undefined ? why : priceAsOf).toBeTruthy();
  });

  test("blocks are whole days up to 14, then whole weeks", () => {
    expect([0.5, 24, 25, 336, 337, 1000].map(blockHours)).toEqual([24, 24, 48, 336, 504, 1008]);
  });

  test("the decision's own block is as long as the run, and one that is given and too short is said", () => {
    const capacity = { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0" } as const;
    const { plan } = sizeOf({ ...decision, training: { tokens: 2e10 }, capacity });
    expect(plan.decision.capacity.hours).toBe(blockHours(plan.training.run.hours));
    const own = plan.training.run.costs.find(({ capacityMode }) => capacityMode === "capacityBlock");
    expect(plan.cost.oneOffCostUsd).toBe(own?.usd);
    const longer = sizeOf({ ...decision, training: { tokens: 2e10 }, capacity: { ...capacity, hours: 336 } }).plan;
    const bought = longer.training.run.costs.find(({ capacityMode }) => capacityMode === "capacityBlock");
    expect([bought?.paidHours, bought?.usd]).toEqual([336, longer.cost.oneOffCostUsd]);
    const tooLong = sizeOf({ ...decision, training: { tokens: 1e13 }, capacity }).plan;
    expect([tooLong.decision.capacity.hours, tooLong.cost.oneOffCostUsd]).toEqual([undefined, undefined]);
    expect(tooLong.warnings.join("\n")).toMatch(/capacity block: the run takes .* 182 are the most/);
    const short = sizeOf({ ...decision, training: { tokens: 2e10 }, capacity: { ...capacity, hours: 24 } }).plan;
    expect(short.warnings.join("\n")).toContain("capacity.hours 24 is shorter than the run");
  });

  test("a run longer than is sold says so, and a price that is not known is unknown, not zero", () => {
    const long = sizeOf({ ...decision, training: { tokens: 1e13 } }).plan.training.run;
    expect(long.costs.find(({ capacityMode }) => capacityMode === "capacityBlock")).toMatchObject({
      why: expect.stringMatching(/182 are the most/),
    });
    const unpriced = planTraining(parseDecision(decision), new PriceBook([])).plan;
    for (const { usd, why } of unpriced.training.run.costs) expect([usd, Boolean(why)]).toEqual([undefined, true]);
    expect(unpriced.warnings.join("\n")).toContain("unknown, not zero");
  });

  test("checkpoints are 14 bytes a trained parameter, and storage is asked for what keeps 1 % of the run", () => {
    const { checkpoints } = planOn("p5.48xlarge", { model: "llama-3.1-405b", workload: "full" }).training;
    // MLPerf Storage has 5,290 GB, 13 bytes a parameter.
    expect(checkpoints.sizeGB / 5290).toBeGreaterThan(1);
    expect(checkpoints.sizeGB / 5290).toBeLessThan(1.1);
    const lost = checkpoints.writeSeconds / 3600 / checkpoints.everyHours;
    const repeated = checkpoints.everyHours / 2 / checkpoints.hoursBetweenFailures;
    expect(lost + repeated).toBeCloseTo(0.01, 3);
    const adapters = planOn("p5.48xlarge", { model: "llama-3.1-405b", workload: "qlora" }).training.checkpoints;
    expect(adapters.sizeGB).toBeLessThan(20);
  });
});

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

test("the plan is the cheapest run that fits and can be had, and the same decision gives the same plan", () => {
  const decision: DecisionArgs = { model: "llama-3.1-70b", workload: "full", training: { tokens: 1e10 } };
  const sizing = sizeOf(decision);
  const { plan, candidates } = sizing;
  expect(JSON.stringify(sizeOf(decision))).toBe(JSON.stringify(sizing));
  expect(plan.recommended?.machine).toBe(plan.machine);
  const usd = (each: TrainingPlan) => Number(each.training.run.costs[0]?.usd ?? Number.POSITIVE_INFINITY);
  const orderable = candidates.filter(({ verdict, warnings }) => verdict === "fits" && warnings.length === 0);
  for (const other of orderable) expect(usd(plan)).toBeLessThanOrEqual(usd(other));
  const [loads] = [plan.minimum];
  expect(Number(loads?.hourlyCostUsd)).toBeLessThanOrEqual(Number(plan.cost.hourlyCostUsd));
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

const someQuestion = fc.record({
  model: fc.constantFrom(...models.map(({ id }) => id)),
  workload: fc.constantFrom("full", "lora", "qlora") as fc.Arbitrary<"full" | "lora" | "qlora">,
  machine: fc.constantFrom("p5.48xlarge", "p5en.48xlarge", "p6-b200.48xlarge", "p5.4xlarge"),
  sequenceLength: fc.integer({ min: 512, max: 4096 }),
});

describe("whatever is asked", () => {
  test("the plan's GPUs are its machines', its verdict is that of its configuration, and fewer machines do not do", () => {
    fc.assert(
      fc.property(someQuestion, ({ model, workload, machine, sequenceLength }) => {
        const plan = planOn(machine, { model, workload, training: { sequenceLength } });
        const row = findMachine(machine);
        expect(gpusOf(plan)).toBe(plan.nodes * (row?.gpus ?? 0));
        const { training, tensorParallel, pipelineParallel, dataParallel, expertParallel } = plan;
        const { microBatchSize, sharding, recomputation, states, logits } = training;
        const judged = judgeTrainingFit({
          ...{
            model,
            workload,
            gpu: row?.gpu,
            sequenceLength,
            microBatchSize,
            sharding,
            recomputation,
            states,
            logits,
          },
          ...{ tensorParallel, pipelineParallel, dataParallel, expertParallel },
        });
        expect(judged.verdict).toBe(plan.verdict);
        expect(judged.memory).toEqual(plan.memory);
        if (plan.verdict !== "fits" || plan.nodes === 1) return;
        const fewer = planOn(machine, {
          model,
          workload,
          training: { sequenceLength },
          overrides: { nodes: plan.nodes - 1 },
        });
        expect(fewer.verdict !== "fits" || fewer.interconnect.verdict !== "fit").toBe(true);
      }),
      runs(60),
    );
  });

  test("what a plan says would make it fit does, by the options of size", () => {
    const pathOf = (flag: string) => (flag === "nodes" ? "overrides" : flag === "workload" ? undefined : "training");
    fc.assert(
      fc.property(someQuestion, fc.boolean(), ({ model, workload, machine, sequenceLength }, isContext) => {
        const length = isContext ? { contextLength: sequenceLength } : { training: { sequenceLength } };
        const asked = { model, workload, machine, ...length, overrides: { nodes: 1 } };
        const words = sizeOf(asked).plan.warnings.find((warning) => warning.startsWith("it would fit with "));
        for (const option of words?.slice("it would fit with ".length).split(", or with ") ?? []) {
          const [, flag = "", value = ""] = /^--([a-z-]+) (\S+)$/.exec(option) ?? [];
          const key = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
          const given = /^\d+$/.test(value) ? Number(value) : value;
          const where = pathOf(flag);
          const changed = where
            ? { ...asked, [where]: { ...(asked as DecisionArgs)[where as "training"], [key]: given } }
            : { ...asked, [key]: given };
          expect(`${option}: ${sizeOf(changed as DecisionArgs).plan.verdict}`).toBe(`${option}: fits`);
        }
      }),
      runs(40),
    );
  });

  test("what a suggestion says makes it fit does", () => {
    fc.assert(
      fc.property(someQuestion, fc.constantFrom(1, 4, 8, 16), fc.boolean(), (question, gpus, isNamed) => {
        const { model, workload, machine, sequenceLength } = question;
        const ranks = isNamed ? { dataParallel: gpus } : {};
        // The context's length stands for the sequence's.
        const length = isNamed ? { contextLength: sequenceLength } : { sequenceLength };
        const request = { model, workload, gpu: findMachine(machine)?.gpu, gpus, ...ranks, ...length };
        const { warnings } = judgeTrainingFit(request);
        const words = warnings.find((warning) => warning.startsWith("it would fit with "));
        for (const options of words?.slice("it would fit with ".length).split(", or with ") ?? []) {
          const parts = [...options.matchAll(/--([a-z-]+) (\S+)/g)].map(([, flag = "", value = ""]) => {
            const key = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
            return [key, /^\d+$/.test(value) ? Number(value) : value];
          });
          expect(parts.length).toBeGreaterThan(0);
          expect(`${options}: ${judgeTrainingFit({ ...request, ...Object.fromEntries(parts) }).verdict}`).toBe(
            `${options}: fits`,
          );
        }
      }),
      runs(60),
    );
  });
});
