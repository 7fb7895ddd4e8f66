import * as fc from "fast-check";
import { findGpu, models } from "../../sizing/catalogue";
import { judgeFit } from "../../sizing/fit";
import { findCheckpoint } from "../../sizing/modelNames";
import { allowedTensorParallel } from "../../sizing/parallelism";
import { modelOf } from "../support/models";
import { runs } from "../support/runs";

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
      gpuMemoryUtilization: 0.9,
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

  test("an engine that takes nearly all of the memory is marginal, whatever its cache: CUDA graphs lie outside (vllm#6746)", () => {
    const crowded = {
      model: "llama-3.1-405b",
      precision: "fp8-meta",
      gpu: "h100",
      tensorParallel: 8,
      contextLength: 65_536,
    };
    expect(judgeFit({ ...crowded, gpuMemoryUtilization: 0.99 }).verdict).toBe("marginal");
    expect(judgeFit({ ...crowded, gpuMemoryUtilization: 0.97 }).verdict).toBe("fits");
    expect(judgeFit({ ...crowded, gpuMemoryUtilization: 0.99 }).warnings.join()).toContain(
      "0.79 GiB of the GPU for CUDA graphs",
    );
    const small = { model: "llama-3.1-8b", precision: "int4", gpu: "rtx4090", contextLength: 8192 };
    expect(judgeFit({ ...small, gpuMemoryUtilization: 0.95 }).verdict).toBe("fits");
  });

  test("ranks that share experts need more to spare, for they gather each other's tokens", () => {
    const shared = {
      model: "deepseek-v3.2",
      gpu: "h200",
      dataParallel: 8,
      expertParallel: 8,
      gpuMemoryUtilization: 0.9,
    };
    const long = judgeFit({ ...shared, contextLength: 163_840 });
    expect(long.memory.freeGiB).toBeGreaterThan(2);
    expect(long.verdict).toBe("marginal");
    expect(long.warnings.join()).toMatch(/less than the 8 that ranks that share experts may need/);
    expect(judgeFit({ ...shared, contextLength: 81_920 }).verdict).toBe("fits");
  });

  test("a start that only older releases fail is said to be worth a try on a later one", () => {
    const single = judgeFit({ model: "gpt-oss-120b", gpu: "h100", contextLength: 8192 });
    expect(single.verdict).toBe("no");
    expect(single.warnings.join()).toMatch(/releases that do not sort .* may load it, with \d/);
    expect(
      judgeFit({ model: "llama-3.1-405b", precision: "bf16", gpu: "h100", tensorParallel: 8 }).warnings.join(),
    ).not.toContain("may load it");
  });

  const order = { no: 0, marginal: 1, fits: 2 };
  /** Any model, cut in any way that it allows, for requests that it was made for. */
  const someConfiguration = fc
    .record({
      model: fc.constantFrom(...models),
      gpus: fc.constantFrom(1, 2, 4, 8),
      share: fc.double({ min: 0.0001, max: 1, noNaN: true }),
      precision: fc.constantFrom("bf16", "fp8", "int4", "nvfp4", "mxfp4"),
      kvCacheDtype: fc.constantFrom("auto", "fp8"),
    })
    .map(({ model, gpus, share, precision, ...rest }) => {
      const checkpoint = findCheckpoint(model, precision);
      const allowed = checkpoint ? allowedTensorParallel(model, checkpoint, false, gpus) : [1];
      const tensorParallel = Math.max(...allowed.filter((width) => gpus % width === 0));
      const contextLength = Math.max(1, Math.floor(model.maxContext * share));
      return { ...rest, model: model.id, precision, tensorParallel, contextLength };
    });

  test("more memory, fewer tokens or a smaller cache never turns a fit into a miss", () => {
    const gpus = ["h100", "h200", "b300"].map((id) => findGpu(id)?.id ?? id);
    fc.assert(
      fc.property(someConfiguration, fc.integer({ min: 0, max: 1 }), (base, step) => {
        const here = judgeFit({ ...base, gpu: gpus[step] });
        const larger = judgeFit({ ...base, gpu: gpus[step + 1] });
        const shorter = judgeFit({ ...base, gpu: gpus[step], contextLength: Math.ceil(base.contextLength / 2) });
        const leaner = judgeFit({ ...base, gpu: gpus[step], kvCacheDtype: "fp8" });
        for (const better of [larger, shorter, leaner])
          expect(order[better.verdict]).toBeGreaterThanOrEqual(order[here.verdict]);
        expect(shorter.memory.shortGiB).toBeLessThanOrEqual(here.memory.shortGiB);
        for (const value of Object.values(here.memory)) expect(value).toBeGreaterThanOrEqual(0);
      }),
      runs(500),
    );
  });

  test("a verdict is what its figures say: to spare, short, or the longest request that loads", () => {
    fc.assert(
      fc.property(someConfiguration, fc.constantFrom(1, 2, 3), (base, pipelineParallel) => {
        const request = { ...base, gpu: "h200", pipelineParallel };
        const { verdict, memory, longestRequestTokens } = judgeFit(request);
        const spared = Math.max(2, 0.1 * memory.kvCacheGiB);
        if (verdict === "fits") expect(memory.freeGiB).toBeGreaterThanOrEqual(spared - 0.001);
        if (verdict === "marginal") expect(memory.freeGiB).toBeLessThan(spared);
        expect(memory.shortGiB > 0).toBe(verdict === "no");
        if (longestRequestTokens === 0) return;
        expect(judgeFit({ ...request, contextLength: longestRequestTokens }).verdict).not.toBe("no");
        const longer = longestRequestTokens + 16;
        if (longer <= modelOf(base.model).maxContext)
          expect(judgeFit({ ...request, contextLength: longer }).verdict).toBe("no");
      }),
      runs(500),
    );
  });

  test("more GPUs never hold fewer tokens", () => {
    fc.assert(
      fc.property(someConfiguration, ({ tensorParallel, ...base }) => {
        const tokens = (split: object) => judgeFit({ ...base, gpu: "h200", ...split }).kvCacheTokens;
        const checkpoint = findCheckpoint(modelOf(base.model), base.precision);
        const wider = checkpoint && allowedTensorParallel(modelOf(base.model), checkpoint, false, 2 * tensorParallel);
        const before = tokens({ tensorParallel });
        expect(tokens({ tensorParallel, pipelineParallel: 2 })).toBeGreaterThanOrEqual(before);
        if (wider?.includes(2 * tensorParallel))
          expect(tokens({ tensorParallel: 2 * tensorParallel })).toBeGreaterThanOrEqual(before);
      }),
      runs(500),
    );
  });

  test("a model of more layers, wider ones or more experts never needs less", () => {
    fc.assert(
      fc.property(fc.constantFrom(...models), fc.integer({ min: 1, max: 4 }), (model, factor) => {
        const bigger = {
          ...model,
          id: "bigger",
          layout: model.layout.map((run) => ({ ...run, repeat: run.repeat * factor })),
        };
        const short = (id: string) =>
          judgeFit({ model: id, gpu: "h200", precision: "fp8", contextLength: 4096 }, [bigger]).memory;
        expect(short("bigger").weightsGiB).toBeGreaterThanOrEqual(short(model.id).weightsGiB);
        expect(short("bigger").shortGiB).toBeGreaterThanOrEqual(short(model.id).shortGiB);
      }),
      runs(100),
    );
  });
});
