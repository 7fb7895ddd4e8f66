// The measured rows with what the closed form needs of each, and what is known of how some of them were taken.

const fs = require("node:fs");
const path = require("node:path");
const { findGpu } = require("../../bin/sizing/catalogue");
const { findCheckpoint, resolveModel } = require("../../bin/sizing/modelNames");
const { settingOf } = require("../../bin/sizing/throughput/experience");
const { workOf } = require("../../bin/sizing/throughput/work");

const fixtures = path.join(__dirname, "..", "..", "test", "fixtures");

/** Rows whose first token took longer had requests that were never let in: nothing of a running engine is seen in them. */
const saturatedMs = 5000;

/**
 * How some rows differ from the rest. What they are measures of is kept out of the constants, which are to hold for
 * engines that nobody has measured; it stays in the corrections near those rows.
 */
const campaigns = [
  {
    name: "misread",
    holds: ({ model, engine_version: version }) => model === "deepseek-r1" && version === "1.3.0rc1",
    leaveOut:
      "four rows of DeepSeek-R1 with 85 to 91 ms a token at 5 to 56 requests, 4 to 12 times every other row of it",
  },
  {
    name: "may be speculative",
    // Their source mixes runs with and without multi-token prediction and marks neither; these have no plain twin in it, and
    // one setting is there with 19.4 and with 32.2 ms a token.
    holds: ({ id, model, engine, gpu }) =>
      model === "deepseek-r1" && /^2026_0[34]_/.test(id) && (engine === "trtllm" || gpu === "b200"),
    leaveOut: "DeepSeek-R1 from files that mix speculative decoding with plain, unmarked",
  },
  {
    name: "fp8Cache",
    holds: ({ model }) => model === "llama-3.1-70b",
    // 32 requests of 9,216 tokens ran on two H100 without queueing: an FP8 cache holds 46 of them, a 16-bit one 23.
    kvCacheDtype: "fp8",
  },
  {
    name: "batchOfOneLess",
    holds: ({ model, engine_version: version }) => model === "llama-3.1-8b" && version === "1.0.0rc3",
    // First tokens come later by a whole answer divided by the live requests: one of them always waited for a place.
    factor: "waitsForPlace",
  },
  {
    name: "allAtOnce",
    holds: ({ model, engine_version: version }) =>
      ["llama-3.1-8b", "qwen3-235b-a22b"].includes(model) && version === "0.5.6.post2",
    factor: "burst",
  },
  {
    name: "untunedExperts",
    // vLLM 0.12 had no tuned kernels for block-scaled FP8 experts.
    holds: ({ model, engine, engine_version: version }) =>
      model === "qwen3-235b-a22b" && engine === "vllm" && version === "0.12.0",
    factor: "untuned",
  },
];

/** A file of plain values with commas between them. */
function readRows(name) {
  const [head, ...lines] = fs.readFileSync(path.join(fixtures, name), "utf8").trim().split("\n");
  const names = head.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, index) => [names[index], cell])));
}

const numbers = ["isl", "osl", "concurrency", "tp", "pp", "attention_dp", "moe_ep", "ttft_ms", "tpot_ms"];

/** Every row with its numbers read, its work as planned and as run, and the campaign that it belongs to. */
function measuredRows(name = "silicon-measurements.csv") {
  return readRows(name).map((cells) => {
    const row = { ...cells, ...Object.fromEntries(numbers.map((name) => [name, Number(cells[name])])) };
    const { model } = resolveModel(row.model);
    const gpu = findGpu(row.gpu);
    const known = campaigns.filter(({ holds }) => holds(row));
    const config = {
      model,
      checkpoint: findCheckpoint(model, row.precision),
      gpu,
      kvCacheDtype: "auto",
      tensorParallel: row.tp,
      pipelineParallel: row.pp,
      dataParallel: row.attention_dp,
      expertParallel: row.moe_ep,
    };
    const load = { inputTokens: row.isl, outputTokens: row.osl };
    const work = workOf(config, load, row.engine);
    const kvCacheDtype = known.find((campaign) => campaign.kvCacheDtype)?.kvCacheDtype;
    const measurement = {
      ...settingOf(model, gpu.id, work),
      id: row.id,
      model: row.model,
      ...load,
      concurrency: row.concurrency,
      tensorParallel: row.tp,
      firstTokenMs: row.ttft_ms,
      perTokenMs: row.tpot_ms,
    };
    return {
      row,
      work,
      workAsRun: kvCacheDtype ? workOf({ ...config, kvCacheDtype }, load, row.engine) : work,
      measurement,
      factors: known.map(({ factor }) => factor).filter((factor) => factor),
      leaveOut: known.find((campaign) => campaign.leaveOut)?.leaveOut,
      isSaturated: row.ttft_ms >= saturatedMs,
      isHopper: gpu.architecture === "hopper",
    };
  });
}

/** The rows that constants and corrections are made of. */
function usableRows() {
  return measuredRows().filter(({ isSaturated, leaveOut }) => !isSaturated && !leaveOut);
}

module.exports = { measuredRows, usableRows, readRows };
