// Reads the published cases and scores the given sources on them: the built ones for the command, the TypeScript for the
// tests.

const { scoreCases, scoreLogs, summarize } = require("./serving");
const cases = require("../../test/fixtures/serving-cases.json");
const further = require("../../test/fixtures/further-cases.json");
const logs = require("../../test/fixtures/engine-logs.json");
const constants = require("../../sizing/data/memory.json");

function measure({ judgeFit, engineMemory, findGpu, modelNames: { resolveModel, findCheckpoint } }) {
  const isKnown = ({ model, gpu }) => resolveModel(model) !== undefined && findGpu(gpu) !== undefined;
  const engineOf = (row) => {
    const { model, impliedPrecision } = resolveModel(row.model);
    const checkpoint = findCheckpoint(model, impliedPrecision ?? model.nativePrecision);
    // CUDA graphs come out of the cache from 0.20 on; no logged start here is later.
    const graphsGiB = row.sampler === "fused" ? constants.fusedSampler.graphsGiB : 0;
    return { ...engineMemory(model, checkpoint, findGpu(row.gpu), row, row.sampler), graphsGiB };
  };
  const scored = scoreCases(cases, { judgeFit, isKnown });
  const beyond = scoreCases(further, { judgeFit, isKnown });
  return {
    cases: scored,
    further: beyond,
    logs: scoreLogs(logs, { judgeFit, engineOf }),
    summary: summarize(scored),
    furtherSummary: summarize(beyond),
  };
}

module.exports = { measure };
