// How long a decision takes: one, all there are, and a batch of judgements through the command.

const { spawnSync } = require("node:child_process");
const path = require("node:path");
const { findGpu, machines, models } = require("../bin/sizing/catalogue");
const { parseDecision } = require("../bin/sizing/decision");
const { judgeFit } = require("../bin/sizing/fit");
const { planDecision } = require("../bin/sizing/planner");
const { planTraining } = require("../bin/sizing/training/planner");
const { rankOptions } = require("../bin/sizing/ranking");
const { precisions } = require("../bin/sizing/precision");

const command = path.join(__dirname, "..", "cli", "llm-cluster.js");
const milliseconds = (started) => Number(process.hrtime.bigint() - started) / 1e6;
const median = (values) => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];

function timed(work, repeats) {
  const times = Array.from({ length: repeats }, () => {
    const started = process.hrtime.bigint();
    work();
    return milliseconds(started);
  });
  return median(times);
}

const decide = (args) => planDecision(parseDecision(args));

/** 405B over three machines: pipeline stages, replicas and every machine of every cloud are compared. */
const worked = { model: "llama-3.1-405b", precision: "fp8", contextLength: 131072, concurrency: 32 };

function decideAll() {
  for (const model of models)
    for (const precision of precisions) decide({ model: model.id, precision, concurrency: 32 });
}

/** Lines as another program would ask them, from a cold process: its start is in the time. */
function batch(lines) {
  const names = ["llama-3.1-405b", "deepseek-r1", "gemma-3-27b", "gpt-oss-120b", "nemotron-3-super-120b-a12b"];
  const input = Array.from({ length: lines }, (_, index) =>
    JSON.stringify({ model: names[index % names.length], gpu: "h200", tensorParallel: 8, contextLength: 1024 + index }),
  ).join("\n");
  const started = process.hrtime.bigint();
  const { stdout, status } = spawnSync(process.execPath, [command, "fit", "--batch", "-"], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const time = milliseconds(started);
  if (status !== 0 || stdout.trim().split("\n").length !== lines) throw new Error("the batch went wrong");
  return time / lines;
}

/** Everything that `size` works out: the plan, and every machine x precision x way of buying of every cloud, to a target. */
function recommend() {
  const resolved = parseDecision(recommended);
  const known = new Map();
  planDecision(resolved, undefined, known);
  return rankOptions(resolved, { known }).options.length;
}

const recommended = {
  model: "llama-3.3-70b",
  contextLength: 8192,
  concurrency: 64,
  targets: { timePerOutputTokenMs: 20 },
};

/** The same through the command, from a cold process. */
function recommendCold() {
  const options = ["--model", "llama-3.3-70b", "--context-length", "8192", "--concurrency", "64"];
  const started = process.hrtime.bigint();
  const { status } = spawnSync(process.execPath, [
    command,
    "size",
    ...options,
    "--time-per-output-token-ms",
    "20",
    "--json",
  ]);
  if (status !== 0) throw new Error("the recommendation went wrong");
  return milliseconds(started);
}

/** The smallest clusters that train a mixture of 671 billion parameters whole: the largest search there is. */
const trainedWhole = () => planTraining(parseDecision({ model: "deepseek-v3", workload: "full" })).candidates.length;

/** Prints the table and returns the promises, each with what it measured and the most that it may. */
function sizingPromises() {
  const first = timed(() => decide(worked), 1);
  const one = timed(() => decide(worked), 50);
  const all = timed(decideAll, 5);
  const judged = timed(() => judgeFit({ model: "deepseek-r1", gpu: findGpu("h200").id, tensorParallel: 8 }), 200);
  const full = timed(recommend, 30);
  const cold = median(Array.from({ length: 5 }, recommendCold));
  const trained = timed(trainedWhole, 5);
  const line = median(Array.from({ length: 3 }, () => batch(2000)));
  console.log("\n## Deciding\n\n| what | ms |\n|---|---|");
  console.log(`| the first decision of a process | ${first.toFixed(1)} |`);
  console.log(`| one decision, ${machines.length} machines compared, median of 50 | ${one.toFixed(1)} |`);
  console.log(
    `| all ${models.length} models x ${precisions.length} precisions x ${machines.length} machines | ${all.toFixed(0)} |`,
  );
  console.log(`| a full recommendation, ${recommend()} ways to a target, median of 30 | ${full.toFixed(1)} |`);
  console.log(`| the same through \`size --json\`, with the start of the process, median of 5 | ${cold.toFixed(0)} |`);
  console.log(
    `| the smallest clusters that train DeepSeek V3 whole, on ${trainedWhole()} machines, median of 5 | ${trained.toFixed(0)} |`,
  );
  console.log(`| one judgement, median of 200 | ${judged.toFixed(2)} |`);
  console.log(`| a line of \`fit --batch\`, 2,000 lines, with the start of the process | ${line.toFixed(2)} |`);
  return {
    "one decision, ms": [one, 20],
    "all models x machines x precisions, ms": [all, 1000],
    "a full recommendation, ms": [full, 20],
    "a full recommendation, cold process, ms": [cold, 1000],
    "a plan to train on all machines, ms": [trained, 1000],
    "a line of fit --batch, ms": [line, 2],
  };
}

module.exports = { sizingPromises };
