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

const isInside = ([least, most], value) => least <= value && value <= most;

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
    isPerTokenInRange: isInside(throughput.timePerOutputTokenRangeMs, row.tpot_ms),
    isFirstTokenInRange: isInside(throughput.timeToFirstTokenRangeMs, row.ttft_ms),
  };
  return [errors];
}

/**
 * Each row without itself. The constants have seen it among all the others; its corrections have not.
 * @param learnt the rows that constants and corrections are made of
 * @param asked the rows to estimate; those that are not among the learnt ones are new anyway
 */
function withoutRow(learnt, asked, { constants, errors }) {
  const without = weightsWithoutEach(learnt, constants);
  const whole = experienceOf(learnt, weightsOf(learnt, constants));
  return asked.flatMap((measured) => {
    const index = learnt.indexOf(measured);
    if (index < 0) return errorsOf(measured, { constants, similarity, errors, experience: whole });
    // The row is taken out, not only its weight: an estimate must not call itself measured by it.
    const others = learnt.filter((_, other) => other !== index);
    const drop = (weights) => weights.filter((_, other) => other !== index);
    const weights = { perToken: drop(without[index].perToken), firstToken: drop(without[index].firstToken) };
    return errorsOf(measured, { constants, similarity, errors, experience: experienceOf(others, weights) });
  });
}

/** Each setting (model, GPU, engine, precision) without its rows; constants stay. */
function withoutSetting(learnt, asked, { constants, errors }) {
  const keyOf = ({ measurement: { shape, gpu, engine, precision } }) => [shape, gpu, engine, precision].join();
  return [...new Set(asked.map(keyOf))].flatMap((key) => {
    const others = learnt.filter((row) => keyOf(row) !== key);
    const speed = { constants, similarity, errors, experience: experienceOf(others, weightsOf(others, constants)) };
    return asked.filter((row) => keyOf(row) === key).flatMap((measured) => errorsOf(measured, speed));
  });
}

/** Groups of rows, each without the rest of its group: constants are fitted anew without them. */
async function refitWithout(learnt, asked, keyOf, { start, errors }) {
  const results = [];
  for (const key of new Set(asked.map(keyOf))) {
    const others = learnt.filter((row) => keyOf(row) !== key);
    const { constants } = await fitConstants(others, start);
    const speed = { constants, similarity, errors, experience: experienceOf(others, weightsOf(others, constants)) };
    results.push(...asked.filter((row) => keyOf(row) === key).flatMap((measured) => errorsOf(measured, speed)));
  }
  return results;
}

/** Each shape of model without any row of it. */
function withoutModel(learnt, asked, options) {
  return refitWithout(learnt, asked, ({ measurement }) => measurement.shape, options);
}

/** A tenth of the rows at a time, constants and all: every tenth row, so that each tenth has some of every setting. */
function withoutTenths(learnt, asked, options) {
  const places = new Map(asked.map((measured, index) => [measured, index % 10]));
  return refitWithout(learnt, asked, (measured) => places.get(measured), options);
}

module.exports = { withoutRow, withoutSetting, withoutModel, withoutTenths, errorsOf };
