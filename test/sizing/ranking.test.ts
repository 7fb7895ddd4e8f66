import * as fc from "fast-check";
import { shippedPrices } from "../../pricing/snapshot";
import { parseDecision } from "../../sizing/decision";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import { planDecision } from "../../sizing/planner";
import { choiceInstead, type RankedOption, rankings, rankOptions } from "../../sizing/ranking";
import { someDecision } from "../support/decisions";
import { runs } from "../support/runs";

const rank = (args: DecisionArgs, settings = {}) => rankOptions(parseDecision(args), settings).options;
const asked: DecisionArgs = { model: "llama-3.3-70b", contextLength: 8192, concurrency: 64 };
const nameOf = ({ machine, precision, capacityMode }: RankedOption) => `${machine} ${precision} ${capacityMode}`;
const hourly = ({ hourlyCostUsd }: RankedOption) => Number(hourlyCostUsd);

test("what the decision leaves open is compared, what it names is kept", () => {
  const open = rank(asked);
  expect(new Set(open.map(({ cloud }) => cloud))).toEqual(new Set(["aws", "gcp", "azure"]));
  expect(new Set(open.map(({ precision }) => precision))).toEqual(new Set(["bf16", "fp8"]));
  expect(new Set(open.map(({ capacityMode }) => capacityMode)).size).toBe(5);
  const named = rank({ ...asked, precision: "int4", cloud: "aws", capacity: { mode: "spot" } });
  expect(new Set(named.map(({ cloud, precision, capacityMode }) => `${cloud} ${precision} ${capacityMode}`))).toEqual(
    new Set(["aws int4 spot"]),
  );
  // A repository's name says its number format.
  const repository = rank({ ...asked, model: "RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8" });
  expect(new Set(repository.map(({ precision }) => precision))).toEqual(new Set(["fp8"]));
});

test("choices come first, the cheapest at their head; the plan is one of them", () => {
  const options = rank(asked);
  const choices = options.filter(({ isChoice }) => isChoice);
  expect(options.slice(0, choices.length)).toEqual(choices);
  expect(choices.map(hourly)).toEqual(choices.map(hourly).sort((left, right) => left - right));
  const { plan } = planDecision(parseDecision(asked));
  const own = options.find(
    ({ machine, precision, capacityMode }) =>
      machine === plan.machine && precision === plan.decision.precision && capacityMode === "onDemand",
  );
  expect(own).toMatchObject({ isChoice: true, nodes: plan.nodes, hourlyCostUsd: plan.cost.hourlyCostUsd });
});

test.each(rankings)("by %s the figure that it is ranked by never falls", (rankedBy) => {
  const figure = {
    month: hourly,
    tokens: ({ usdPerMillionTokens }: RankedOption) => Number(usdPerMillionTokens),
    latency: ({ timePerOutputTokenMs }: RankedOption) => timePerOutputTokenMs ?? Number.NaN,
  }[rankedBy];
  const figures = rank(asked, { rankedBy })
    .filter(({ isChoice }) => isChoice)
    .map(figure);
  expect(figures.length).toBeGreaterThan(10);
  for (const [index, value] of figures.entries()) expect(value).toBeGreaterThanOrEqual(figures[index - 1] ?? 0);
});

test("the cost of a million tokens is the machines' rate by the tokens that are asked for", () => {
  for (const utilization of [1, 0.25]) {
    const [best] = rank(asked, { utilization });
    if (!best) throw new Error("something ranks first");
    const tokensAnHour = (best.outputTokensPerSecond ?? 0) * 3600 * utilization;
    expect(Number(best.usdPerMillionTokens)).toBeCloseTo((hourly(best) / tokensAnHour) * 1e6, 2);
    expect(Number(best.monthlyCostUsd)).toBeCloseTo(hourly(best) * 730, 1);
  }
});

test("the Pareto set is what no choice beats in cost and time at once", () => {
  fc.assert(
    fc.property(someDecision, (decision) => {
      const options = rank({ ...decision, precision: undefined });
      const choices = options.filter(({ isChoice }) => isChoice);
      const beats = (left: RankedOption, right: RankedOption) => {
        const times = [left.timePerOutputTokenMs ?? 0, right.timePerOutputTokenMs ?? 0] as const;
        const noWorse = hourly(left) <= hourly(right) && times[0] <= times[1];
        return noWorse && (hourly(left) < hourly(right) || times[0] < times[1]);
      };
      for (const option of choices) {
        expect(option.isPareto).toBe(!choices.some((other) => beats(other, option)));
      }
      for (const option of options) if (!option.isChoice) expect(option.isPareto).toBe(false);
      if (choices.length > 0) expect(choices.some(({ isPareto }) => isPareto)).toBe(true);
    }),
    runs(25),
  );
});

