import { PriceBook } from "../../../pricing/priceBook";
import { parseDecision } from "../../../sizing/decision";
import { judgeTrainingFit } from "../../../sizing/training/fit";
import { planTraining } from "../../../sizing/training/planner";
import { blockHours } from "../../../sizing/training/run";
import { planOn, sizeOf } from "../../support/trainingPlans";

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

  // Tokens a second of all GPUs, torchtune's README: 405B on eight A100.
  test("a published run is near: 405B QLoRA on eight A100, within a factor of two", () => {
    const lora = { workload: "qlora", machine: "Standard_ND96amsr_A100_v4", contextLength: 2048 } as const;
    const { training } = sizeOf({ model: "llama-3.1-405b", ...lora }).plan;
    expect(training.tokensPerSecond).toBeGreaterThan(653 / 2);
    expect(training.tokensPerSecond).toBeLessThan(653 * 2);
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

  test("the range of a speed is that of the arithmetic: what the host takes stays, in size and in fit", () => {
    const asked = { model: "llama-3.1-8b", workload: "full", offload: "optimizer", sharding: "fsdp" } as const;
    const { model, workload, ...training } = asked;
    const { plan } = sizeOf({ model, workload, training: { ...training, microBatchSize: 1 }, machine: "p5.48xlarge" });
    const { recomputation, microBatchSize } = plan.training;
    const { throughput } = judgeTrainingFit({ ...asked, recomputation, microBatchSize, gpu: "h100", gpus: 8 });
    expect(throughput?.tokensPerSecondRange).toEqual(plan.training.tokensPerSecondRange);
    const [low = 0, high = 0] = plan.training.tokensPerSecondRange ?? [];
    const utilization = plan.training.modelFlopsUtilization;
    expect(high / low).toBeLessThan(Number(utilization.high) / Number(utilization.low));
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
