import * as fc from "fast-check";
import { models } from "../../sizing/catalogue";
import { judgeFit } from "../../sizing/fit";
import { cacheLoad, kvCacheBytesPerToken, longestRequest, prefillBytes, requestBytes } from "../../sizing/kvCache";
import { modelOf } from "../support/models";
import { runs } from "../support/runs";

// Bytes a token over the layers that keep every token, from the models' configurations.
test.each([
  ["llama-3.1-405b", 516_096],
  ["llama-3.1-8b", 131_072],
  ["qwen3-235b-a22b", 192_512],
  ["deepseek-v3", 70_272],
  ["kimi-k2", 70_272],
  ["nemotron-super-49b", 200_704],
  ["nemotron-ultra-253b", 262_144],
  ["llama-4-scout", 49_152],
  ["gemma-3-27b", 81_920],
  ["gpt-oss-120b", 36_864],
  ["command-a", 65_536],
  ["nemotron-3-nano-30b-a3b", 6_144],
])("a token of %s takes %d bytes in 16 bits and half in fp8", (id, bytes) => {
  expect(kvCacheBytesPerToken(modelOf(id), "auto")).toBe(bytes);
  expect(kvCacheBytesPerToken(modelOf(id), "fp8")).toBe(bytes / 2);
});

test("sparse attention keeps its indexer's keys too: 132 bytes a layer, whatever the cache's format", () => {
  // A start of DeepSeek V3.2 logged 61 x (1152 + 132) bytes a token.
  expect(kvCacheBytesPerToken(modelOf("deepseek-v3.2"), "auto")).toBe(61 * (1152 + 132));
  expect(kvCacheBytesPerToken(modelOf("deepseek-v3.2"), "fp8")).toBe(61 * (576 + 132));
});

test("latent attention is not divided by tensor parallelism, grouped heads are, until each rank has one", () => {
  const perToken = (model: string, tensorParallel: number) =>
    cacheLoad(modelOf(model), "auto", tensorParallel).perToken;
  expect(perToken("deepseek-v3", 8)).toBe(perToken("deepseek-v3", 1));
  expect(perToken("llama-3.3-70b", 4)).toBe(2 * perToken("llama-3.3-70b", 8));
  expect(perToken("llama-3.3-70b", 16)).toBe(perToken("llama-3.3-70b", 8));
});

describe("windows", () => {
  test("gpt-oss needs for one whole request what vLLM logged: 4.54 GiB at 1,024 tokens a step (vllm#27508)", () => {
    const load = cacheLoad(modelOf("gpt-oss-120b"), "auto", 1);
    const bytes = requestBytes(load, 131_072) + prefillBytes(load, 131_072, 1024);
    expect(bytes / 2 ** 30).toBeCloseTo(4.54, 2);
  });

  test("Gemma 3 27B's windowed layers are cached in whole groups: 62 + 8 layers of 8,192 bytes (logged by vLLM 0.19)", () => {
    const { perToken, windows } = cacheLoad(modelOf("gemma-3-27b"), "auto", 1);
    expect(perToken + (windows[0]?.perToken ?? 0)).toBe((62 + 8) * 8192);
  });

  test("a request grows by its full layers only, once it is longer than the window", () => {
    const load = cacheLoad(modelOf("gemma-3-27b"), "auto", 1);
    expect(requestBytes(load, 100_000) - requestBytes(load, 50_000)).toBe(81_920 * 50_000);
  });

  test("a million tokens of Llama 4 Scout fit eight H100, which they would not if every layer kept them", () => {
    const scout = judgeFit({
      model: "llama-4-scout",
      precision: "bf16",
      gpu: "h100",
      gpus: 8,
      tensorParallel: 8,
      contextLength: 3_600_000,
    });
    expect(scout.verdict).toBe("fits");
    expect((3_600_000 * 196_608) / 8 / 2 ** 30).toBeGreaterThan(scout.memory.kvCacheGiB);
  });
});

test("recurrent layers take the same for a short request and a long one", () => {
  const nano = cacheLoad(modelOf("nemotron-3-nano-30b-a3b"), "auto", 1);
  // 23 Mamba layers, padded to 24, of 64 heads x 64 x 128 in 32 bits, and three columns of the convolution in 16.
  expect(nano.state).toBe(24 * (64 * 64 * 128 * 4 + (4096 + 2 * 8 * 128) * 3 * 2));
  expect(requestBytes(nano, 32) - requestBytes(nano, 16)).toBe(16 * 6144);
});

test("a stage whose layers cache nothing puts no bound on the tokens of the others", () => {
  const { kvCacheTokens, maxSequences, verdict } = judgeFit({
    model: "nemotron-super-49b",
    gpu: "h100",
    gpus: 6,
    pipelineParallel: 6,
    contextLength: 32_768,
  });
  expect(verdict).toBe("fits");
  expect(kvCacheTokens).toBeGreaterThanOrEqual(maxSequences * 32_768);
  expect(maxSequences).toBeGreaterThan(0);
});

test("a window touches one block more than it fills, and a state is shared by the ranks", () => {
  const load = cacheLoad(modelOf("gpt-oss-120b"), "auto", 1);
  const [window] = load.windows;
  // 128 tokens: eight blocks, and one more when they do not begin at a block's edge.
  expect(requestBytes(load, 100_000)).toBe(100_000 * load.perToken + (128 + 16) * (window?.perToken ?? 0));
  const state = (ways: number) => cacheLoad(modelOf("nemotron-3-nano-30b-a3b"), "auto", ways).state;
  expect(state(4)).toBe(state(1) / 4);
});

test("the longest request that a cache holds is held, and the next block is not", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...models),
      fc.integer({ min: 1, max: 80 }),
      fc.constantFrom(1, 2, 8),
      (model, gib, ways) => {
        const load = cacheLoad(model, "auto", ways);
        const bytes = gib * 2 ** 30;
        const needs = (length: number) => requestBytes(load, length) + prefillBytes(load, length, 8192);
        const longest = longestRequest(load, bytes, 8192, model.maxContext);
        if (longest > 0) expect(needs(longest)).toBeLessThanOrEqual(bytes);
        if (longest < model.maxContext) expect(needs(longest + 16)).toBeGreaterThan(bytes);
      },
    ),
    runs(100),
  );
});
