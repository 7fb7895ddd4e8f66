import * as fc from "fast-check";
import { parseDecision } from "../../sizing/decision";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import { planDecision } from "../../sizing/planner";
import { someDecision } from "../support/decisions";
import { runs } from "../support/runs";

const plan = (args: DecisionArgs) => planDecision(parseDecision(args));
const layoutOn = (machine: string, args: Partial<DecisionArgs>) => {
  const { nodes, replicas, pipelineParallel, verdict } = plan({ ...worked, machine, ...args } as DecisionArgs).plan;
  return { nodes, replicas, pipelineParallel, verdict };
};

/** 405B in FP8 for 32 requests of its whole context. */
const worked: DecisionArgs = { model: "llama-3.1-405b", precision: "fp8", contextLength: 131_072, concurrency: 32 };

describe("the worked example", () => {
  test("on H100 with an fp8 cache three stages pool what seven replicas hold", () => {
    const { explanation } = plan({ ...worked, machine: "p5.48xlarge", kvCacheDtype: "fp8" }).plan;
    expect(layoutOn("p5.48xlarge", { kvCacheDtype: "fp8" })).toEqual({
      nodes: 3,
      replicas: 1,
      pipelineParallel: 3,
      verdict: "fits",
    });
    expect(explanation.join("\n")).toMatch(/independent replicas would take [78]/);
  });

  test("on H200 with an fp8 cache two independent replicas do, and need no network between them", () => {
    expect(layoutOn("p5en.48xlarge", { kvCacheDtype: "fp8" })).toEqual({
      nodes: 2,
      replicas: 2,
      pipelineParallel: 1,
      verdict: "fits",
    });
  });

  test("when requests average a quarter of the context, one H200 machine is enough", () => {
    expect(layoutOn("p5en.48xlarge", { averageTokens: 32_768 })).toEqual({
      nodes: 1,
      replicas: 1,
      pipelineParallel: 1,
      verdict: "fits",
    });
  });

  test("minimum loads one request, recommended carries all of them", () => {
    const { minimum, recommended } = plan(worked).plan;
    expect(minimum).toMatchObject({
      machine: "p5.48xlarge",
      nodes: 1,
      tensorParallel: 8,
      pipelineParallel: 1,
      replicas: 1,
    });
    expect(recommended).toMatchObject({ machine: "p5en.48xlarge", nodes: 3, pipelineParallel: 3, replicas: 1 });
  });
});

