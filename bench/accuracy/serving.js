// Scores the memory model against what others published: starts of real engines that loaded or did not, and what their
// logs say of weights and cache. Pure: the caller hands in the judge and the cases.

/** Whether a verdict agrees with what happened. `marginal` loads. */
function agrees(happened, verdict) {
  return happened ? verdict !== "no" : verdict === "no";
}

/** One row a case: what was said, what happened, and by how much logged figures are missed. */
function scoreCases(cases, { judgeFit, isKnown }) {
  return cases.map((row) => {
    if (!isKnown(row)) return { id: row.id, row, skipped: "its model or GPU is not in the catalogue" };
    const { tp = 1, pp = 1, dp = 1, ep = 1 } = row.parallelism;
    const result = judgeFit({
      model: row.model,
      precision: row.precision,
      gpu: row.gpu,
      tensorParallel: tp,
      pipelineParallel: pp,
      dataParallel: dp,
      expertParallel: ep,
      contextLength: row.contextLength,
      gpuMemoryUtilization: row.gpuMemoryUtilization,
    });
    const { weights_gib_per_gpu: weights, kv_gib_per_gpu: left, kv_available_gib: available } = row.measured ?? {};
    const cache = left ?? available;
    return {
      id: row.id,
      row,
      verdict: result.verdict,
      agrees: agrees(row.fits, result.verdict),
      weightsError: weights === undefined ? undefined : result.memory.weightsGiB / weights - 1,
      cacheErrorGiB: cache === undefined ? undefined : signedCacheGiB(result.memory) - cache,
    };
  });
}

/** What is left for the cache, or below zero what is missing before there is one. */
function signedCacheGiB(memory) {
  return memory.usableGiB - memory.weightsGiB - memory.activationsGiB - memory.nonTorchGiB;
}

/** Logged starts: weights, the cache as planned, and the cache by the kind of sampler that the release had. */
function scoreLogs(logs, { judgeFit, engineOf }) {
  return logs.map((row) => {
    const { memory } = judgeFit({
      model: row.model,
      gpu: row.gpu,
      tensorParallel: row.tensorParallel,
      pipelineParallel: row.pipelineParallel,
      dataParallel: row.dataParallel,
      expertParallel: row.expertParallel,
      contextLength: row.contextLength ?? 8192,
      gpuMemoryUtilization: row.gpuMemoryUtilization,
    });
    const engine = engineOf(row);
    const besides = engine.activationsGiB + engine.nonTorchGiB - engine.graphsGiB;
    const known = (field) => row[field] !== undefined;
    return {
      id: row.id,
      row,
      weightsError: known("weightsGiB") ? memory.weightsGiB / row.weightsGiB - 1 : undefined,
      plannedErrorGiB: known("kvCacheGiB") ? signedCacheGiB(memory) - row.kvCacheGiB : undefined,
      releaseErrorGiB: known("kvCacheGiB")
        ? memory.usableGiB - memory.weightsGiB - besides - row.kvCacheGiB
        : undefined,
    };
  });
}

const median = (values) => {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The figures that docs/accuracy.md promises. */
function summarize(rows) {
  // S13 is of an upload with 16 stored KV heads, which is no longer published.
  const judged = rows.filter(({ id, skipped }) => !skipped && id !== "S13");
  const high = judged.filter(({ row }) => row.confidence === "high");
  const logged = judged.filter(({ row }) => row.evidence === "engine log");
  const count = (list, holds) => list.filter(holds).length;
  return {
    judged: judged.length,
    high: high.length,
    highAgree: count(high, ({ agrees: yes }) => yes),
    agree: count(judged, ({ agrees: yes }) => yes),
    marginal: count(judged, ({ verdict }) => verdict === "marginal"),
    fitsThatFailed: judged.filter(({ row, verdict }) => !row.fits && verdict === "fits").map(({ id }) => id),
    disagree: judged.filter(({ agrees: yes }) => !yes).map(({ id }) => id),
    weightsErrors: logged.filter(({ weightsError }) => weightsError !== undefined),
    cacheErrors: logged.filter(({ cacheErrorGiB }) => cacheErrorGiB !== undefined),
  };
}

module.exports = { scoreCases, scoreLogs, summarize, median };
