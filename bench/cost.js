// How long `diff` takes on a long preview, and how much it holds, beside what reading the same file as JSON takes at all.

const fs = require("node:fs");
const path = require("node:path");
const { spawnSync } = require("node:child_process");

const root = path.resolve(__dirname, "..");
const recording = path.join(root, "test/fixtures/engine/dev.preview-other-machine.json");

/** A preview of so many resources: the recorded one of the real engine, over and over under other names, indented as the CLI does. */
function longPreview(count, file) {
  const { steps, ...rest } = JSON.parse(fs.readFileSync(recording, "utf8"));
  const isStack = ({ urn }) => urn.includes("pulumi:pulumi:Stack");
  const others = JSON.stringify(steps.filter((step) => !isStack(step)));
  const all = steps.filter(isStack);
  for (let copy = 0; all.length < count; copy += 1) {
    const renamed = others.replaceAll("::llm", `::c${copy}x`).replaceAll('"llm', `"c${copy}x`);
    all.push(...JSON.parse(renamed));
  }
  fs.writeFileSync(file, JSON.stringify({ ...rest, steps: all.slice(0, count) }, undefined, 4));
  return fs.statSync(file).size / 1e6;
}

/** Seconds and MB of a process of its own. */
function run(argv, memory) {
  fs.rmSync(memory, { force: true });
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, argv, {
    env: { ...process.env, BENCH_MEMORY: memory, NODE_OPTIONS: `--require ${path.join(__dirname, "memory.js")}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  return { seconds, megabytes: Number(fs.readFileSync(memory, "utf8").trim().split("\n")[0]) / 1024 };
}

/** The fastest of several runs in turn: what it takes when the machine is not busy with something else. */
function fastest(programs, memory, runs) {
  const results = programs.map(() => []);
  for (let turn = 0; turn < runs; turn += 1) {
    for (const [index, argv] of programs.entries()) results[index].push(run(argv, memory));
  }
  return results.map((own) => own.reduce((best, one) => (one.seconds < best.seconds ? one : best)));
}

/** What the cost commands promise, printed as Markdown. */
function costPromises(work, runs) {
  const memory = path.join(work, "cost-memory");
  const command = path.join(root, "cli/llm-cluster.js");
  const parse = "JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))";
  console.log("\n## The cost of a change of 1,000 to 20,000 resources\n");
  console.log("| resources | file MB | diff s | diff MB | diff --json s | diff --json MB | JSON.parse alone s | MB |");
  console.log("|---|---|---|---|---|---|---|---|");
  const points = new Map();
  for (const count of [1000, 10_000, 20_000]) {
    const file = path.join(work, `preview-${count}.json`);
    const size = longPreview(count, file);
    const programs = [
      [command, "diff", file],
      [command, "diff", file, "--json"],
      ["-e", parse, file],
    ];
    const [table, json, floor] = fastest(programs, memory, runs);
    const cells = [table, json, floor].flatMap(({ seconds, megabytes }) => [seconds.toFixed(2), megabytes.toFixed(0)]);
    console.log(`| ${count} | ${size.toFixed(0)} | ${cells.join(" | ")} |`);
    points.set(count, { table, json, floor });
    fs.rmSync(file);
  }
  const [small, large] = [points.get(10_000), points.get(20_000)];
  return {
    "diff of 10,000 resources, s": [Math.max(small.table.seconds, small.json.seconds), 2],
    "diff of 10,000 resources, MB": [Math.max(small.table.megabytes, small.json.megabytes), 300],
    "growth exponent of diff, 10,000 to 20,000": [Math.log2(large.table.seconds / small.table.seconds), 1.1],
  };
}

module.exports = { costPromises };
