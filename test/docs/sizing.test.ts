import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findGpu } from "../../sizing/catalogue";
import { parseDecision } from "../../sizing/decision";
import { judgeFit } from "../../sizing/fit";
import { findCheckpoint } from "../../sizing/modelNames";
import { planDecision } from "../../sizing/planner";
import { weighCheckpoint } from "../../sizing/weights";
import { root } from "../support/cli";
import { modelOf } from "../support/models";

const document = readFileSync(join(root, "docs/sizing.md"), "utf8");
const row = (claim: string) => {
  const line = document.split("\n").find((text) => text.startsWith(`| ${claim}`));
  if (!line) throw new Error(`docs/sizing.md has no row ${claim}`);
  return line;
};
const llama = modelOf("llama-3.1-405b");
const gigabytes = (precision: string) =>
  weighCheckpoint(llama, findCheckpoint(llama, precision) ?? never()).total / 1e9;
const on = (gpu: string, gpus: number, precision: string, contextLength = 8192) =>
  judgeFit({ model: llama.id, precision, gpu, gpus, tensorParallel: gpus, contextLength });
const never = (): never => {
  throw new Error("no such checkpoint");
};

test("the article's claims stand beside figures that the code gives", () => {
  expect(row("about 800 GB")).toContain(`${gigabytes("bf16").toFixed(1)} GB`);
  expect(row("250 to 300 GB")).toContain(`${gigabytes("int4").toFixed(0)} GB`);
  const four = on("h100", 4, "int4", 131_072);
  expect(four.verdict).toBe("marginal");
  expect(row("at least 4 H100")).toContain(
    `${four.memory.weightsGiB.toFixed(1)} GiB a GPU of ${four.memory.usableGiB.toFixed(1)}`,
  );
  expect(row("at least 4 H100")).toContain(`${four.kvCacheTokens.toLocaleString("en")} tokens`);
  expect(row("at least 4 H100")).toContain(`${on("h100", 2, "int4").memory.shortGiB.toFixed(1)} GiB a GPU short`);
  const baseline = row("8 H100 as the baseline");
  expect(baseline).toContain(`FP8 (${on("h100", 8, "fp8").memory.weightsGiB.toFixed(1)} GiB a GPU)`);
  expect(baseline).toContain(`(${on("h100", 8, "fp8-meta").memory.weightsGiB.toFixed(1)}:`);
  expect(baseline).toContain(`${on("h100", 8, "bf16").memory.weightsGiB.toFixed(1)} GiB a GPU`);
  expect([on("h100", 8, "bf16").verdict, on("h200", 8, "bf16").verdict]).toEqual(["no", "fits"]);
});

test("so do the next generations", () => {
  const perToken = (machine: string) =>
    planDecision(parseDecision({ model: llama.id, precision: "fp8", contextLength: 8192, machine })).plan;
  const blackwell = row("B200 is about twice");
  expect(blackwell).toContain(
    `${perToken("p6-b200.48xlarge").throughput?.timePerOutputTokenMs.toFixed(1)} ms a token on 8 B200`,
  );
  expect(blackwell).toContain(`${perToken("p5.48xlarge").throughput?.timePerOutputTokenMs.toFixed(1)} on 8 H100`);
  const [h100, b200, trillium] = ["h100", "b200", "tpu-v6e"].map((id) => findGpu(id));
  expect(blackwell).toContain(`${((b200?.bf16Tflops ?? 0) / (h100?.bf16Tflops ?? 1)).toFixed(2)} times the BF16 rate`);
  expect(row("Trillium")).toContain(
    `${((trillium?.bf16Tflops ?? 0) / (h100?.bf16Tflops ?? 1)).toFixed(2)} of an H100's BF16 rate`,
  );
  const chips = perToken("ct6e-standard-4t");
  expect(row("Trillium")).toContain(`loads on ${chips.nodes * 4} of them`);
});

test.each([
  ["8 x H100, bf16", "p5.48xlarge", "bf16"],
  ["8 x H100, fp8", "p5.48xlarge", "fp8"],
  ["8 x H200, bf16", "p5en.48xlarge", "bf16"],
  ["8 x H200, fp8", "p5en.48xlarge", "fp8"],
] as const)("the worked example on %s", (claim, machine, kvCacheDtype) => {
  const args = { model: llama.id, precision: "fp8", contextLength: 131_072, concurrency: 32, machine, kvCacheDtype };
  const { replicas, pipelineParallel, explanation } = planDecision(parseDecision(args)).plan;
  const stages = pipelineParallel > 1 ? `${pipelineParallel} stages` : "";
  const copies = replicas > 1 ? `${replicas} replicas` : "";
  expect(row(claim)).toContain([copies, stages].filter((part) => part !== "").join(" of "));
  const rival = /independent replicas would take (\d+)/.exec(explanation.join())?.[1] ?? String(replicas);
  expect(row(claim).trimEnd()).toMatch(new RegExp(`\\| ${rival} +\\|$`));
});
