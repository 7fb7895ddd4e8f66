import { parseDecision } from "../../sizing/decision";
import { planDecision } from "../../sizing/planner";
import { sweepDecisions } from "../../sizing/sweep";

const asked = { model: "llama-3.3-70b", precision: "fp8", machine: "p5.48xlarge" };

test("a sweep says of each point what the plan of that very decision says", () => {
  const decisions = [4096, 32_768].flatMap((contextLength) =>
    [1, 64].map((concurrency) => parseDecision({ ...asked, contextLength, concurrency })),
  );
  const points = sweepDecisions(decisions, 0.5);
  expect(points.map(({ contextLength, concurrency }) => [contextLength, concurrency])).toEqual([
    [4096, 1],
    [4096, 64],
    [32_768, 1],
    [32_768, 64],
  ]);
  for (const [index, point] of points.entries()) {
    const decision = decisions[index];
    if (!decision) throw new Error("as many points as decisions");
    const { plan } = planDecision(decision);
    expect(point).toMatchObject({
      verdict: plan.verdict,
      nodes: plan.nodes,
      timePerOutputTokenMs: plan.throughput?.timePerOutputTokenMs,
      monthlyCostUsd: plan.cost.monthlyCostUsd,
    });
    const tokens = (point.outputTokensPerSecond ?? 0) * 3600 * 0.5;
    expect(Number(point.usdPerMillionTokens)).toBeCloseTo((Number(point.hourlyCostUsd) / tokens) * 1e6, 2);
  }
});

test("a point that nothing carries stays in it, with the reason", () => {
  const tooLarge = { model: "llama-3.1-405b", precision: "bf16", machine: "p5.4xlarge", contextLength: 8192 };
  const [point] = sweepDecisions([parseDecision(tooLarge)], 1);
  expect(point).toMatchObject({ verdict: "no", timePerOutputTokenMs: undefined, usdPerMillionTokens: undefined });
  expect(point?.warnings.join()).toContain("the weights do not load");
});
