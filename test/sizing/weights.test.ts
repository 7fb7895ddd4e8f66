import { models } from "../../sizing/catalogue";
import { judgeFit } from "../../sizing/fit";
import { findCheckpoint } from "../../sizing/modelNames";
import { countParameters, weighCheckpoint } from "../../sizing/weights";
import { modelOf } from "../support/models";

// Where a published count is another thing than what an engine loads, and by how much.
const publishedOtherwise: Record<string, [number, string]> = {
  "mistral-medium-3.5-128b": [0.025, "widths are of Mistral Large 2's line, so it is weighed by its published size"],
  "nemotron-3-super-120b-a12b": [
    0.025,
    "the published count holds the multi-token-prediction layer, which is not loaded",
  ],
  "glm-4.5": [0.007, "355B is a rounded name"],
  "glm-4.5-air": [0.009, "106B is a rounded name"],
  "gemma-4-31b": [0.01, "31B is a rounded name"],
};

test.each(models.map((model) => [model.id, model] as const))(
  "parameters of %s match the published count",
  (id, model) => {
    const [tolerance] = publishedOtherwise[id] ?? [0.0045];
    const computed = countParameters(model).total / 1e9;
    expect(Math.abs(computed / (model.publishedParametersB ?? 0) - 1)).toBeLessThan(tolerance);
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
  ["nemotron-super-49b", "bf16", 99.7],
  ["nemotron-ultra-253b", "bf16", 506.8],
  ["nemotron-4-340b", "bf16", 682.0],
  ["gpt-oss-120b", "mxfp4", 65.2],
])("%s in %s weighs %d GB", (id, precision, expectedGB) => {
  const model = modelOf(id);
  const checkpoint = findCheckpoint(model, precision);
  if (!checkpoint) throw new Error(`no checkpoint ${precision}`);
  expect(Math.abs(weighCheckpoint(model, checkpoint).total / 1e9 / expectedGB - 1)).toBeLessThan(0.0025);
});

test("Meta's own FP8 leaves the first and the last layer whole", () => {
  const model = modelOf("llama-3.1-405b");
  const meta = findCheckpoint(model, "fp8-meta");
  if (!meta) throw new Error("no fp8-meta");
  const { byLayer } = weighCheckpoint(model, meta);
  const [first, second] = byLayer;
  expect(first?.dense).toBe(byLayer.at(-1)?.dense);
  expect((first?.dense ?? 0) / (second?.dense ?? 1)).toBeGreaterThan(1.5);
  expect(new Set(byLayer.slice(1, -1).map(({ dense }) => dense)).size).toBe(1);
});

// Sizes of published repositories (kaito's model catalogue, GiB), which hold nothing that is not loaded.
test.each([
  ["llama-3.3-70b", "bf16", 131.42],
  ["kimi-k2.5", "int4", 554.32],
  ["gemma-3-27b", "bf16", 51.1],
  ["gemma-4-31b", "bf16", 58.25],
  ["phi-4", "bf16", 27.31],
  ["mistral-large-3-675b", "fp8", 634.7],
])("%s in %s is %d GiB on disk", (id, precision, expectedGiB) => {
  const model = modelOf(id);
  const checkpoint = findCheckpoint(model, precision);
  if (!checkpoint) throw new Error(`no checkpoint ${precision}`);
  expect(Math.abs(weighCheckpoint(model, checkpoint).total / 2 ** 30 / expectedGiB - 1)).toBeLessThan(0.003);
});

describe("weights on one GPU", () => {
  const weightsGiB = (request: object) => judgeFit({ contextLength: 4096, ...request }).memory.weightsGiB;

  test("the middle of a pipeline holds no embedding: the fullest stage is the first or the last", () => {
    const whole = weighCheckpoint(modelOf("llama-3.1-405b"), { id: "bf16", precision: "bf16", repositories: [] });
    // 126 layers over four stages are 31, 32, 32, 31 (vLLM's get_pp_indices); a middle one has 32 layers and no embedding.
    const middle = (whole.layers * 32) / 126 / 8 / 2 ** 30;
    const ends = ((whole.layers * 31) / 126 + whole.embedding) / 8 / 2 ** 30;
    const fullest = weightsGiB({
      model: "llama-3.1-405b",
      precision: "bf16",
      gpu: "h200",
      tensorParallel: 8,
      pipelineParallel: 4,
    });
    expect(fullest).toBeCloseTo(Math.max(middle, ends) + (131_072 * 128 * 2) / 2 ** 30, 1);
  });

  test("tied embeddings stand at both ends of a pipeline", () => {
    const tied = { model: "command-r-plus", precision: "bf16", gpu: "h200", tensorParallel: 8 };
    const whole = weighCheckpoint(modelOf("command-r-plus"), { id: "bf16", precision: "bf16", repositories: [] });
    // 64 layers over two stages: each has half of them and the embedding, the first as input, the last as output.
    const half = (whole.layers / 2 + whole.embedding) / 8 / 2 ** 30;
    expect(weightsGiB({ ...tied, pipelineParallel: 2 })).toBeCloseTo(half, 1);
    const untied = { ...modelOf("command-r-plus"), id: "untied", tiedEmbeddings: false };
    expect(judgeFit({ ...tied, model: "untied", contextLength: 4096 }, [untied]).memory.weightsGiB).toBeGreaterThan(
      weightsGiB(tied),
    );
  });

  test("data-parallel ranks keep attention whole and share the experts", () => {
    const on = (split: object) =>
      weightsGiB({ model: "qwen3-coder-480b-a35b", precision: "fp8", gpu: "h200", ...split });
    const { attention, embeddings, routedExperts } = countParameters(modelOf("qwen3-coder-480b-a35b"));
    const expected = (attention + 2 * embeddings + routedExperts / 8) / 2 ** 30;
    expect(on({ dataParallel: 8, expertParallel: 8 })).toBeCloseTo(expected, 0);
    expect(on({ tensorParallel: 4 })).toBeGreaterThan(on({ dataParallel: 8, expertParallel: 8 }));
  });

  test("MXFP4 kernels pad: gpt-oss-120b takes on one H100 what was logged, not what its file has", () => {
    const padded = weightsGiB({ model: "gpt-oss-120b", gpu: "h100" });
    const file = weighCheckpoint(modelOf("gpt-oss-120b"), findCheckpoint(modelOf("gpt-oss-120b"), "mxfp4") as never);
    expect(padded / 65.97).toBeCloseTo(1, 2);
    expect(file.total / 2 ** 30).toBeLessThan(61);
  });
});
