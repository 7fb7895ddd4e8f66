import * as fc from "fast-check";
import { findMachine, machines } from "../../sizing/catalogue";
import { parseDecision } from "../../sizing/decision";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import { judgeInterconnect } from "../../sizing/interconnect";
import { tryOwnHardware } from "../../sizing/ownHardware";
import { planDecision } from "../../sizing/planner";
import { someDecision } from "../support/decisions";
import { runs } from "../support/runs";

const plan = (args: DecisionArgs) => planDecision(parseDecision(args));
const small: DecisionArgs = { model: "llama-3.1-8b", contextLength: 8192 };
const cloudsOf = (args: DecisionArgs) => [
  ...new Set(plan(args).candidates.map(({ machine }) => findMachine(machine)?.cloud)),
];

describe("which machines are compared", () => {
  test("those of every cloud, unless the decision says which", () => {
    expect(plan(small).candidates).toHaveLength(machines.length);
    expect(cloudsOf({ ...small, cloud: "gcp" })).toEqual(["gcp"]);
    expect(cloudsOf({ ...small, cloud: "azure" })).toEqual(["azure"]);
  });

  test("a region, and a way of buying that one cloud has, are that cloud's", () => {
    expect(cloudsOf({ ...small, region: "us-central1" })).toEqual(["gcp"]);
    expect(cloudsOf({ ...small, zone: "us-east5-a" })).toEqual(["gcp"]);
    expect(cloudsOf({ ...small, capacity: { mode: "flexStart" } })).toEqual(["gcp"]);
    expect(cloudsOf({ ...small, capacity: { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0" } })).toEqual([
      "aws",
    ]);
  });

  test("where nobody names a region, each machine is looked at where it is offered", () => {
    for (const { machine, decision } of plan(small).candidates)
      expect(findMachine(machine)?.regions).toContain(decision.region);
    expect(parseDecision({ ...small, machine: "p6-b300.48xlarge" }).decision.region).toBe("us-west-2");
    expect(parseDecision({ ...small, machine: "standard_nd96isr_h100_v5" }).decision).toMatchObject({
      machine: "Standard_ND96isr_H100_v5",
      region: "eastus2",
    });
  });

  test("what cannot be ordered so, or is not built here, is compared, marked, ranked last and never recommended", () => {
    const { candidates } = plan({
      model: "llama-3.1-405b",
      precision: "fp8",
      contextLength: 131_072,
      averageTokens: 8192,
      concurrency: 8,
    });
    const isWithinReach = (id: string) => {
      const machine = findMachine(id);
      return !machine?.notProvisionable && !machine?.notSold?.onDemand;
    };
    const fitting = candidates.filter(({ verdict }) => verdict === "fits").map(({ machine }) => isWithinReach(machine));
    expect(fitting).toContain(false);
    expect(fitting.lastIndexOf(true)).toBeLessThan(fitting.indexOf(false));
    const warningsOf = (id: string) => candidates.find(({ machine }) => machine === id)?.warnings.join();
    expect(warningsOf("Standard_ND128isr_NDR_GB200_v6")).toContain("is not built by this package: arm64 racks");
    expect(warningsOf("a3-ultragpu-8g")).toContain("is not sold by onDemand: not orderable on demand");
    expect(isWithinReach(candidates[0]?.recommended?.machine ?? "")).toBe(true);
    const flex = plan({ model: "llama-3.1-8b", contextLength: 8192, capacity: { mode: "flexStart" } }).plan;
    expect(flex.warnings.join()).not.toContain("is not sold by");
  });
});

describe("how layers are shared", () => {
  test("ranks that share experts hold what slices need three machines for, since latent attention is not sliced", () => {
    const { plan: best } = plan({
      model: "deepseek-r1",
      contextLength: 32_768,
      concurrency: 40,
      machine: "p5en.48xlarge",
    });
    expect(best).toMatchObject({ nodes: 1, tensorParallel: 1, dataParallel: 8, expertParallel: 8, verdict: "fits" });
    expect(best.explanation.join("\n")).toContain("slices of 8 would take 3 machines, not 1");
    expect(best.kvCache.tokensPerReplica).toBeGreaterThan(40 * 32_768);
  });

  test("slices stay the choice where they carry the load", () => {
    const { plan: best } = plan({
      model: "deepseek-r1",
      contextLength: 8192,
      concurrency: 4,
      machine: "p5en.48xlarge",
    });
    expect(best).toMatchObject({ tensorParallel: 8, dataParallel: 1, verdict: "fits" });
  });

  test.each([
    ["p5.48xlarge", { tensorParallel: 8, pipelineParallel: 1 }, "fit", "nvlink", "not used"],
    ["p5.48xlarge", { tensorParallel: 8, pipelineParallel: 2 }, "fit", "nvlink", "efa"],
    ["a3-ultragpu-8g", { tensorParallel: 8, pipelineParallel: 2 }, "fit", "nvlink", "roce"],
    ["Standard_ND96isr_H100_v5", { tensorParallel: 8, pipelineParallel: 2 }, "fit", "nvlink", "infiniband"],
    ["p5.48xlarge", { tensorParallel: 16, pipelineParallel: 1 }, "broken", "nvlink", "not used"],
    ["a3-highgpu-1g", { tensorParallel: 1, pipelineParallel: 2 }, "slow", "none", "none"],
    ["p5.4xlarge", { tensorParallel: 1, pipelineParallel: 1 }, "fit", "none", "not used"],
  ])("%s with %p is %s: %s inside, %s between", (id, split, verdict, withinNode, betweenNodes) => {
    const machine = findMachine(id);
    if (!machine) throw new Error(`no machine ${id}`);
    const judged = judgeInterconnect(machine, { dataParallel: 1, expertParallel: 1, ...split });
    expect(judged).toMatchObject({ verdict, withinNode, betweenNodes });
  });

  test("more slices than one machine's GPUs are refused when the decision is read", () => {
    const wide = { ...small, model: "llama-3.1-70b", machine: "p5.48xlarge", overrides: { tensorParallel: 16 } };
    expect(() => parseDecision(wide)).toThrow(/more than the 8 GPUs that share one machine's fast link/);
  });
});

describe("the engine's own limit of requests", () => {
  const many: DecisionArgs = {
    model: "llama-3.1-8b",
    contextLength: 2048,
    concurrency: 3000,
    machine: "p6-b200.48xlarge",
  };

  test("bounds what a replica is planned for, however small requests are", () => {
    const { plan: best } = plan(many);
    // Four copies on two GPUs each take 1,024 requests each; one over eight GPUs takes no more than one of them.
    expect(best).toMatchObject({ replicas: 1, tensorParallel: 2, dataParallel: 4, verdict: "fits" });
    expect(best.kvCache.maxSequences).toBe(4096);
    const over8 = plan({ ...many, overrides: { tensorParallel: 8 } }).plan;
    expect(over8).toMatchObject({ replicas: 3, verdict: "fits" });
    expect(over8.kvCache.maxSequences).toBe(1024);
    expect(over8.throughput?.concurrency).toBeLessThanOrEqual(1024);
  });

  test("makes what queues marginal, and says so", () => {
    const { plan: one } = plan({ ...many, overrides: { replicas: 1, tensorParallel: 8 } });
    expect(one.verdict).toBe("marginal");
    expect(one.warnings.join()).toContain("lets in 1024 of 3000 live requests at a time");
    expect(one.throughput?.concurrency).toBe(1024);
  });

  test("is lower on A100 and small cards", () => {
    const on = (machine: string) => plan({ ...many, machine, concurrency: 256 }).plan.kvCache.maxSequences;
    expect(on("Standard_ND96amsr_A100_v4")).toBe(256);
  });
});

describe("consumer GPUs", () => {
  const cards = (model: string, precision: string, contextLength = 8192) =>
    Object.fromEntries(
      tryOwnHardware(parseDecision({ model, precision, contextLength })).map((row) => [
        `${row.gpu} ${row.precision}`,
        row.cards,
      ]),
    );

  test("one card serves 8B, and no one machine of them 405B, even in 4 bits", () => {
    expect(cards("llama-3.1-8b", "bf16")).toMatchObject({ "rtx4090 bf16": 1, "rtx5090 bf16": 1 });
    const large = cards("llama-3.1-405b", "fp8");
    expect(large["rtx4090 int4"]).toBeGreaterThan(8);
    expect(large["rtx5090 int4"]).toBeGreaterThan(8);
    expect(large["rtx4090 fp8"]).toBeGreaterThan(large["rtx4090 int4"] ?? Number.POSITIVE_INFINITY);
  });
});

test("ten thousand decisions: no crash, nothing that is no number, nothing negative", () => {
  const check = (value: unknown): void => {
    if (typeof value === "number" && !(Number.isFinite(value) && value >= 0)) throw new Error(`a figure is ${value}`);
    if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) check(inner);
  };
  fc.assert(
    fc.property(someDecision, (args) => {
      const machine = args.machine ?? "p5en.48xlarge";
      const { plan: best } = plan({ ...args, machine });
      check(best);
      expect(best.nodes).toBe(best.replicas * best.nodesPerReplica);
      // Ranks that share experts stay on one machine, and stages need a fabric between theirs.
      if (best.dataParallel > 1) expect(best.pipelineParallel).toBe(1);
      if (best.pipelineParallel > 1) expect(findMachine(best.machine)?.fabric).not.toBe("none");
    }),
    runs(10_000),
  );
});
