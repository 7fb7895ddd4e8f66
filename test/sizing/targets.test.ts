import * as fc from "fast-check";
import { engineArguments } from "../../serving/engine";
import { parseDecision } from "../../sizing/decision";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import type { Plan } from "../../sizing/plan";
import { planDecision } from "../../sizing/planner";
import { someDecision } from "../support/decisions";
import { runs } from "../support/runs";

const plan = (args: DecisionArgs) => planDecision(parseDecision(args)).plan;
const asked: DecisionArgs = { model: "llama-3.3-70b", precision: "fp8", contextLength: 8192, concurrency: 64 };
const tokensPerSecond = ({ throughput, replicas }: Plan) => (throughput?.outputTokensPerSecond ?? 0) * replicas;
const hourly = ({ cost }: Plan) => Number(cost.hourlyCostUsd ?? Number.NaN);

describe("a time per token", () => {
  test("takes more replicas of fewer requests, and the engine lets in no more than that", () => {
    const machine = "p5.48xlarge";
    const loose = plan({ ...asked, machine });
    const strict = plan({ ...asked, machine, targets: { timePerOutputTokenMs: 20 } });
    expect(loose.throughput?.timePerOutputTokenMs).toBeGreaterThan(20);
    expect(strict.replicas).toBeGreaterThan(loose.replicas);
    expect(strict.throughput?.timePerOutputTokenMs).toBeLessThanOrEqual(20);
    expect(strict.targets).toEqual({ met: true, missed: [] });
    // The engine lets in as many as the time allows, which is no fewer than are planned for.
    const letIn = strict.engine.maxNumSeqs ?? 0;
    expect(letIn).toBeGreaterThanOrEqual(Math.ceil(64 / strict.replicas));
    const at = (concurrency: number) =>
      plan({ ...asked, machine, concurrency, overrides: { replicas: 1 } }).throughput?.timePerOutputTokenMs;
    expect(at(letIn)).toBeLessThanOrEqual(20);
    expect(at(letIn + 1)).toBeGreaterThan(20);
    expect(engineArguments(strict, 8000).join(" ")).toContain(`--max-num-seqs ${strict.engine.maxNumSeqs}`);
    expect(engineArguments(loose, 8000)).not.toContain("--max-num-seqs");
    expect(strict.explanation.join("\n")).toContain("targets: reached by");
    // One machine fewer would miss it.
    const fewer = plan({
      ...asked,
      machine,
      targets: { timePerOutputTokenMs: 20 },
      overrides: { nodes: strict.nodes - 1 },
    });
    expect(fewer.targets?.met).toBe(false);
  });

  test("goes to the machine that reaches it at the least cost, not to the cheapest machine", () => {
    const { plan: best, candidates } = planDecision(parseDecision({ ...asked, targets: { timePerOutputTokenMs: 20 } }));
    const rivals = candidates.filter(
      ({ verdict, targets, cost, warnings }) =>
        verdict === "fits" && targets?.met && cost.hourlyCostUsd && !/not built|not sold/.test(warnings.join()),
    );
    expect(rivals.length).toBeGreaterThan(3);
    expect(hourly(best)).toBe(Math.min(...rivals.map(hourly)));
  });

  test("that nothing reaches is said with the nearest that can be had", () => {
    const { targets, warnings, verdict } = plan({ ...asked, targets: { timePerOutputTokenMs: 1 } });
    expect(verdict).toBe("fits");
    expect(targets?.met).toBe(false);
    const [missed] = targets?.missed ?? [];
    expect(missed).toMatchObject({ target: "timePerOutputTokenMs", asked: 1 });
    expect(missed?.nearest?.value).toBeGreaterThan(1);
    expect(warnings.join()).toMatch(
      /target timePerOutputTokenMs 1 is missed: the estimate is [\d.]+; the nearest that can be reached is [\d.]+, on \S+ with one live request on each rank/,
    );
    // What is said to be the nearest can be had by asking for it.
    const value = (missed?.nearest?.value ?? 0) + 0.01;
    expect(plan({ ...asked, targets: { timePerOutputTokenMs: value } }).targets?.met).toBe(true);
  });
});

describe("a rate of tokens", () => {
  test("without a number of live requests chooses as many as it takes, and says so", () => {
    const { concurrency: _, ...open } = asked;
    const reached = plan({ ...open, targets: { tokensPerSecond: 10_000, timePerOutputTokenMs: 30 } });
    expect(tokensPerSecond(reached)).toBeGreaterThanOrEqual(10_000);
    expect(reached.throughput?.timePerOutputTokenMs).toBeLessThanOrEqual(30);
    expect(reached.decision.concurrency).toBeGreaterThan(64);
    expect(reached.assumptions.join()).toContain(
      `concurrency: ${reached.decision.concurrency}, the live requests that 10000 tokens a second take`,
    );
    // A tenth fewer live requests would not yield it.
    const fewer = Math.floor(reached.decision.concurrency * 0.9);
    const { machine, replicas } = reached;
    expect(tokensPerSecond(plan({ ...open, machine, concurrency: fewer, overrides: { replicas } }))).toBeLessThan(
      10_000,
    );
  });

  test("that so few live requests cannot yield says that more would", () => {
    const { targets, warnings } = plan({ ...asked, concurrency: 2, targets: { tokensPerSecond: 5000 } });
    expect(targets?.met).toBe(false);
    expect(warnings.join()).toMatch(
      /nearest that can be reached is [\d.]+, on \S+ with 2 live requests; more of them would raise it/,
    );
  });

  test("of a small model takes copies side by side before more machines", () => {
    const small = plan({
      model: "llama-3.1-8b",
      contextLength: 4096,
      machine: "p5.48xlarge",
      targets: { tokensPerSecond: 20_000, timePerOutputTokenMs: 20 },
    });
    expect(small).toMatchObject({ nodes: 1, verdict: "fits", targets: { met: true } });
    expect(small.dataParallel).toBeGreaterThan(1);
    expect(small.tensorParallel * small.dataParallel).toBe(8);
    expect(engineArguments(small, 8000).join(" ")).toContain(`--data-parallel-size ${small.dataParallel}`);
  });
});

