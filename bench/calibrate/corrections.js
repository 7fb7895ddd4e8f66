// The weights of a Gaussian process over what measurements are off the closed form, one block for each shape of model.

const { CholeskyDecomposition, Matrix, inverse } = require("ml-matrix");
const { covariance, Experience } = require("../../bin/sizing/throughput/experience");
const { timesOf } = require("../../bin/sizing/throughput/closedForm");
const { grid } = require("../../bin/sizing/throughput/speed");

/**
 * Chosen once on these rows, each left out in turn; halving or doubling any of them changes the mean error by less
 * than half a point.
 */
const similarity = {
  doublings: { concurrency: 2.5, inputTokens: 3, outputTokens: 3, tensorParallel: 2 },
  otherwise: { engine: 4, gpu: 0.5, architecture: 1, precision: 1, isSpread: 1 },
  perToken: { near: 0.15, setting: 0.15, noise: 0.03 },
  firstToken: { near: 0.3, setting: 0.3, noise: 0.08 },
};

const times = ["perToken", "firstToken"];

/** Logarithms of what was measured by what the form says of the plan as anyone would ask for it. */
function residuals({ work, row }, constants) {
  const form = timesOf(work, row.concurrency, constants);
  return {
    perToken: Math.log(row.tpot_ms / (form.perToken * 1e3)),
    firstToken: Math.log(row.ttft_ms / (form.firstToken * 1e3)),
  };
}

function blocksOf(rows) {
  const blocks = new Map();
  rows.forEach((row, index) => {
    const { shape } = row.measurement;
    blocks.set(shape, [...(blocks.get(shape) ?? []), index]);
  });
  return [...blocks.values()];
}

function kernel(rows, indices, time) {
  const spread = similarity[time];
  const size = indices.length;
  const matrix = Matrix.zeros(size, size);
  for (let left = 0; left < size; left++)
    for (let right = 0; right <= left; right++) {
      const value = covariance(rows[indices[left]].measurement, rows[indices[right]].measurement, spread, similarity);
      matrix.set(left, right, value);
      matrix.set(right, left, value);
    }
  for (let index = 0; index < size; index++) matrix.set(index, index, matrix.get(index, index) + spread.noise ** 2);
  return matrix;
}

/** Weights of all rows: `{perToken: [...], firstToken: [...]}`. */
function weightsOf(rows, constants) {
  const off = rows.map((row) => residuals(row, constants));
  const weights = { perToken: new Array(rows.length).fill(0), firstToken: new Array(rows.length).fill(0) };
  for (const indices of blocksOf(rows))
    for (const time of times) {
      const values = Matrix.columnVector(indices.map((index) => off[index][time]));
      const solved = new CholeskyDecomposition(kernel(rows, indices, time)).solve(values);
      indices.forEach((index, place) => {
        weights[time][index] = solved.get(place, 0);
      });
    }
  return weights;
}

/**
 * For each row, the weights that all the others have when it is left out: a rank-one change of the whole block's, and
 * exactly what solving without it gives.
 */
function weightsWithoutEach(rows, constants) {
  const whole = weightsOf(rows, constants);
  const without = rows.map(() => ({}));
  for (const indices of blocksOf(rows))
    for (const time of times) {
      const inverted = inverse(kernel(rows, indices, time));
      indices.forEach((left, place) => {
        const factor = whole[time][left] / inverted.get(place, place);
        const weights = [...whole[time]];
        indices.forEach((index, other) => {
          weights[index] -= inverted.get(other, place) * factor;
        });
        weights[left] = 0;
        without[left][time] = weights;
      });
    }
  return without;
}

function experienceOf(rows, weights) {
  const measurements = rows.map(({ measurement }) => measurement);
  return new Experience(measurements, weights, similarity, grid);
}

module.exports = { similarity, weightsOf, weightsWithoutEach, experienceOf, residuals };
