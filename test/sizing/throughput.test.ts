import * as fc from "fast-check";
import { findGpu, gpus, models } from "../../sizing/catalogue";
import { judgeFit } from "../../sizing/fit";
import { type Configuration, defaultGpuMemoryUtilization, layOut, replicaHolds } from "../../sizing/memory";
import { expertsOf } from "../../sizing/model";
import { findCheckpoint } from "../../sizing/modelNames";
import { checkTensorParallel } from "../../sizing/parallelism";
import { engines } from "../../sizing/throughput/engines";
import { estimateThroughput } from "../../sizing/throughput/estimate";
import { modelOf } from "../support/models";
import { runs } from "../support/runs";

/** Any catalogue model on any GPU, in a split that engines accept. */
const someConfiguration: fc.Arbitrary<Configuration> = fc
  .record({
    model: fc.constantFrom(...models),
    gpu: fc.constantFrom(...gpus),
    precision: fc.constantFrom("bf16", "fp8", "int4", "mxfp4", "nvfp4"),
    kvCacheDtype: fc.constantFrom("auto", "fp8") as fc.Arbitrary<"auto" | "fp8">,
    tensorParallel: fc.constantFrom(1, 2, 4, 8),
    pipelineParallel: fc.constantFrom(1, 1, 2, 3),
    dataParallel: fc.constantFrom(1, 1, 2, 8),
  })
  .map(({ precision, ...rest }) => {
    const checkpoint = findCheckpoint(rest.model, precision);
    if (!checkpoint) throw new Error(precision);
    const ranks = rest.tensorParallel * rest.dataParallel;
    const expertParallel = rest.dataParallel > 1 && expertsOf(rest.model) ? ranks : 1;
    const contextLength = rest.model.maxContext;
    return { ...rest, checkpoint, expertParallel, contextLength, gpuMemoryUtilization: defaultGpuMemoryUtilization };
  })
  .filter(({ model, checkpoint, tensorParallel }) => !checkTensorParallel(model, checkpoint, tensorParallel, true));

const someLoad = fc.record({
  inputTokens: fc.integer({ min: 1, max: 100_000 }),
  outputTokens: fc.integer({ min: 1, max: 8192 }),
  concurrency: fc.integer({ min: 1, max: 20_000 }),
});
const someEngine = fc.constantFrom(...engines);

test("more live requests never make a token faster", () => {
  fc.assert(
    fc.property(
      someConfiguration,
      someLoad,
      someEngine,
      fc.integer({ min: 1, max: 500 }),
      (config, load, engine, more) => {
        const at = (concurrency: number) => estimateThroughput(config, { ...load, concurrency }, engine);
        const [fewer, many] = [at(load.concurrency), at(load.concurrency + more)];
        expect(many.timePerOutputTokenMs).toBeGreaterThanOrEqual(fewer.timePerOutputTokenMs);
      },
    ),
    runs(500),
  );
});

test("more GPUs of a kind never lower what the data sheet allows a replica, at the same load or at the most that it holds", () => {
  const bound = (config: Configuration, load: { inputTokens: number; outputTokens: number; concurrency: number }) =>
    estimateThroughput(config, load).boundTokensPerSecond;
  fc.assert(
    fc.property(someConfiguration, someLoad, fc.constantFrom("tensor", "pipeline"), (config, load, how) => {
      const wider =
        how === "tensor"
          ? {
              ...config,
              tensorParallel: 2 * config.tensorParallel,
              expertParallel: config.expertParallel * (config.expertParallel > 1 ? 2 : 1),
            }
          : { ...config, pipelineParallel: config.pipelineParallel + 1 };
      fc.pre(!checkTensorParallel(config.model, config.checkpoint, wider.tensorParallel, true));
      expect(bound(wider, load)).toBeGreaterThanOrEqual(bound(config, load));
      const held = (each: Configuration) => {
        const admitted = replicaHolds(layOut(each), load.inputTokens + load.outputTokens, false) * each.dataParallel;
        return admitted > 0 ? bound(each, { ...load, concurrency: admitted }) : 0;
      };
      if (how === "tensor") expect(held(wider)).toBeGreaterThanOrEqual(held(config) * 0.999);
    }),
    runs(300),
  );
});

