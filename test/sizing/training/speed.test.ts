import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findGpu } from "../../../sizing/catalogue";
import data from "../../../sizing/data/training.json";
import { resolveModel } from "../../../sizing/modelNames";
import { settle } from "../../../sizing/training/recipe";
import { longSequenceShare } from "../../../sizing/training/speed";
import { flopsOfToken } from "../../../sizing/training/work";
import { root } from "../../support/cli";

// Published rates of training, collected 2026-11-23: tokens a second and GPU as printed, utilisation worked out from them by
// one definition (docs/training.md), each with the file that it is from. No field has a comma inside but the source.
const [head = "", ...lines] = readFileSync(join(root, "test/fixtures/training-speed.csv"), "utf8").trim().split("\n");
const columns = head.split(",");
const runs = lines.map((line) => {
  const cells = line.split(",");
  return Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ""])) as Record<string, string>;
});

/** Between the two values beside it, as spreadsheets do. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return below + (above - below) * (at % 1);
}

const known = data.modelFlopsUtilization.filter(({ rows, method, kind, architecture }) => {
  return rows > 0 && !(method === "full" && kind === "moe" && architecture === "ampere");
});

test.each(known)(
  "$method of a $kind model on $architecture: median and range are those of its $rows published runs",
  (row) => {
    const own = runs.filter(({ method, kind, architecture }) => {
      return method === row.method && kind === row.kind && architecture === row.architecture;
    });
    expect(own).toHaveLength(row.rows);
    const values = own.map(({ utilization_percent }) => Number(utilization_percent));
    expect(Math.round(percentile(values, 0.1))).toBe(Math.round(100 * row.low));
    expect(Math.round(percentile(values, 0.5))).toBe(Math.round(100 * row.median));
    expect(Math.round(percentile(values, 0.9))).toBe(Math.round(100 * row.high));
    for (const { source = "" } of own) expect(source.length).toBeGreaterThan(15);
  },
);

test("the utilisation of a published rate is what our own count of a token's operations makes of it", () => {
  const compared = runs.flatMap((run) => {
    const { model: name = "", gpu: gpuName = "", precision, sequence_length, method } = run;
    const model = resolveModel(name)?.model;
    const gpu = findGpu(gpuName);
    if (!model || !gpu || precision !== "bf16" || !Number(sequence_length)) return [];
    // Some publish the arithmetic alone.
    if (!Number(run.tokens_per_second_per_gpu)) return [];
    const way = method as "full" | "lora" | "qlora";
    // Adapters are left out of the published definition: the smallest stand for none.
    const given = { sequenceLength: Number(sequence_length), loraRank: 1 };
    const flops = flopsOfToken(model, settle(way, given, "fsdp", model.maxContext));
    const share = (flops * Number(run.tokens_per_second_per_gpu)) / (gpu.bf16Tflops * 1e12);
    return [{ id: run.id, ratio: (100 * share) / Number(run.utilization_percent) }];
  });
  expect(compared.length).toBeGreaterThan(25);
  for (const { id, ratio } of compared) {
    expect(`${id} ${ratio > 0.95 && ratio < 1.05 ? "agrees" : ratio.toFixed(3)}`).toBe(`${id} agrees`);
  }
});

test("longer sequences leave no more of the GPUs, from all at 8,192 tokens to half from 65,536 on", () => {
  expect([1, 4096, 8192].map(longSequenceShare)).toEqual([1, 1, 1]);
  const shares = [8192, 12_000, 16_384, 30_000, 32_768, 65_536, 1_000_000].map(longSequenceShare);
  for (let index = 1; index < shares.length; index++)
    expect(shares[index]).toBeLessThanOrEqual(shares[index - 1] as number);
  expect(shares.at(-1)).toBe(0.5);
});
