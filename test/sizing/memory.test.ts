import * as fc from "fast-check";
import { findGpu, models } from "../../sizing/catalogue";
import { judgeFit } from "../../sizing/fit";
import { kvCacheBytesPerToken } from "../../sizing/kvCache";
import { findCheckpoint } from "../../sizing/modelNames";
import { countParameters, weighCheckpoint } from "../../sizing/weights";
import cases from "../fixtures/serving-cases.json";

const modelOf = (id: string) => {
  const model = models.find((row) => row.id === id);
  if (!model) throw new Error(`no model ${id}`);
  return model;
};

describe("weights", () => {
  test.each(models.map((model) => [model.id, model] as const))(
    "parameters of %s match the published count",
    (_, model) => {
      const computed = countParameters(model).total / 1e9;
      expect(Math.abs(computed / model.publishedParametersB - 1)).toBeLessThan(0.004);
    },
  );

  // Totals that other code computed from the same configs, for the research that this project began with.
  test.each([
    ["llama-3.1-405b", "bf16", 811.7],
    ["llama-3.1-405b", "fp8", 410.1],
    ["llama-3.1-405b", "fp8-meta", 487.2],
    ["llama-3.1-405b", "int4", 217.1],
    ["llama-3.3-70b", "fp8", 72.7],
    ["qwen3-235b-a22b", "fp8", 236.3],
    ["deepseek-v3", "fp8", 672.9],
    ["mistral-large-2", "bf16", 245.2],
  ])("%s in %s weighs %d GB", (id, precision, expectedGB) => {
    const model = modelOf(id);
    const checkpoint = findCheckpoint(model, precision);
    if (!checkpoint) throw new Error(`no checkpoint ${precision}`);
    expect(Math.abs(weighCheckpoint(model, checkpoint).total / 1e9 / expectedGB - 1)).toBeLessThan(0.001);
  });
});

describe("KV cache", () => {
  test.each([
    ["llama-3.1-405b", 516_096],
    ["llama-3.1-8b", 131_072],
    ["qwen3-235b-a22b", 192_512],
    ["deepseek-v3", 70_272],
  ])("a token of %s takes %d bytes in 16 bits and half in fp8", (id, bytes) => {
    expect(kvCacheBytesPerToken(modelOf(id), "auto")).toBe(bytes);
    expect(kvCacheBytesPerToken(modelOf(id), "fp8")).toBe(bytes / 2);
  });

  test("latent attention is not divided by tensor parallelism, grouped heads are, until each rank has one", () => {
    const tokens = (model: string, gpus: number) =>
      judgeFit({ model, precision: "fp8", gpu: "b300", gpus, tensorParallel: gpus, contextLength: 4096 });
    const perTokenGiB = (result: ReturnType<typeof judgeFit>) => result.memory.kvCacheGiB / result.kvCacheTokens;
    expect(perTokenGiB(tokens("deepseek-v3", 4)) / perTokenGiB(tokens("deepseek-v3", 8))).toBeCloseTo(1, 2);
    expect(perTokenGiB(tokens("llama-3.3-70b", 4)) / perTokenGiB(tokens("llama-3.3-70b", 8))).toBeCloseTo(2, 2);
    expect(perTokenGiB(tokens("llama-3.3-70b", 8)) / perTokenGiB(tokens("llama-3.3-70b", 16))).toBeCloseTo(1, 2);
  });
});

