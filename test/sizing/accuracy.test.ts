import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findGpu } from "../../sizing/catalogue";
import { engineMemory } from "../../sizing/engineMemory";
import { judgeFit } from "../../sizing/fit";
import { findCheckpoint, resolveModel } from "../../sizing/modelNames";
import { root } from "../support/cli";

interface ScoredCase {
  id: string;
  row: { precision: string; fits: boolean };
  weightsError?: number;
  cacheErrorGiB?: number;
}
interface ScoredLog {
  id: string;
  row: { model: string; pipelineParallel: number };
  weightsError?: number;
  releaseErrorGiB?: number;
}
interface Summary {
  judged: number;
  high: number;
  highAgree: number;
  marginal: number;
  fitsThatFailed: string[];
  weightsErrors: ScoredCase[];
  cacheErrors: ScoredCase[];
}

const { measure } = require("../../bench/accuracy/measure");
const { report } = require("../../bench/accuracy/report");
const measured: { cases: ScoredCase[]; logs: ScoredLog[]; summary: Summary; furtherSummary: Summary } = measure({
  judgeFit,
  engineMemory,
  findGpu,
  modelNames: { resolveModel, findCheckpoint },
});
const { summary, furtherSummary, logs } = measured;

// Nothing a decision says tells S64 from S24, which is the same start and loaded (docs/accuracy.md).
const contradicted = ["S64"];

test("there is enough to judge by", () => {
  expect(summary.judged).toBeGreaterThanOrEqual(33);
  expect(summary.weightsErrors.length).toBeGreaterThanOrEqual(4);
  expect(logs.length).toBeGreaterThanOrEqual(30);
});

test("what loaded is said to load, and what did not is not, in at least 95 % of the sure cases", () => {
  expect(summary.highAgree / summary.high).toBeGreaterThanOrEqual(0.95);
  expect(summary.marginal / summary.judged).toBeLessThanOrEqual(0.15);
  expect(summary.fitsThatFailed).toEqual(contradicted);
});

test("so it is with the cases that were collected last", () => {
  expect(furtherSummary.high).toBeGreaterThanOrEqual(130);
  expect(furtherSummary.highAgree / furtherSummary.high).toBeGreaterThanOrEqual(0.95);
  expect(furtherSummary.marginal / furtherSummary.judged).toBeLessThanOrEqual(0.15);
  // A vendor's table against published throughput of the same model on the same machine.
  expect(furtherSummary.fitsThatFailed).toEqual(["M032"]);
});

test.each(summary.weightsErrors.map((scored) => [scored.id, scored] as const))(
  "weights of %s are what its engine logged",
  (_, { row, weightsError = Number.NaN }) => {
    expect(Math.abs(weightsError)).toBeLessThan(row.precision === "mxfp4" ? 0.1 : 0.01);
  },
);

test.each(summary.cacheErrors.map((scored) => [scored.id, scored] as const))(
  "the cache that %s had left is not promised larger",
  (_, { cacheErrorGiB = Number.NaN }) => {
    expect(cacheErrorGiB).toBeGreaterThan(-3);
    expect(cacheErrorGiB).toBeLessThan(0.5);
  },
);

test.each(logs.map((scored) => [scored.id, scored.row.model, scored] as const))(
  "%s: weights of %s, and the cache by the sampler that its release had",
  (_, model, { row, weightsError, releaseErrorGiB }) => {
    if (weightsError !== undefined) expect(Math.abs(weightsError)).toBeLessThan(/gpt-oss/.test(model) ? 0.1 : 0.01);
    if (releaseErrorGiB === undefined) return;
    expect(releaseErrorGiB).toBeLessThan(0.6);
    // The log is of a pipeline's first rank, which does not sample; the plan is for the last, which does.
    expect(releaseErrorGiB).toBeGreaterThan(row.pipelineParallel > 1 ? -3 : -1.5);
  },
);

test("docs/accuracy.md shows what is measured today", () => {
  const document = readFileSync(join(root, "docs/accuracy.md"), "utf8");
  for (const line of report(measured)) expect(document).toContain(line);
});
