// Scores the estimate of speed against published measurements, each left out of what the estimate has learnt; and against
// rows and tables that it has never seen.

const { judgeFit } = require("../../bin/sizing/fit");
const { shippedSpeed } = require("../../bin/sizing/throughput/speed");
const { measuredRows, readRows } = require("../calibrate/rows");
const { errorsOf, withoutModel, withoutRow, withoutSetting, withoutTenths } = require("../calibrate/leaveOut");

async function measureSpeed() {
  const all = measuredRows();
  const asked = all.filter(({ isSaturated }) => !isSaturated);
  const learnt = asked.filter(({ leaveOut }) => !leaveOut);
  const speed = shippedSpeed();
  const heldOut = measuredRows("held-out-measurements.csv");
  return {
    counts: {
      all: all.length,
      asked: asked.length,
      learnt: learnt.length,
      models: new Set(learnt.map(({ measurement }) => measurement.shape)).size,
    },
    refused: asked.filter((measured) => errorsOf(measured, speed).length === 0).map(({ row }) => row.id),
    row: withoutRow(learnt, asked, speed),
    tenths: await withoutTenths(learnt, asked, speed),
    setting: withoutSetting(learnt, asked, speed),
    model: await withoutModel(learnt, asked, speed),
    heldOut: heldOut.flatMap((measured) => errorsOf(measured, speed)),
    published: publishedThroughput(),
  };
}

/** NVIDIA's own tables of the most that an engine yields: every request is offered at once, and as many run as the cache holds. */
function publishedThroughput() {
  return readRows("published-throughput.csv").map((row) => {
    const ratio = (kvCacheDtype) => {
      const { throughput } = judgeFit({
        model: row.model,
        precision: row.precision,
        gpu: row.gpu,
        engine: "trtllm",
        tensorParallel: Number(row.tp),
        contextLength: Number(row.isl) + Number(row.osl),
        inputTokens: Number(row.isl),
        outputTokens: Number(row.osl),
        concurrency: 100_000,
        kvCacheDtype,
      });
      return throughput && throughput.outputTokensPerSecond / Number(row.output_tokens_per_second) - 1;
    };
    return { row, auto: ratio("auto"), fp8: ratio("fp8") };
  });
}

module.exports = { measureSpeed };
