import { parseDecision } from "../../sizing/decision";
import { planDecision } from "../../sizing/planner";
import { sweepDecision } from "../../sizing/sweep";

const resolved = parseDecision({
  model: "llama-3.3-70b",
  precision: "fp8",
  contextLength: 32_768,
  averageTokens: 6000,
  machine: "p5.48xlarge",
});

test("a sweep says of each point what the plan of that very decision says", () => {
  const points = sweepDecision(resolved, [4096, 32_768], [1, 64], 0.5);
  expect(points.map(({ contextLength, concurrency }) => [contextLength, concurrency])).toEqual([
    [4096, 1],
    [4096, 64],
    [32_768, 1],
    [32_768, 64],
  ]);
  for (const point of points) {
    const { contextLength, concurrency } = point;
    const averageTokens = Math.min(6000, contextLength);
    const { plan } = planDecision(parseDecision({ ...resolved.decision, contextLength, concurrency, averageTokens }));
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
  const [point] = sweepDecision(
    parseDecision({ model: "llama-3.1-405b", precision: "bf16", machine: "p5.4xlarge" }),
    [8192],
    [1],
    1,
  );
  expect(point).toMatchObject({ verdict: "no", timePerOutputTokenMs: undefined, usdPerMillionTokens: undefined });
  expect(point?.warnings.join()).toContain("the weights do not load");
});
