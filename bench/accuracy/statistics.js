// Figures of lists of errors.

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;

/** A quantile between the nearest two. */
function quantile(values, share) {
  const sorted = [...values].sort((left, right) => left - right);
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** Errors with their sign to mean, median, nine tenths and bias. */
function describe(errors) {
  const sizes = errors.map(Math.abs);
  return {
    count: errors.length,
    mean: mean(sizes),
    median: quantile(sizes, 0.5),
    p90: quantile(sizes, 0.9),
    bias: mean(errors),
  };
}

module.exports = { mean, quantile, describe };
