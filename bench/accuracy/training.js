// What the memory model of training says of published runs, beside what they took.

const fs = require("node:fs");
const path = require("node:path");
const { table } = require("./table");

const file = path.join(__dirname, "..", "..", "test", "fixtures", "training-runs.json");

/** Models of the runs that the catalogue lacks: plain decoders with gated networks. */
function modelOf([id, shape]) {
  const { layers, hiddenSize, heads, kvHeads, headDim, width, vocabSize, tied } = shape;
  const layer = {
    mixers: [{ kind: "full", heads, kvHeads, headDim }],
    mlps: [{ kind: "dense", width, matrices: 3 }],
  };
  return {
    ...{ id, family: id, kind: "dense", hiddenSize, vocabSize, tiedEmbeddings: tied, maxContext: 131072 },
    ...{ layerTypes: { layer }, layout: [{ repeat: layers, layers: ["layer"] }], checkpoints: [] },
    ...{ nativePrecision: "bf16", source: "its config.json", confidence: "high" },
  };
}

/** Computed over observed, of every run. */
function measureTraining(judgeTrainingFit) {
  const { shapes, runs } = JSON.parse(fs.readFileSync(file, "utf8"));
  const models = Object.entries(shapes).map(modelOf);
  return runs.map(({ id, family, case: number, observedGiB, source, excluded, ...request }) => {
    const run = { id, family, number, observedGiB, source, excluded, request };
    if (excluded && request.sequenceLength > 131072) return run;
    const { memory } = judgeTrainingFit(request, models);
    return { ...run, peakGiB: memory.peakGiB, ratio: memory.peakGiB / observedGiB };
  });
}

const median = (values) => {
  const sorted = [...values].sort((left, right) => left - right);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

/** Families of runs, with how far the model is off: one row each, and one of all. */
function summarizeTraining(runs) {
  const counted = runs.filter(({ excluded }) => !excluded);
  const families = [...new Set(counted.map(({ family }) => family))].sort();
  const row = (name, members) => {
    const ratios = members.map(({ ratio }) => ratio);
    const inside = ratios.filter((ratio) => ratio >= 0.75 && ratio <= 1.35).length;
    return {
      name,
      count: ratios.length,
      least: Math.min(...ratios),
      median: median(ratios),
      most: Math.max(...ratios),
      inside,
    };
  };
  return [
    ...families.map((name) =>
      row(
        name,
        counted.filter(({ family }) => family === name),
      ),
    ),
    row("all", counted),
  ];
}

function reportTraining(runs) {
  const two = (value) => value.toFixed(2);
  const numbered = runs.filter(({ number }) => number).sort((left, right) => left.number.localeCompare(right.number));
  const excluded = new Map();
  for (const { excluded: why } of runs) if (why) excluded.set(why, (excluded.get(why) ?? 0) + 1);
  return [
    "Runs that torchtune and torchtitan publish, by the numbers of the collection that this project began with:",
    "",
    ...table(
      ["case", "run", "observed GiB", "computed GiB", "computed / observed"],
      numbered.map(({ number, request, observedGiB, peakGiB, ratio }) => [
        number,
        `${request.model}, ${request.workload}, ${request.gpus} GPUs, ${request.microBatchSize} x ${request.sequenceLength} tokens${request.tensorParallel ? `, TP ${request.tensorParallel}` : ""}, ${request.recomputation} recomputation, ${request.logits} logits${request.offload ? `, ${request.offload} offloaded` : ""}`,
        observedGiB,
        two(peakGiB),
        two(ratio),
      ]),
    ),
    "",
    "All runs, by whose they are:",
    "",
    ...table(
      ["runs of", "number", "least", "median", "most", "within 0.75 to 1.35"],
      summarizeTraining(runs).map(({ name, count, least, median: middle, most, inside }) => [
        name,
        count,
        two(least),
        two(middle),
        two(most),
        inside,
      ]),
    ),
    "",
    `Left out, with the reason: ${[...excluded].map(([why, count]) => `${count} (${why})`).join("; ")}.`,
  ];
}

module.exports = { measureTraining, summarizeTraining, reportTraining };