describe("published starts of real engines", () => {
  // Vendor tables of medium confidence stretch what fits (S66 leaves the engine nothing); logs and statements do not.
  const judged = cases
    .filter(({ confidence }) => confidence === "high")
    .map((row) => {
      const { tp = 1, pp = 1 } = row.parallelism as { tp?: number; pp?: number };
      const request = {
        model: row.model,
        precision: row.precision,
        gpu: row.gpu,
        tensorParallel: tp,
        pipelineParallel: pp,
        contextLength: row.contextLength,
        gpuMemoryUtilization: row.gpuMemoryUtilization ?? undefined,
      };
      return { row, result: judgeFit(request) };
    });

  test.each(judged.map(({ row, result }) => [row.id, row.model, row, result] as const))(
    "%s %s",
    (_id, _model, row, result) => {
      // Vendor tables of medium confidence stretch what fits (S66 leaves the engine nothing); logs and statements do not.
      if (row.confidence !== "high") return;
      if (row.fits) expect(result.verdict).not.toBe("no");
      else expect(result.verdict).not.toBe("fits");
      const measured = row.measured as { weights_gib_per_gpu?: number; kv_gib_per_gpu?: number } | null;
      if (row.evidence === "engine log" && measured?.weights_gib_per_gpu) {
        expect(Math.abs(result.memory.weightsGiB / measured.weights_gib_per_gpu - 1)).toBeLessThan(0.01);
      }
      if (row.evidence === "engine log" && measured?.kv_gib_per_gpu) {
        const error = result.memory.kvCacheGiB - measured.kv_gib_per_gpu;
        expect(error).toBeGreaterThan(-3);
        expect(error).toBeLessThan(0.5);
      }
    },
  );
});

describe("verdict", () => {
  const on8xH100 = (contextLength: number) =>
    judgeFit({
      model: "llama-3.1-405b",
      precision: "fp8-meta",
      gpu: "h100",
      gpus: 8,
      tensorParallel: 8,
      contextLength,
    });

  test("less than 10 % of the cache to spare is marginal, more fits, less than nothing does not", () => {
    const { kvCacheTokens } = on8xH100(16_384);
    expect(kvCacheTokens).toBeGreaterThan(131_072);
    expect(on8xH100(131_072).verdict).toBe("fits");
    const tight = judgeFit({
      model: "qwen3-32b",
      precision: "bf16",
      gpu: "h100",
      gpus: 1,
      tensorParallel: 1,
      contextLength: 17_008,
    });
    expect(tight.memory.freeGiB).toBeLessThan(2);
    expect(tight.verdict).toBe("marginal");
    // The log of S05: 4.45 GiB were available, and a request of 32,000 tokens wanted 7.8.
    const logged = {
      model: "qwen3-32b",
      precision: "bf16",
      gpu: "h100",
      contextLength: 32_000,
      gpuMemoryUtilization: 0.9,
    };
    const short = judgeFit(logged);
    expect(short.verdict).toBe("no");
    expect(Math.abs(short.memory.shortGiB - (7.8 - 4.45))).toBeLessThan(0.2);
  });

  test("more memory, fewer tokens or a smaller format never turns a fit into a miss", () => {
    const order = { no: 0, marginal: 1, fits: 2 };
    const gpus = ["h100", "h200", "b300"].map((id) => findGpu(id)?.id ?? id);
    fc.assert(
      fc.property(
        fc.constantFrom(...models.map(({ id }) => id)),
        fc.constantFrom(1, 2, 4, 8),
        fc.integer({ min: 1, max: 32_768 }),
        fc.integer({ min: 0, max: 1 }),
        (model, gpusOfReplica, contextLength, step) => {
          const base = {
            model,
            precision: "int4",
            tensorParallel: gpusOfReplica,
            contextLength,
            gpu: gpus[step] ?? "h100",
          };
          const here = judgeFit(base);
          expect(order[judgeFit({ ...base, gpu: gpus[step + 1] ?? "b300" }).verdict]).toBeGreaterThanOrEqual(
            order[here.verdict],
          );
          expect(
            order[judgeFit({ ...base, contextLength: Math.ceil(contextLength / 2) }).verdict],
          ).toBeGreaterThanOrEqual(order[here.verdict]);
          expect(order[judgeFit({ ...base, kvCacheDtype: "fp8" }).verdict]).toBeGreaterThanOrEqual(order[here.verdict]);
          for (const value of Object.values(here.memory)) expect(value).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
