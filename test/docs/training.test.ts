import { readFileSync } from "node:fs";
import { join } from "node:path";
import { models } from "../../sizing/catalogue";
import data from "../../sizing/data/training.json";
import { parseDecision } from "../../sizing/decision";
import type { Workload } from "../../sizing/decisionArgs";
import { judgeTrainingFit } from "../../sizing/training/fit";
import { planTraining } from "../../sizing/training/planner";
import { countParameters } from "../../sizing/weights";
import { root } from "../support/cli";

const text = readFileSync(join(root, "docs/training.md"), "utf8");

/** Rows of the table whose head begins so, cell by cell. */
function rowsOf(head: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(head));
  const rows = lines.slice(start + 2, lines.indexOf("", start));
  return rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const examples = rowsOf("| model | workload");

test("there is an example of each size and way", () => {
  expect(examples).toHaveLength(18);
});

test.each(examples)(
  "the example of %s, %s, is what is planned",
  (size, workload, states, machines, layout, peak, rate, run, cost) => {
    const machine = machines?.split(" x ")[1] ?? "";
    const model = `llama-3.1-${size?.toLowerCase()}`;
    const { plan } = planTraining(
      parseDecision({ model, workload: workload as Workload, machine, training: { tokens: 1e9 } }),
    );
    const { training, memory } = plan;
    expect(`${plan.nodes} x ${machine}`).toBe(machines);
    expect(layout).toBe(
      `${training.sharding}, T${plan.tensorParallel} P${plan.pipelineParallel} D${plan.dataParallel}, ${training.recomputation}`,
    );
    expect(memory.peakGiB.toFixed(1)).toBe(peak);
    expect(String(Math.round(training.tokensPerSecond))).toBe(rate);
    expect(states).toContain(`${training.statesGB} GB`);
    const { hours } = training.run;
    expect(hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} d`).toBe(run);
    expect(`$${Math.round(Number(training.run.costs[0]?.usd)).toLocaleString("en-US")}`).toBe(cost);
  },
);

test("the figures in the text are those of the plans", () => {
  const planOf = (model: string, machine: string) =>
    planTraining(parseDecision({ model, workload: "full", machine })).plan;
  const whole = text.replaceAll("\n", " ");
  const middle = planOf("llama-3.1-70b", "p5en.48xlarge");
  expect(whole).toContain(
    `holds ${(middle.memory.weightsGiB + middle.memory.gradientsGiB + middle.memory.optimizerGiB).toFixed(1)} GiB of them, and ${middle.memory.activationsGiB.toFixed(1)} GiB of activations with tensor parallelism ${middle.tensorParallel}`,
  );
  const large = planOf("llama-3.1-405b", "p5.48xlarge");
  const { writeGBps } = large.training.checkpoints;
  expect(whole).toContain(`for 405B on ${8 * large.nodes} H100 some ${Math.round(writeGBps / 5) * 5} GB/s`);
  expect(whole).toContain(
    `on ${large.nodes} machines of eight H100 are ${(large.training.statesGB / (8 * large.nodes) / 1.073741824).toFixed(1)} GiB a GPU`,
  );
  const wide = planOf("llama-3.1-405b", "p5en.48xlarge");
  expect(whole).toContain(`is ${8 * large.nodes} H100 or ${8 * wide.nodes} H200`);
});

test("how far the largest published run is from its estimate is said", () => {
  const asked = { model: "llama-3.1-405b", workload: "full", gpu: "h100", gpus: 8192, sequenceLength: 8192 };
  const layout = { tensorParallel: 8, pipelineParallel: 16, recomputation: "selective" };
  const { throughput } = judgeTrainingFit({ ...asked, ...layout });
  const rows = readFileSync(join(root, "test/fixtures/training-speed.csv"), "utf8").split("\n");
  const published = rows.find((row) => row.includes(",llama3-paper-405b-8192-s8192,"))?.split(",") ?? [];
  const percent = Number(published[rows[0]?.split(",").indexOf("utilization_percent") ?? -1]);
  const model = models.find(({ id }) => id === "llama-3.1-405b");
  if (!throughput || !model) throw new Error("no estimate of 405B");
  const { activeLinear } = countParameters(model);
  // 6 operations a parameter, and causal attention: 6 x 126 layers x 16,384 wide x 8,192 tokens.
  const flops = 6 * activeLinear + 6 * 126 * 16_384 * 8192;
  const reached = ((percent / 100) * 8192 * 989e12) / flops;
  expect(text.replaceAll("\n", " ")).toContain(
    `405B on 8,192 H100, reached ${(reached / throughput.tokensPerSecond).toFixed(2)} times what is estimated`,
  );
  expect(reached).toBeGreaterThan(throughput.tokensPerSecondRange?.[1] ?? Number.POSITIVE_INFINITY);
});

test("the table of utilisation is the data", () => {
  const rows = rowsOf("| workload        | A100").flatMap(([kind = "", ...cells]) =>
    cells.map((cell, index) => ({ kind, architecture: ["ampere", "hopper", "blackwell"][index], cell })),
  );
  expect(rows).toHaveLength(data.modelFlopsUtilization.length);
  for (const { kind, architecture, cell } of rows) {
    const [method, shape] = kind.split(", ");
    const row = data.modelFlopsUtilization.find((each) => {
      const isKind = each.kind === (shape === "dense" ? "dense" : "moe");
      return each.method === method && isKind && each.architecture === architecture;
    });
    if (!row) throw new Error(`${kind} on ${architecture}`);
    const percent = (share: number) => Math.round(100 * share);
    expect(cell).toContain(
      `${percent(row.median)} % (${percent(row.low)} to ${percent(row.high)}; ${row.rows || "no"} runs`,
    );
    expect(cell.includes("stand-in")).toBe(row.assumed !== undefined);
  }
});