test("nothing is faster than the data sheet, and every figure is a number above zero", () => {
  fc.assert(
    fc.property(someConfiguration, someLoad, someEngine, (config, load, engine) => {
      const estimate = estimateThroughput(config, load, engine);
      const { timePerOutputTokenMs, timeToFirstTokenMs, outputTokensPerSecond, boundTokensPerSecond } = estimate;
      for (const value of [timePerOutputTokenMs, timeToFirstTokenMs]) expect(value).toBeGreaterThan(0);
      for (const value of [outputTokensPerSecond, boundTokensPerSecond]) expect(Number.isFinite(value)).toBe(true);
      // One output token needs no step of its own: the prompt's last one yields it.
      if (load.outputTokens > 1) {
        const steps = (load.outputTokens - 1) / load.outputTokens;
        expect(outputTokensPerSecond * steps).toBeLessThanOrEqual(boundTokensPerSecond * 1.001 + 0.1);
      }
      const [soonest, latest] = estimate.timeToFirstTokenRangeMs;
      expect(soonest).toBeLessThanOrEqual(timeToFirstTokenMs);
      expect(latest).toBeGreaterThanOrEqual(timeToFirstTokenMs);
    }),
    runs(500),
  );
});

test("a format that only mixtures of experts were measured in makes no dense model faster than the data sheet", () => {
  const [model, gpu] = [modelOf("llama-3.1-8b"), findGpu("a100-80")];
  const checkpoint = findCheckpoint(model, "mxfp4");
  if (!gpu || !checkpoint) throw new Error("catalogue");
  const config = { model, gpu, checkpoint, contextLength: 131_072, gpuMemoryUtilization: defaultGpuMemoryUtilization };
  const split = { tensorParallel: 1, pipelineParallel: 1, dataParallel: 1, expertParallel: 1 };
  const load = { inputTokens: 22, outputTokens: 9, concurrency: 12_736 };
  const { outputTokensPerSecond, boundTokensPerSecond } = estimateThroughput(
    { ...config, ...split, kvCacheDtype: "auto" },
    load,
    "sglang",
  );
  expect(outputTokensPerSecond * (8 / 9)).toBeLessThan(boundTokensPerSecond);
});

test("tokens a second are what so many requests make of the two times", () => {
  const { throughput } = judgeFit({
    model: "llama-3.3-70b",
    precision: "fp8",
    gpu: "h200",
    gpus: 4,
    contextLength: 4096,
    inputTokens: 3000,
    outputTokens: 1000,
    concurrency: 40,
  });
  if (!throughput) throw new Error("it loads");
  const { timeToFirstTokenMs, timePerOutputTokenMs, outputTokensPerSecond, requestsPerSecond } = throughput;
  const requestSeconds = (timeToFirstTokenMs + 999 * timePerOutputTokenMs) / 1e3;
  expect(outputTokensPerSecond / ((40 * 1000) / requestSeconds)).toBeCloseTo(1, 3);
  expect(requestsPerSecond / (40 / requestSeconds)).toBeCloseTo(1, 2);
  // Four H200 of 700 W, in a machine that is rated at 10.2 kW with GPUs of 5.6.
  const hours = 1e6 / outputTokensPerSecond / 3600;
  expect(throughput.energyKwhPerMillionTokens).toBeCloseTo(((4 * 0.7 * 10.2) / 5.6) * hours, 2);
});