test("everything that is no choice says why, and nothing is unpriced without a word or at a price of nothing", () => {
  fc.assert(
    fc.property(someDecision, (decision) => {
      for (const option of rank({ ...decision, precision: undefined, region: undefined })) {
        expect(option.isChoice).toBe(option.why.length === 0);
        if (option.hourlyCostUsd === undefined) {
          expect(option.isChoice).toBe(false);
          expect(option.why.join()).toContain("price");
        } else expect(hourly(option)).toBeGreaterThan(0);
        if (option.verdict !== "fits") expect(option.isChoice).toBe(false);
      }
    }),
    runs(25),
  );
});

test("a price that is taken away takes its machine out of the choices, and nothing else", () => {
  const before = rank(asked);
  const prices = shippedPrices().without({ cloud: "aws", sku: "p5.48xlarge", mode: "on-demand" });
  const after = rank(asked, { prices });
  expect(after).toHaveLength(before.length);
  const changed = after.filter((option) => {
    const same = before.find((other) => nameOf(other) === nameOf(option));
    return same?.isChoice !== option.isChoice;
  });
  expect(changed.map(nameOf).sort()).toEqual(["p5.48xlarge bf16 onDemand", "p5.48xlarge fp8 onDemand"]);
  for (const option of changed) expect(option.why.join()).toContain("no on-demand price of p5.48xlarge");
});

test("what cannot be ordered so, is not built here, or is only emulated is marked", () => {
  const options = rank({ ...asked, model: "deepseek-r1", concurrency: 8 });
  const why = (machine: string, mode: string, precision = "fp8") =>
    options
      .find((option) => option.machine === machine && option.capacityMode === mode && option.precision === precision)
      ?.why.join();
  expect(why("a3-ultragpu-8g", "onDemand")).toContain("cannot be ordered as onDemand");
  expect(why("Standard_ND96isr_MI300X_v5", "onDemand")).toContain("not built by this package");
  expect(why("p5en.48xlarge", "onDemand", "nvfp4")).toContain("native to Blackwell");
  expect(why("p5.4xlarge", "onDemand")).toContain("the weights do not load");
});

test("a target that is missed is a reason, with what is reached", () => {
  const options = rank({ ...asked, targets: { timePerOutputTokenMs: 12 } });
  const choices = options.filter(({ isChoice }) => isChoice);
  for (const { timePerOutputTokenMs } of choices) expect(timePerOutputTokenMs).toBeLessThanOrEqual(12);
  const missed = options.filter(({ why }) => why.some((words) => /misses timePerOutputTokenMs 12: [\d.]+/.test(words)));
  expect(choices.length).toBeGreaterThan(0);
  expect(missed.length).toBeGreaterThan(0);
});

test("the ranking is stable: the same for the same decision, and leaving options out moves none of the others", () => {
  fc.assert(
    fc.property(someDecision, fc.constantFrom(...rankings), (decision, rankedBy) => {
      const args = { ...decision, precision: undefined, region: undefined, machine: undefined };
      const all = rank(args, { rankedBy });
      expect(rank(args, { rankedBy })).toEqual(all);
      const ofOne = rank({ ...args, cloud: "aws" }, { rankedBy }).map(nameOf);
      expect(all.filter(({ cloud }) => cloud === "aws").map(nameOf)).toEqual(ofOne);
    }),
    runs(20),
  );
});

test("where the plan misses what was asked, a choice that reaches it is named", () => {
  const resolved = parseDecision({ ...asked, concurrency: 1, targets: { timePerOutputTokenMs: 7.5 } });
  const { plan } = planDecision(resolved);
  expect(plan.targets?.met).toBe(false);
  const instead = choiceInstead(plan, rankOptions(resolved));
  expect(instead).toMatchObject({ precision: "fp8", capacityMode: "onDemand", isChoice: true });
  expect(instead?.timePerOutputTokenMs).toBeLessThanOrEqual(7.5);
  const met = parseDecision({ ...asked, targets: { timePerOutputTokenMs: 100 } });
  expect(choiceInstead(planDecision(met).plan, rankOptions(met))).toBeUndefined();
});

test("what is named instead can be asked for as it stands: not emulated, not to be bought first, and never dearer", () => {
  fc.assert(
    fc.property(someDecision, fc.double({ min: 1, max: 40, noNaN: true }), (decision, timePerOutputTokenMs) => {
      const args = { ...decision, precision: undefined, region: undefined, targets: { timePerOutputTokenMs } };
      const resolved = parseDecision(args);
      const { plan } = planDecision(resolved);
      const instead = choiceInstead(plan, rankOptions(resolved));
      if (!instead) return;
      expect(instead).toMatchObject({ verdict: "fits", isWithinReach: true });
      expect(instead.why).toHaveLength(instead.missedTargets.length);
      expect(instead.capacityMode).not.toBe("capacityBlock");
      if (!instead.isChoice) expect(hourly(instead)).toBeLessThan(Number(plan.cost.hourlyCostUsd));
      const asked = { ...args, precision: instead.precision, capacity: { mode: instead.capacityMode } };
      expect(() => parseDecision(asked)).not.toThrow();
    }),
    runs(40),
  );
});
