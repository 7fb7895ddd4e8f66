// `npm run bench`: how long a program of ours takes from start to last registration, beside others in the same run, and
// how a preview grows with the number of nodes. Prints Markdown; exits with 1 when a promise of docs/performance.md breaks.

require("../build/transpile").ensureBuilt();
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { recordProgram } = require("../bin/cli/preview/host");
const { readStackProject } = require("../bin/cli/preview/project");
const { floorProgram, usualProgram } = require("./programs");
const { costPromises } = require("./cost");
const { sizingPromises } = require("./sizing");

const root = path.resolve(__dirname, "..");
const packages = path.join(root, "node_modules");
const work = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
const runs = Number(process.env.BENCH_RUNS ?? 5);

const median = (values) => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];

// Pulumi's TypeScript support keeps what it has compiled and checked, by content, in a folder; here in one of our own.
process.env.TS_NODE_CACHE_DIRECTORY = path.join(work, "compiled");

/** A first run: nothing compiled, and no file in the system's memory, where it lets us empty that. */
function makeCold() {
  fs.rmSync(process.env.TS_NODE_CACHE_DIRECTORY, { recursive: true, force: true });
  try {
    fs.writeFileSync("/proc/sys/vm/drop_caches", "3");
  } catch {
    // Then the files are warm for all three programs alike.
  }
}

/** Seconds from the program's start to its last registration, and MB at its largest. */
async function measure(project) {
  const memory = path.join(work, "memory");
  fs.rmSync(memory, { force: true });
  process.env.BENCH_MEMORY = memory;
  process.env.NODE_OPTIONS = `--require ${path.join(__dirname, "memory.js")}`;
  const started = process.hrtime.bigint();
  const { resources, lastRegistrationAt } = await recordProgram(project);
  delete process.env.NODE_OPTIONS;
  return {
    seconds: Number(lastRegistrationAt - started) / 1e9,
    megabytes: Number(fs.readFileSync(memory, "utf8").trim().split("\n")[0]) / 1024,
    resources: resources.length,
  };
}

/** Several runs in turn, so that a machine whose speed drifts treats all alike. */
async function inTurn(projects, before = () => {}) {
  const results = Object.fromEntries(Object.keys(projects).map((name) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const [name, project] of Object.entries(projects)) {
      before();
      results[name].push(await measure(project));
    }
  }
  const summary = (values, key) => median(values.map((value) => value[key]));
  return Object.fromEntries(
    Object.entries(results).map(([name, values]) => [
      name,
      { seconds: summary(values, "seconds"), megabytes: summary(values, "megabytes") },
    ]),
  );
}

async function compareStarts() {
  const ours = readStackProject(path.join(root, "stacks/Pulumi.dev.yaml"));
  const { resources } = await recordProgram(ours);
  const projects = {
    ours,
    usual: usualProgram(path.join(work, "usual"), packages, resources),
    floor: floorProgram(path.join(work, "floor"), packages, resources),
  };
  const cold = await inTurn(projects, makeCold);
  const warm = await inTurn(projects);
  console.log(`## From start to last registration, the dev stack's ${resources.length} resources, median of ${runs}\n`);
  console.log("| program | cold s | cold MB | warm s | warm MB |\n|---|---|---|---|---|");
  const names = {
    ours: "ours",
    usual: "(a) usual: root import, type check at run time",
    floor: "(b) floor: compiled, nothing decided",
  };
  const row = ({ seconds, megabytes }) => `${seconds.toFixed(2)} | ${megabytes.toFixed(0)}`;
  for (const [key, name] of Object.entries(names)) console.log(`| ${name} | ${row(cold[key])} | ${row(warm[key])} |`);
  return {
    "time, ours / (a), cold": [cold.ours.seconds / cold.usual.seconds, 1 / 3],
    "memory, ours / (a), cold": [cold.ours.megabytes / cold.usual.megabytes, 1 / 3],
    "time, ours / (b), cold": [cold.ours.seconds / cold.floor.seconds, 1.3],
    "time, ours / (b), warm": [warm.ours.seconds / warm.floor.seconds, 1.3],
  };
}

async function growth() {
  const base = readStackProject(path.join(root, "stacks/Pulumi.dev.yaml"));
  console.log("\n## Preview of 1 to 1,000 nodes\n\n| nodes | resources | seconds |\n|---|---|---|");
  const points = [];
  for (const nodes of [1, 10, 100, 1000]) {
    const decision = {
      ...JSON.parse(base.config["llm-cluster:decision"]),
      concurrency: 8 * nodes,
      overrides: { replicas: nodes },
    };
    const project = { ...base, config: { ...base.config, "llm-cluster:decision": JSON.stringify(decision) } };
    const repeats = nodes < 1000 ? 3 : 1;
    const measured = [];
    for (let run = 0; run < repeats; run += 1) measured.push(await measure(project));
    const seconds = median(measured.map((one) => one.seconds));
    points.push([nodes, seconds]);
    console.log(`| ${nodes} | ${measured[0].resources} | ${seconds.toFixed(2)} |`);
  }
  // The exponent between the two largest: what one more node costs once the start no longer hides it.
  const [[n1, t1], [n2, t2]] = points.slice(-2);
  return { "growth exponent, 100 to 1,000 nodes": [Math.log(t2 / t1) / Math.log(n2 / n1), 1.1] };
}

async function main() {
  const promises = {
    ...sizingPromises(),
    ...costPromises(work, runs),
    ...(await compareStarts()),
    ...(await growth()),
  };
  console.log("\n## Promises\n\n| what | measured | at most |\n|---|---|---|");
  let broken = 0;
  for (const [what, [measured, most]] of Object.entries(promises)) {
    if (measured > most) broken += 1;
    console.log(`| ${what} | ${measured.toFixed(2)}${measured > most ? " (broken)" : ""} | ${most.toFixed(2)} |`);
  }
  fs.rmSync(work, { recursive: true, force: true });
  process.exitCode = broken > 0 ? 1 : 0;
}

main();
