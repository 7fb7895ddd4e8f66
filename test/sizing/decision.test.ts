import type { z } from "zod";
import { type decisionSchema, parseDecision } from "../../sizing/decision";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import { resolveModel } from "../../sizing/modelNames";
import { ProblemsError } from "../../sizing/problems";

// Compile-time: the hand-written interface and the schema accept the same. A difference is an error of `npm run types`.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const _sameDecision: Same<DecisionArgs, z.input<typeof decisionSchema>> = true;
void _sameDecision;

function problemsOf(input: unknown) {
  try {
    parseDecision(input);
  } catch (error) {
    if (error instanceof ProblemsError)
      return Object.fromEntries(error.problems.map(({ path, message, fix }) => [path, `${message}. ${fix}`]));
    throw error;
  }
  return {};
}

test("a decision gets its defaults, and says which of them it assumed", () => {
  const { decision, assumptions } = parseDecision({ model: "llama-3.1-405b" });
  expect(decision).toEqual({
    model: "llama-3.1-405b",
    precision: "bf16",
    workload: "inference",
    contextLength: 131_072,
    concurrency: 1,
    kvCacheDtype: "auto",
    cloud: "any",
    region: "us-east-1",
    capacity: { mode: "onDemand" },
    overrides: {},
  });
  expect(assumptions.join()).toMatch(/131072.*one live request.*us-east-1.*where it is/);
});

test("everything wrong is said at once, with path, rule and fix", () => {
  const problems = problemsOf({
    model: "llama-3.1-405",
    precision: "fp9",
    contextLength: 1.5,
    concurrency: -3,
    averageTokens: 1e12,
    concurency: 4,
    machine: "p5.49xlarge",
    zone: "here",
    capacity: { mode: "capacityBlock", hourz: 3 },
    overrides: { replicas: "two" },
  });
  expect(Object.keys(problems).sort()).toEqual([
    "decision.averageTokens",
    "decision.capacity.hourz",
    "decision.capacity.reservationId",
    "decision.concurency",
    "decision.concurrency",
    "decision.contextLength",
    "decision.machine",
    "decision.model",
    "decision.overrides.replicas",
    "decision.precision",
    "decision.zone",
  ]);
  expect(problems["decision.model"]).toContain("did you mean llama-3.1-405b");
  expect(problems["decision.machine"]).toContain("did you mean p5.48xlarge");
  expect(problems["decision.concurency"]).toContain("did you mean concurrency");
  expect(problems["decision.capacity.reservationId"]).toContain("cr-0123456789abcdef0");
});

test.each([
  ["a context above the model's maximum", { contextLength: 200_000 }, "decision.contextLength", "131072"],
  [
    "an average above the context",
    { contextLength: 1000, averageTokens: 2000 },
    "decision.averageTokens",
    "up to 1000",
  ],
  [
    "a split that does not divide the heads",
    { overrides: { tensorParallel: 3 } },
    "decision.overrides.tensorParallel",
    "1, 2, 4, 8",
  ],
  [
    "a split beyond one machine",
    { overrides: { tensorParallel: 16 } },
    "decision.overrides.tensorParallel",
    "pipelineParallel",
  ],
  [
    "nodes that are not whole replicas",
    { overrides: { nodes: 3, pipelineParallel: 2 } },
    "decision.overrides.nodes",
    "multiple of 2",
  ],
  [
    "a block of odd length",
    { capacity: { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0", hours: 30 } },
    "decision.capacity.hours",
    "whole days",
  ],
  [
    "a block with another thing's id",
    { capacity: { mode: "capacityBlock", reservationId: "i-1" } },
    "decision.capacity.reservationId",
    "cr-",
  ],
  [
    "an id that on demand ignores",
    { capacity: { reservationId: "cr-0123456789abcdef0" } },
    "decision.capacity.reservationId",
    "remove it",
  ],
  ["a zone of another region", { region: "us-east-1", zone: "us-west-2a" }, "decision.zone", "us-east-1"],
  ["a zone id that lacks the machine", { machine: "p5en.48xlarge", zone: "use1-az4" }, "decision.zone", "use1-az6"],
  ["a zone id of another region", { region: "us-east-1", zone: "usw2-az1" }, "decision.zone", "us-east-1"],
  ["a region that nobody knows", { region: "us-east-9" }, "decision.region", "us-east-1"],
  ["hours of what is no block", { capacity: { mode: "spot", hours: 24 } }, "decision.capacity.hours", "remove it"],
  ["a way to train for a service", { training: { loraRank: 8 } }, "decision.training.loraRank", "lora, qlora or full"],
  ["another cloud's machine", { cloud: "gcp", machine: "p5.48xlarge" }, "decision.machine", "a machine of gcp"],
  ["another cloud's region", { cloud: "gcp", region: "us-east-1" }, "decision.region", "us-central1"],
  [
    "another cloud's way of buying",
    { cloud: "azure", capacity: { mode: "flexStart" } },
    "decision.capacity.mode",
    "onDemand",
  ],
])("%s is refused with a fix", (_, part, path, fix) => {
  const problems = problemsOf({ model: "llama-3.1-405b", ...part });
  expect(Object.keys(problems)).toEqual([path]);
  expect(problems[path]).toContain(fix);
});

test.each([336, 504, 4368])("a block of %d hours is one that there is", (hours) => {
  expect(
    problemsOf({
      model: "llama-3.1-8b",
      capacity: { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0", hours },
    }),
  ).toEqual({});
});

test("a zone alone tells the region", () => {
  expect(parseDecision({ model: "llama-3.1-8b", zone: "us-west-2b" }).decision.region).toBe("us-west-2");
  expect(parseDecision({ model: "llama-3.1-8b", zone: "apne1-az4" }).decision.region).toBe("ap-northeast-1");
});

test.each([undefined, null, "llama", 7, [], [{ model: "llama-3.1-8b" }]])("%p is not a decision", (input) => {
  expect(Object.keys(problemsOf(input))).toContain("decision");
});

test.each([
  ["meta-llama/Llama-3.1-405B-Instruct", "llama-3.1-405b", undefined],
  ["meta-llama/Meta-Llama-3.1-405B-Instruct-FP8", "llama-3.1-405b", "fp8"],
  ["meta-llama/Llama-3.1-405B-Instruct-FP8", "llama-3.1-405b", "fp8-meta"],
  ["nvidia/Llama-3.1-405B-Instruct-FP8", "llama-3.1-405b", "fp8"],
  ["hugging-quants/Meta-Llama-3.1-405B-Instruct-AWQ-INT4", "llama-3.1-405b", "int4"],
  ["unsloth/Llama-3.3-70B-Instruct", "llama-3.3-70b", undefined],
  ["RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", "llama-3.3-70b", "fp8"],
  ["Qwen/Qwen3-235B-A22B-FP8", "qwen3-235b-a22b", "fp8"],
  ["deepseek-ai/DeepSeek-V3-0324", "deepseek-v3", "fp8"],
  ["mistralai/Mistral-Large-Instruct-2411", "mistral-large-2", "bf16"],
])("%s is %s", (name, id, precision) => {
  const found = resolveModel(name);
  expect(found?.model.id).toBe(id);
  if (precision) expect(found?.impliedPrecision).toBe(precision);
});

test.each([
  "meta-llama/Llama-3.2-1B",
  "llama",
  "",
  "llama-3.1-40b",
  "Qwen/Qwen3-32B-Coder",
  "llama-3.1-8b-constructor",
  "__proto__",
])("%p is not in the catalogue", (name) => {
  expect(resolveModel(name)).toBeUndefined();
});
