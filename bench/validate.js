// `npm run validate`: the memory model against published starts of real engines. Prints Markdown; with --write it keeps
// the figures in docs/accuracy.md, between its markers.

require("../build/transpile").ensureBuilt();
const fs = require("node:fs");
const path = require("node:path");
const { measure } = require("./accuracy/measure");
const { report } = require("./accuracy/report");

const sources = {
  judgeFit: require("../bin/sizing/fit").judgeFit,
  engineMemory: require("../bin/sizing/engineMemory").engineMemory,
  findGpu: require("../bin/sizing/catalogue").findGpu,
  modelNames: require("../bin/sizing/modelNames"),
};
const lines = report(measure(sources));
console.log(lines.join("\n"));

if (process.argv.includes("--write")) {
  const file = path.join(__dirname, "..", "docs", "accuracy.md");
  const text = fs.readFileSync(file, "utf8");
  const [before, rest] = text.split("<!-- figures: npm run validate -- --write -->");
  const [, after] = rest.split("<!-- end of figures -->");
  const marked = `<!-- figures: npm run validate -- --write -->\n\n${lines.join("\n")}\n\n<!-- end of figures -->`;
  fs.writeFileSync(file, before + marked + after);
}