describe("what an estimate rests on", () => {
  const asked = {
    model: "llama-3.3-70b",
    precision: "fp8",
    tensorParallel: 4,
    contextLength: 9216,
    inputTokens: 8192,
    outputTokens: 1024,
    concurrency: 16,
  };
  const on = (changes: object) => judgeFit({ ...asked, gpu: "h100", ...changes });

  test("rows of the same shape of model are named with their distance, and what they changed", () => {
    const { throughput, explanation } = on({});
    expect(throughput?.evidence).toBe("measured");
    const text = explanation.join("\n");
    expect(text).toMatch(/measurements of this model's shape change it by x\d\.\d+ a token and x\d\.\d+ the first/);
    // The very load was measured: 21.06 ms a token, the first after 732 ms.
    expect(text).toMatch(/8192x1024_c16_tp4\S*, distance 0: h100 vLLM fp8 TP4, 16 live, 8192 \+ 1024: 21\.064 ms/);
    expect(throughput?.timePerOutputTokenMs).toBeGreaterThan(20);
    expect(throughput?.timePerOutputTokenMs).toBeLessThan(22);
  });

  test("a later release of the same shape shares them, and a quarter of the load is still near", () => {
    const later = on({}).throughput;
    expect(on({ model: "llama-3.1-70b" }).throughput).toEqual(later);
    expect(on({ concurrency: 4 }).throughput?.evidence).toBe("measured");
  });

  test("another engine is related; another model is extrapolated and says by how much such are off", () => {
    expect(on({ engine: "sglang" }).throughput?.evidence).toBe("related");
    const other = on({ model: "qwen3-32b" });
    expect(other.throughput?.evidence).toBe("extrapolated");
    const measured = on({}).throughput?.expectedError?.timePerOutputToken.p90 ?? 1;
    expect(other.throughput?.expectedError?.timePerOutputToken.p90).toBeGreaterThan(measured);
    expect(other.explanation.join("\n")).toMatch(
      /no measurement of this model: extrapolated; such estimates were off by \d+ %/,
    );
  });

  const long = { contextLength: 131_072, inputTokens: 100_000 };
  test.each([
    ["of pipeline stages", { pipelineParallel: 2 }],
    [
      "of ranks that share experts",
      { model: "deepseek-v3", gpu: "h200", dataParallel: 8, tensorParallel: 1, expertParallel: 8 },
    ],
    ["of layers over more than 8 GPUs", { tensorParallel: 16 }],
    ["of prompts above 8192 tokens", { ...long, concurrency: 1 }],
    ["of answers above 8192 tokens", { contextLength: 131_072, outputTokens: 9000 }],
    ["on this GPU", { gpu: "a100-80", precision: "bf16" }],
    ["on this GPU", { gpu: "gb200" }],
  ])("nothing was measured %s: the error is not known, and is not made up", (words, changes) => {
    const { throughput, explanation } = on(changes);
    expect(throughput).toMatchObject({ evidence: "extrapolated", uncovered: words });
    expect(throughput?.expectedError).toBeUndefined();
    expect(explanation.join("\n")).toContain(`nothing was measured ${words}, so the error is not known`);
    const [soonest, latest] = throughput?.timeToFirstTokenRangeMs ?? [1, 1];
    const [usualSoonest, usualLatest] = on({ model: "qwen3-32b" }).throughput?.timeToFirstTokenRangeMs ?? [1, 1];
    expect(latest / soonest).toBeGreaterThan(usualLatest / usualSoonest);
  });

  test("engines differ, and --explain says how the others would do", () => {
    const times = engines.map((engine) => on({ engine }).throughput?.timePerOutputTokenMs);
    expect(new Set(times).size).toBe(engines.length);
    expect(on({}).explanation.join("\n")).toMatch(/on other engines: SGLang [\d.]+ ms a token.*TensorRT-LLM [\d.]+ ms/);
  });
});

test("a configuration whose weights do not load has no throughput, and the cache bounds the requests of one that does", () => {
  const base = { model: "llama-3.1-405b", gpu: "h100", gpus: 8, tensorParallel: 8, contextLength: 16_384 };
  expect(judgeFit({ ...base, precision: "bf16" }).throughput).toBeUndefined();
  const crowded = judgeFit({ ...base, precision: "fp8-meta", inputTokens: 8192, outputTokens: 8192, concurrency: 500 });
  expect(crowded.throughput?.concurrency).toBe(Math.floor(crowded.kvCacheTokens / 16_384));
  expect(crowded.warnings.join()).toMatch(/admits \d+ of 500 requests at a time; the rest queue, each for about \d+/);
});

test("stages hand over, and work on different requests at a time", () => {
  const model = modelOf("llama-3.1-405b");
  const checkpoint = findCheckpoint(model, "fp8");
  const gpu = findGpu("h200");
  if (!checkpoint || !gpu) throw new Error("no checkpoint");
  const config = (pipelineParallel: number): Configuration => ({
    model,
    checkpoint,
    gpu,
    kvCacheDtype: "auto",
    gpuMemoryUtilization: 0.92,
    contextLength: 32_768,
    tensorParallel: 8,
    dataParallel: 1,
    expertParallel: 1,
    pipelineParallel,
  });
  const load = { inputTokens: 1024, outputTokens: 1024 };
  const token = (stages: number, concurrency: number) =>
    estimateThroughput(config(stages), { ...load, concurrency }).timePerOutputTokenMs;
  // One request passes every layer all the same; many are read in parts, so the cache that each step reads is smaller.
  expect(token(2, 1)).toBeGreaterThan(token(1, 1));
  expect(token(2, 1)).toBeLessThan(token(1, 1) * 1.01);
  expect(token(2, 64)).toBeLessThan(token(1, 64));
});
