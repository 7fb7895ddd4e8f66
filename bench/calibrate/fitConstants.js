// Fits the constants of the closed form: robust least squares on the logarithms of what was measured by what the form
// says, with expectations as further residuals, so that what rows do not tell stays where it was expected.

const { timesOf } = require("../../bin/sizing/throughput/closedForm");
const { fitted, unpack } = require("./parameters");

/** From here on a residual counts by its size and no longer by its square. */
const robust = { perToken: 0.1, firstToken: 0.25 };
/** What a residual of the first token counts against one of the others. */
const firstTokenWeight = 0.8;
/** A setting with more rows than this counts as if it had so many. */
const rowsThatCount = 20;

function soften(residual, scale) {
  return Math.sign(residual) * Math.sqrt(2 * (Math.sqrt(1 + (residual / scale) ** 2) - 1));
}

/** What rows were measured to be, by what the form says: logarithms. */
function timesAsRun({ workAsRun, row, factors }, constants, circumstances) {
  const times = timesOf(workAsRun, row.concurrency, constants);
  let { perToken, firstToken } = times;
  if (factors.includes("waitsForPlace")) {
    firstToken += (circumstances.waitsForPlace * row.osl * perToken) / row.concurrency;
  }
  if (factors.includes("burst")) {
    const more = { ...constants, queueShare: constants.queueShare * circumstances.burst };
    firstToken = timesOf(workAsRun, row.concurrency, more).firstToken;
  }
  if (factors.includes("untuned")) perToken *= circumstances.untuned;
  return { perToken, firstToken };
}

/** Fits on the given rows. Deterministic: same rows, same constants. */
async function fitConstants(rows, start) {
  const { levenbergMarquardt } = await import("ml-levenberg-marquardt");
  const sizes = new Map();
  const keyOf = ({ row }) => [row.model, row.gpu, row.engine, row.precision].join();
  for (const row of rows) sizes.set(keyOf(row), (sizes.get(keyOf(row)) ?? 0) + 1);
  const weights = rows.map((row) => Math.sqrt(Math.min(1, rowsThatCount / sizes.get(keyOf(row)))));

  const residuals = (point) => {
    const { constants, circumstances } = unpack(point);
    const values = [];
    rows.forEach((measured, index) => {
      const { perToken, firstToken } = timesAsRun(measured, constants, circumstances);
      const { tpot_ms: tokenMs, ttft_ms: firstMs } = measured.row;
      values.push(soften(Math.log((perToken * 1e3) / tokenMs), robust.perToken) * weights[index]);
      values.push(
        soften(Math.log((firstToken * 1e3) / firstMs), robust.firstToken) * weights[index] * firstTokenWeight,
      );
    });
    fitted.forEach(([, expected, spread], index) => {
      values.push((point[index] - Math.log(expected)) / spread);
    });
    return values;
  };

  const count = 2 * rows.length + fitted.length;
  const data = { x: Array.from({ length: count }, (_, index) => index), y: new Array(count).fill(0) };
  const { parameterValues } = levenbergMarquardt(
    data,
    (point) => {
      const values = residuals(point);
      return (index) => values[index];
    },
    {
      initialValues: start ?? fitted.map(([, expected]) => Math.log(expected)),
      gradientDifference: 1e-5,
      damping: 1e-2,
      errorTolerance: 1e-9,
      improvementThreshold: 1e-4,
      maxIterations: 60,
    },
  );
  return { point: parameterValues, ...unpack(parameterValues) };
}

module.exports = { fitConstants };
