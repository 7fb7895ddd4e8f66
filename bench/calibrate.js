// `npm run calibrate`: fits the constants of the closed form and the weights of the measured rows from
// test/fixtures/silicon-measurements.csv, says what they are off on rows that were left out, and writes
// sizing/data/throughput.json and measurements.json. With --check it writes nothing, and fails when they are not what the rows
// give.

require("../build/transpile").ensureBuilt();
const fs = require("node:fs");
const path = require("node:path");

const dataFolder = path.join(__dirname, "..", "sizing", "data");
const source =
  "fitted on rows of ai-dynamo/aiconfigurator@095f58a (2026-08-21), its accuracy references, cleaned; test/fixtures/silicon-measurements.csv; rows whose first token took 5 s or more had queues and are left out";

/** The day that files say is the day of the rows' last change, not of the run: same rows, same files. */
const asOf = "2026-11-23";

async function main() {
  const { usableRows, measuredRows } = require("./calibrate/rows");
  const { fitConstants } = require("./calibrate/fitConstants");
  const { similarity, weightsOf } = require("./calibrate/corrections");
  const { withoutRow, withoutSetting, withoutModel } = require("./calibrate/leaveOut");
  const rows = usableRows();
  console.log(`${rows.length} of ${measuredRows().length} rows; fitting the constants`);
  const { constants, circumstances, point } = await fitConstants(rows);
  const rounded = roundAll(constants);
  const weights = weightsOf(rows, rounded);

  console.log("leaving out each row, each setting, each model");
  const none = { measured: {}, related: {}, extrapolated: {} };
  const results = {
    measured: withoutRow(rows, rows, { constants: rounded, errors: none }),
    related: withoutSetting(rows, rows, { constants: rounded, errors: none }),
    extrapolated: await withoutModel(rows, rows, { start: point, errors: none }),
  };
  for (const [name, errors] of Object.entries(results)) print(name, errors);
  console.log(`of how some rows were taken: ${JSON.stringify(roundAll(circumstances))}`);

  const errors = Object.fromEntries(Object.entries(results).map(([name, list]) => [name, quantilesOf(list)]));
  const files = {
    "throughput.json": { source, asOf, constants: rounded, similarity, errors },
    "measurements.json": measurementsFile(rows, weights),
  };
  if (process.argv.includes("--check")) check(files);
  else for (const [name, content] of Object.entries(files)) write(name, content);
}

/** Another processor may round otherwise: what is shipped must be what the rows give to a hundredth. */
const tolerance = 0.01;

function check(files) {
  for (const [name, content] of Object.entries(files)) {
    const shipped = JSON.parse(fs.readFileSync(path.join(dataFolder, name), "utf8"));
    const differs = firstDifference(shipped, content, name);
    if (differs) {
      console.error(`sizing/data/${differs} is not what the rows give. Fix: npm run calibrate`);
      process.exitCode = 1;
    }
  }
}

/** Where two documents differ, if they do; numbers by more than the tolerance. */
function firstDifference(left, right, place) {
  if (typeof left === "number" && typeof right === "number") {
    const scale = Math.max(Math.abs(left), Math.abs(right), 1e-3);
    return Math.abs(left - right) / scale > tolerance ? place : undefined;
  }
  if (typeof left !== "object" || typeof right !== "object") return left === right ? undefined : place;
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  for (const key of keys) {
    const differs = firstDifference(left[key], right[key], `${place}: ${key}`);
    if (differs) return differs;
  }
  return undefined;
}

/** Four significant digits: more is not known. */
function roundAll(value) {
  if (typeof value === "number") return Number(value.toPrecision(4));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, roundAll(inner)]));
}

function groupsOf(errors) {
  const groups = new Map();
  for (const error of errors) {
    const key = `${error.measured.work.kind} ${error.measured.work.architecture}`;
    groups.set(key, [...(groups.get(key) ?? []), error]);
  }
  return [...groups].sort(([left], [right]) => (left < right ? -1 : 1));
}

function quantilesOf(errors) {
  const { describe } = require("./accuracy/statistics");
  const of = (list, name) => {
    const { median, p90 } = describe(list.map((error) => error[name]));
    const within = Math.exp(describe(list.map((error) => Math.log(1 + error[name]))).p90);
    return { median: Number(median.toFixed(3)), p90: Number(p90.toFixed(3)), within: Number(within.toFixed(3)) };
  };
  return Object.fromEntries(
    groupsOf(errors).map(([key, list]) => [
      key,
      {
        timePerOutputToken: of(list, "perToken"),
        timeToFirstToken: of(list, "firstToken"),
        throughput: of(list, "throughput"),
      },
    ]),
  );
}

function print(name, errors) {
  const { describe } = require("./accuracy/statistics");
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  const words = { measured: "without the row", related: "without its setting", extrapolated: "without its model" };
  for (const [key, list] of groupsOf(errors)) {
    const figures = ["perToken", "firstToken", "throughput"].map((time) => {
      const { mean, median, p90, bias } = describe(list.map((error) => error[time]));
      return `${time} ${percent(mean)} (median ${percent(median)}, p90 ${percent(p90)}, bias ${percent(bias)})`;
    });
    console.log(`${words[name]}, ${key}, ${list.length} rows: ${figures.join("; ")}`);
  }
}

const columns = [
  "id",
  "model",
  "shape",
  "gpu",
  "architecture",
  "engine",
  "precision",
  "isSpread",
  "inputTokens",
  "outputTokens",
  "concurrency",
  "tensorParallel",
  "firstTokenMs",
  "perTokenMs",
];

function measurementsFile(rows, weights) {
  return {
    source,
    asOf,
    columns: [...columns, "perTokenWeight", "firstTokenWeight"],
    rows: rows.map(({ measurement }, index) => [
      ...columns.map((name) => measurement[name]),
      Number(weights.perToken[index].toPrecision(6)),
      Number(weights.firstToken[index].toPrecision(6)),
    ]),
  };
}

/** One line a row, so that a change of one shows as one. */
function write(name, content) {
  const lines = Object.entries(content).map(([key, value]) => {
    if (key !== "rows") return ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    return ` "rows": [\n${value.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n ]`;
  });
  fs.writeFileSync(path.join(dataFolder, name), `{\n${lines.join(",\n")}\n}\n`);
  console.log(`wrote sizing/data/${name}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
