// What estimates are off on rows that they have not seen: without the row itself, without its setting (model, GPU, engine,
// precision), and without any row of its model. Every estimate is made by the code that users run.

const { judgeFit } = require("../../bin/sizing/fit");
const { experienceOf, similarity, weightsOf, weightsWithoutEach } = require("./corrections");
const { fitConstants } = require("./fitConstants");

/** A row as `fit` is asked for it. */
function requestOf({ row }) {
  return {
    model: row.model,
    precision: row.precision,
    gpu: row.gpu,
    engine: row.engine,
    tensorParallel: row.tp,
    pipelineParallel: row.pp,
    dataParallel: row.attention_dp,
    expertParallel: row.moe_ep,
    contextLength: row.isl + row.osl,
    inputTokens: row.isl,
    outputTokens: row.osl,
    concurrency: row.concurrency,
  };
}

/** Errors of one estimate, as shares of what was measured, with their sign; none for a row that is said not to load. */
function errorsOf(measured, speed) {
  const { row } = measured;
  const { throughput } = judgeFit(requestOf(measured), [], speed);
  if (!throughput) return [];
  const tokens = (firstMs, tokenMs) => (row.concurrency * row.osl * 1e3) / (firstMs + (row.osl - 1) * tokenMs);
  const errors = {
    measured,
    evidence: throughput.evidence,
    perToken: throughput.timePerOutputTokenMs / row.tpot_ms - 1,
    firstToken: throughput.timeToFirstTokenMs / row.ttft_ms - 1,
    throughput: throughput.outputTokensPerSecond / tokens(row.ttft_ms, row.tpot_ms) - 1,
  };
  return [errors];
}

/** Each row without itself. The constants have seen it among all the others; its corrections have not. */
function withoutRow(rows, constants, errors) {
  const without = weightsWithoutEach(rows, constants);
  return rows.flatMap((measured, index) => {
    // The row is taken out, not only its weight: an estimate must not call itself measured by it.
    const others = rows.filter((_, other) => other !== index);
    const drop = (weights) => weights.filter((_, other) => other !== index);
    const weights = { perToken: drop(without[index].perToken), firstToken: drop(without[index].firstToken) };
    return errorsOf(measured, { constants, similarity, errors, experience: experienceOf(others, weights) });
  });
}

const settingKey = ({ measurement: { shape, gpu, engine, precision } }) => [shape, gpu, engine, precision].join();

/** Each setting without its rows. */
function withoutSetting(rows, constants, errors) {
  return eachWithout(rows, settingKey, (others) => {
    return { constants, similarity, errors, experience: experienceOf(others, weightsOf(others, constants)) };
  });
}

/** Each shape of model without its rows: constants are fitted anew without them. */
async function withoutModel(rows, start, errors) {
  const results = [];
  for (const key of new Set(rows.map(({ measurement }) => measurement.shape))) {
    const others = rows.filter(({ measurement }) => measurement.shape !== key);
    const { constants } = await fitConstants(others, start);
    const speed = { constants, similarity, errors, experience: experienceOf(others, weightsOf(others, constants)) };
    results.push(
      ...rows.filter(({ measurement }) => measurement.shape === key).flatMap((measured) => errorsOf(measured, speed)),
    );
  }
  return results;
}

function eachWithout(rows, keyOf, speedOf) {
  return [...new Set(rows.map(keyOf))].flatMap((key) => {
    const speed = speedOf(rows.filter((row) => keyOf(row) !== key));
    return rows.filter((row) => keyOf(row) === key).flatMap((measured) => errorsOf(measured, speed));
  });
}

module.exports = { withoutRow, withoutSetting, withoutModel, requestOf, errorsOf };
