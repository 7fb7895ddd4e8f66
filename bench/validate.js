// `npm run validate`: the memory model against published starts of real engines, and the estimate of speed against published
// measurements, and the memory of training against published runs. Prints Markdown; with --write it keeps the figures in
// docs/accuracy.md and docs/training.md, between their markers. With --speed only what is about speed is printed.

require("../build/transpile").ensureBuilt();
const fs = require("node:fs");
const path = require("node:path");
const { measure } = require("./accuracy/measure");
const { report } = require("./accuracy/report");
const { measureTraining, reportTraining } = require("./accuracy/training");
const { measureSpeed } = require("./accuracy/speed");
const { reportSpeed } = require("./accuracy/speedReport");

const sources = {
  judgeFit: require("../bin/sizing/fit").judgeFit,
  engineMemory: require("../bin/sizing/engineMemory").engineMemory,
  findGpu: require("../bin/sizing/catalogue").findGpu,
  modelNames: require("../bin/sizing/modelNames"),
};

/** Between the markers of a document. */
function write(name, lines, document = "accuracy.md") {
  const file = path.join(__dirname, "..", "docs", document);
  const text = fs.readFileSync(file, "utf8");
  const [start, end] = [`<!-- ${name}: npm run validate -- --write -->`, `<!-- end of ${name} -->`];
  const [before, rest] = text.split(start);
  const [, after] = rest.split(end);
  fs.writeFileSync(file, `${before}${start}\n\n${lines.join("\n")}\n\n${end}${after}`);
}

async function main() {
  const isWritten = process.argv.includes("--write");
  if (!process.argv.includes("--speed")) {
    const lines = report(measure(sources));
    console.log(lines.join("\n"));
    if (isWritten) write("figures", lines);
    const trained = reportTraining(measureTraining(require("../bin/sizing/training/fit").judgeTrainingFit));
    console.log(`\n${trained.join("\n")}\n`);
    if (isWritten) write("runs", trained, "training.md");
    console.error("leaving out each row, a tenth at a time, each setting, each model: about half a minute");
  }
  const lines = reportSpeed(await measureSpeed());
  console.log(`\n${lines.join("\n")}`);
  if (isWritten) write("speed", lines);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