test("overrides are obeyed, and targets judged against them", () => {
  const given = plan({
    ...asked,
    machine: "p5.48xlarge",
    targets: { timePerOutputTokenMs: 20 },
    overrides: { nodes: 1 },
  });
  expect(given.replicas).toBe(1);
  expect(given.targets?.met).toBe(false);
  expect(given.engine.maxNumSeqs).toBeUndefined();
});

test("a target that is met stays met when it is loosened, and never costs more", () => {
  const targets = fc.record({
    timePerOutputTokenMs: fc.option(fc.double({ min: 2, max: 200, noNaN: true }), { nil: undefined }),
    timeToFirstTokenMs: fc.option(fc.double({ min: 20, max: 30_000, noNaN: true }), { nil: undefined }),
    tokensPerSecond: fc.option(fc.double({ min: 1, max: 20_000, noNaN: true }), { nil: undefined }),
  });
  const isOpen = fc.boolean();
  fc.assert(
    fc.property(
      someDecision,
      targets,
      isOpen,
      fc.double({ min: 1, max: 3, noNaN: true }),
      (decision, strict, open, by) => {
        const times = (value: number | undefined, factor: number) => (value === undefined ? undefined : value * factor);
        const loose = {
          timePerOutputTokenMs: times(strict.timePerOutputTokenMs, by),
          timeToFirstTokenMs: times(strict.timeToFirstTokenMs, by),
          tokensPerSecond: times(strict.tokensPerSecond, 1 / by),
        };
        const contextLength = Math.min(decision.contextLength ?? 8192, 32_768);
        const base = { ...decision, contextLength, averageTokens: undefined };
        if (open) base.concurrency = undefined;
        const [before, after] = [strict, loose].map((asks) => plan({ ...base, targets: asks }));
        if (!before || !after || !before.targets?.met || before.verdict !== "fits") return;
        expect(after.targets?.met).toBe(true);
        const [dear, cheap] = [hourly(before), hourly(after)];
        if (!Number.isNaN(dear)) expect(cheap).toBeLessThanOrEqual(dear);
        else expect(after.nodes).toBeLessThanOrEqual(before.nodes);
      },
    ),
    runs(150),
  );
});

test("requests that queue before fixed replicas miss a time to the first token, and are not counted as served", () => {
  const crowded = plan({
    model: "llama-3.3-70b",
    precision: "fp8",
    contextLength: 32_768,
    concurrency: 400,
    machine: "p5.48xlarge",
    overrides: { nodes: 1 },
    targets: { timeToFirstTokenMs: 30_000 },
  });
  expect(crowded.throughput?.concurrency).toBeLessThan(400);
  expect(crowded.targets?.met).toBe(false);
  expect(crowded.targets?.missed[0]?.estimate).toBeGreaterThan(crowded.throughput?.timeToFirstTokenMs ?? 0);
});

test("a rate counts the live requests that there are, not those that ranks and replicas could have", () => {
  const idle = plan({
    ...asked,
    model: "llama-3.1-8b",
    precision: "bf16",
    concurrency: 1,
    machine: "p5.4xlarge",
    overrides: { replicas: 8 },
  });
  const { timePerOutputTokenMs = 0 } = idle.throughput ?? {};
  expect(idle.tokensPerSecond).toBeLessThanOrEqual(1000 / timePerOutputTokenMs + 1);
  fc.assert(
    fc.property(someDecision, (decision) => {
      const { throughput, tokensPerSecond: rate = 0, decision: read } = plan(decision);
      if (!throughput || throughput.outputTokens < 2) return;
      const { outputTokens, timePerOutputTokenMs: tokenMs } = throughput;
      const most = (read.concurrency * outputTokens * 1e3) / ((outputTokens - 1) * tokenMs);
      expect(rate).toBeLessThanOrEqual(most * 1.001);
    }),
    runs(60),
  );
});

test("what is reached of several targets is planned for, though another of them cannot be", () => {
  const targets = { tokensPerSecond: 1e6, timePerOutputTokenMs: 15 };
  const partly = plan({ ...asked, machine: "p5.48xlarge", targets });
  expect(partly.targets?.missed.map(({ target }) => target)).toEqual(["tokensPerSecond"]);
  expect(partly.throughput?.timePerOutputTokenMs).toBeLessThanOrEqual(15);
  expect(partly.warnings.join()).toContain("target tokensPerSecond 1000000 is missed");
});

test("shapes that were found for one decision are not taken for another", () => {
  const known = new Map();
  const first = parseDecision({ model: "llama-3.1-8b", contextLength: 8192, concurrency: 8 });
  const second = parseDecision(asked);
  planDecision(first, undefined, known);
  expect(planDecision(second, undefined, known)).toEqual(planDecision(second));
});