describe("ranking", () => {
  test("what fits comes first, by cost; a machine without a price stays in the list and says so", () => {
    const { candidates } = plan({
      model: "llama-3.3-70b",
      precision: "fp8",
      contextLength: 8192,
      concurrency: 8,
      region: "us-east-2",
    });
    const fitting = candidates.filter(({ verdict, cost }) => verdict === "fits" && cost.hourlyCostUsd);
    const costs = fitting.map(({ cost }) => Number(cost.hourlyCostUsd));
    expect(costs).toEqual([...costs].sort((left, right) => left - right));
    const unpriced = candidates.find(({ machine }) => machine === "p5e.48xlarge");
    expect(unpriced?.cost.hourlyCostUsd).toBeUndefined();
    expect(unpriced?.warnings.join()).toContain("the cost is unknown, not zero");
  });

  test("by verdict first, priced before unpriced, then cost, then fewer machines", () => {
    const order = (args: DecisionArgs) => plan(args).candidates.map(({ verdict, machine }) => `${verdict} ${machine}`);
    // us-east-2 has every P5; p5e has no price on demand, p6-b300 is not there, and one H100 is too small for this cache.
    expect(
      order({ model: "qwen3-32b", precision: "bf16", contextLength: 32_768, concurrency: 4, region: "us-east-2" }),
    ).toEqual([
      "fits p5.48xlarge",
      "fits p5en.48xlarge",
      "fits p6-b200.48xlarge",
      "fits p5e.48xlarge",
      "no p5.4xlarge",
      "no p6-b300.48xlarge",
      "no p6e-gb200.36xlarge",
    ]);
  });

  test("nothing that is listed nowhere near is blamed on memory", () => {
    const { warnings } = plan({ model: "llama-3.1-8b", contextLength: 8192, zone: "use1-az99" }).plan;
    expect(warnings.join()).toContain("choose another region or zone");
    expect(warnings.join()).not.toContain("lower the precision");
  });

  test("a machine that the region or the zone lacks is not chosen, and a chosen one is obeyed with a warning", () => {
    const inZone = plan({ ...worked, region: "us-east-1", zone: "use1-az4" });
    expect(inZone.plan.machine).toBe("p5.48xlarge");
    const asked = plan({ ...worked, region: "us-east-1", machine: "p6-b300.48xlarge" }).plan;
    expect(asked.verdict).toBe("fits");
    expect(asked.warnings.join()).toContain("not listed in us-east-1");
  });

  test("capacity blocks are priced upfront, and never by the month", () => {
    const capacity = { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0", hours: 48 } as const;
    const { cost, warnings } = plan({ ...worked, machine: "p5.48xlarge", kvCacheDtype: "fp8", capacity }).plan;
    expect(cost.monthlyCostUsd).toBeUndefined();
    expect(cost.oneOffCostUsd).toBe((3 * 41.528 * 48).toFixed(2));
    expect(warnings.join()).toContain("$47.76 an hour is reported");
  });
});

describe("overrides", () => {
  test("are obeyed, with a warning where they are unwise", () => {
    const small = plan({ ...worked, machine: "p5.48xlarge", overrides: { nodes: 1 } }).plan;
    expect(small).toMatchObject({ nodes: 1, verdict: "marginal" });
    expect(small.warnings.join()).toContain("the rest queue");
    const narrow = plan({
      model: "llama-3.1-8b",
      contextLength: 8192,
      machine: "p5.48xlarge",
      overrides: { tensorParallel: 2 },
    }).plan;
    expect(narrow.tensorParallel).toBe(2);
    expect(narrow.warnings.join()).toContain("6 of 8 GPUs");
    const split = plan({ ...worked, machine: "p5.48xlarge", overrides: { pipelineParallel: 2, replicas: 3 } }).plan;
    expect(split).toMatchObject({ nodes: 6, nodesPerReplica: 2, replicas: 3 });
  });

  test("bind which machines are tried: none with fewer GPUs than the split, and no gang of single GPUs, unless asked for by name", () => {
    const wide = plan({
      model: "llama-3.3-70b",
      precision: "fp8",
      contextLength: 8192,
      overrides: { tensorParallel: 8 },
    });
    expect(wide.candidates.map(({ machine }) => machine)).not.toContain("p5.4xlarge");
    const staged = { model: "llama-3.1-8b", contextLength: 8192, overrides: { pipelineParallel: 2 } };
    expect(plan(staged).candidates.map(({ machine }) => machine)).not.toContain("p5.4xlarge");
    expect(plan({ ...staged, machine: "p5.4xlarge" }).plan.warnings.join()).toContain("over the network: slow");
  });

  test("of nodes and replicas mean stages: single GPUs are not strung together for them either", () => {
    const overrides = { nodes: 6, replicas: 2 };
    const { candidates } = plan({ model: "llama-3.1-8b", contextLength: 8192, overrides });
    expect(candidates.map(({ machine }) => machine)).not.toContain("p5.4xlarge");
    expect(candidates.every(({ pipelineParallel }) => pipelineParallel === 3)).toBe(true);
  });

  test("of a width that slices evenly are slices, even where a wider one would not be", () => {
    const { tensorParallel, expertParallel, explanation } = plan({
      model: "qwen3-235b-a22b",
      precision: "fp8",
      contextLength: 8192,
      machine: "p5.48xlarge",
      overrides: { tensorParallel: 4 },
    }).plan;
    expect({ tensorParallel, expertParallel }).toEqual({ tensorParallel: 4, expertParallel: 1 });
    expect(explanation.join()).toContain("cut over 4 GPUs, as asked");
  });

  test("of nodes alone get the layout that carries the load, not the first one that loads", () => {
    const two = {
      model: "llama-3.1-70b",
      machine: "p5.48xlarge",
      contextLength: 100_000,
      concurrency: 25,
      overrides: { nodes: 2 },
    };
    expect(plan(two).plan).toMatchObject({ verdict: "fits", pipelineParallel: 2, replicas: 1 });
  });

  test("of maxModelLen are what one request is judged by", () => {
    const tight = {
      model: "qwen3-32b",
      machine: "p5.4xlarge",
      contextLength: 8192,
      concurrency: 2,
      overrides: { maxModelLen: 40_960 },
    };
    const { verdict, memory, warnings } = plan(tight).plan;
    expect(verdict).toBe("no");
    expect(memory.shortGiB).toBeGreaterThan(0);
    expect(warnings.join()).toContain("not even one request");
  });

  test("a model whose FP8 blocks forbid eight slices spreads whole experts instead", () => {
    const { tensorParallel, expertParallel } = plan({
      model: "qwen3-235b-a22b",
      precision: "fp8",
      machine: "p5en.48xlarge",
    }).plan;
    expect({ tensorParallel, expertParallel }).toEqual({ tensorParallel: 8, expertParallel: 8 });
  });

  test("targets that are missed are named with the estimate", () => {
    const { warnings } = plan({ ...worked, targets: { timePerOutputTokenMs: 1 } }).plan;
    expect(warnings.join()).toMatch(/target timePerOutputTokenMs 1 is missed: the estimate is \d/);
    const fast = plan({
      ...worked,
      targets: { tokensPerSecond: 1_000_000, timeToFirstTokenMs: 1e9 },
    }).plan.warnings.join();
    expect(fast).toContain("target tokensPerSecond 1000000 is missed");
    expect(fast).not.toContain("timeToFirstTokenMs");
  });
});

test("a decision that nothing carries is a verdict, not an error, and says what would load", () => {
  const { plan: best } = plan({ model: "llama-3.1-405b", precision: "bf16", machine: "p5.4xlarge" });
  expect(best.verdict).toBe("no");
  expect(best.throughput).toBeUndefined();
  expect(best.warnings.join()).toContain("the weights do not load");
});

test("any decision has a plan: the same each time, JSON, no nonsense in it, and nodes that its replicas add up to", () => {
  fc.assert(
    fc.property(someDecision, (args) => {
      const once = plan(args);
      expect(plan(args)).toEqual(once);
      expect(JSON.parse(JSON.stringify(once))).toEqual(once);
      for (const candidate of once.candidates) {
        expect(candidate.nodes).toBe(candidate.replicas * candidate.nodesPerReplica);
        for (const value of numbersIn(candidate)) {
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(0);
        }
        if (candidate.verdict === "fits")
          expect(candidate.kvCache.plannedTokensPerReplica).toBeLessThanOrEqual(candidate.kvCache.tokensPerReplica);
      }
    }),
    runs(300),
  );
});

test("minimum is the cheapest that loads, and never dearer than recommended", () => {
  fc.assert(
    fc.property(someDecision, (args) => {
      const { plan: best, candidates } = plan(args);
      if (!best.recommended) return;
      expect(best.minimum).toBeDefined();
      const cost = ({ hourlyCostUsd }: { hourlyCostUsd?: string } = {}) =>
        hourlyCostUsd === undefined ? Number.POSITIVE_INFINITY : Number(hourlyCostUsd);
      expect(cost(best.minimum)).toBeLessThanOrEqual(cost(best.recommended));
      expect(candidates.length).toBeGreaterThan(0);
    }),
    runs(200),
  );
});

test("more live requests never take fewer machines", () => {
  fc.assert(
    fc.property(someDecision, fc.integer({ min: 1, max: 400 }), (args, more) => {
      const nodesOn = (concurrency: number) => plan({ ...args, machine: "p5en.48xlarge", concurrency }).plan;
      const before = nodesOn(args.concurrency ?? 1);
      const after = nodesOn((args.concurrency ?? 1) + more);
      if (before.verdict !== "no") expect(after.nodes).toBeGreaterThanOrEqual(before.nodes);
    }),
    runs(200),
  );
});

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
