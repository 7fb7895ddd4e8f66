import { parseDecision } from "../../sizing/decision";
import { judgeFit } from "../../sizing/fit";
import { findCheckpoint } from "../../sizing/modelNames";
import { allowedTensorParallel, layerSplits } from "../../sizing/parallelism";
import { ProblemsError } from "../../sizing/problems";
import { stageSizes } from "../../sizing/stages";
import { modelOf } from "../support/models";

const allowed = (id: string, precision: string, spread = false) => {
  const checkpoint = findCheckpoint(modelOf(id), precision);
  if (!checkpoint) throw new Error(`no ${precision}`);
  return allowedTensorParallel(modelOf(id), checkpoint, spread, 16);
};

// What engines accept: published limits and start-up crashes (reference: vllm#17569, #54178, vllm-project/recipes).
test.each([
  ["phi-4", "bf16", false, [1, 2, 5, 10]],
  ["llama-4-scout", "bf16", false, [1, 2, 4, 8]],
  ["qwen3-235b-a22b", "fp8", false, [1, 2, 4]],
  ["qwen3-235b-a22b", "fp8", true, [1, 2, 4, 8, 16]],
  ["qwen3-235b-a22b", "bf16", false, [1, 2, 4, 8, 16]],
  ["qwen3-coder-480b-a35b", "fp8", false, [1, 2, 4]],
  ["minimax-m2.5", "fp8", false, [1, 2, 4]],
  ["deepseek-v3", "fp8", false, [1, 2, 4, 8, 16]],
  ["glm-4.5", "fp8", false, [1, 2, 4, 8, 16]],
  ["llama-3.1-405b", "fp8-meta", false, [1, 2, 4, 8, 16]],
])("%s in %s, experts whole: %p, runs at tensor parallelism %p", (id, precision, spread, widths) => {
  expect(allowed(id, precision, spread)).toEqual(widths);
});

test.each([
  [
    "heads",
    { model: "llama-4-scout", tensorParallel: 16 },
    "tensorParallel",
    "does not divide the 40 attention heads",
    "1, 2, 4, 8",
  ],
  ["KV heads", { model: "phi-4", tensorParallel: 4 }, "tensorParallel", "10 KV heads", "1, 2, 5, 10"],
  [
    "FP8 blocks",
    { model: "qwen3-235b-a22b", precision: "fp8", tensorParallel: 8 },
    "tensorParallel",
    "not whole 128-column FP8 blocks",
    "expertParallel",
  ],
  [
    "experts",
    { model: "mixtral-8x7b", tensorParallel: 16, expertParallel: 16 },
    "expertParallel",
    "does not divide the 8 experts",
    "16",
  ],
  [
    "experts of a dense model",
    { model: "llama-3.1-8b", tensorParallel: 2, expertParallel: 2 },
    "expertParallel",
    "is dense",
    "remove it",
  ],
  [
    "ranks",
    { model: "mixtral-8x7b", tensorParallel: 2, expertParallel: 8 },
    "expertParallel",
    "the 2 ranks that hold the experts",
    "give 2",
  ],
  ["stages", { model: "llama-3.1-8b", pipelineParallel: 33 }, "pipelineParallel", "32 layers", "up to 32"],
  ["GPUs", { model: "llama-3.1-8b", gpus: 8, tensorParallel: 4 }, "gpus", "4 x 1 x 1 = 4", "give 4"],
])("%s that do not divide are refused with the reason", (_, request, path, reason, fix) => {
  try {
    judgeFit({ gpu: "h100", contextLength: 1024, ...request });
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    const problem = error.problems.find((one) => one.path === path);
    expect(`${problem?.message}; ${problem?.fix}`).toContain(reason);
    expect(problem?.fix).toContain(fix);
    return;
  }
  throw new Error("it was accepted");
});

test("MLPs whose columns do not divide are refused, too", () => {
  const odd = {
    ...modelOf("llama-3.1-8b"),
    id: "odd",
    layerTypes: {
      layer: {
        mixers: modelOf("llama-3.1-8b").layerTypes.layer?.mixers ?? [],
        mlps: [{ kind: "dense" as const, width: 14_338, matrices: 3 }],
      },
    },
  };
  expect(() => judgeFit({ model: "odd", gpu: "h100", tensorParallel: 4, contextLength: 1024 }, [odd])).toThrow(
    /14338 columns/,
  );
  expect(judgeFit({ model: "odd", gpu: "h100", tensorParallel: 2, contextLength: 1024 }, [odd]).verdict).toBe("fits");
});

test("layers are dealt to stages as vLLM deals them: the rest to the last but one, backwards", () => {
  expect(stageSizes(126, 4)).toEqual([31, 32, 32, 31]);
  expect(stageSizes(61, 2)).toEqual([31, 30]);
  expect(stageSizes(88, 3)).toEqual([29, 30, 29]);
  for (const stages of [1, 2, 3, 5, 8]) expect(stageSizes(94, stages).reduce((sum, size) => sum + size, 0)).toBe(94);
});

test("a mixture is offered whole experts where slices would be uneven, and ranks that share experts; a dense model copies side by side", () => {
  const fp8 = findCheckpoint(modelOf("qwen3-coder-480b-a35b"), "fp8");
  if (!fp8) throw new Error("no fp8");
  expect(layerSplits(modelOf("qwen3-coder-480b-a35b"), fp8, 8)).toEqual([
    { tensorParallel: 8, dataParallel: 1, expertParallel: 8 },
    { tensorParallel: 1, dataParallel: 8, expertParallel: 8 },
  ]);
  expect(layerSplits(modelOf("llama-3.1-8b"), fp8, 8)).toEqual([
    { tensorParallel: 8, dataParallel: 1, expertParallel: 1 },
    { tensorParallel: 4, dataParallel: 2, expertParallel: 1 },
    { tensorParallel: 2, dataParallel: 4, expertParallel: 1 },
    { tensorParallel: 1, dataParallel: 8, expertParallel: 1 },
  ]);
});

test("a width that slices unevenly, and that whole experts do not divide by either, is refused when the decision is read", () => {
  const base = modelOf("qwen3-235b-a22b");
  const [mlp] = base.layerTypes.experts?.mlps ?? [];
  if (mlp?.kind !== "experts") throw new Error("no experts");
  const odd = {
    ...base,
    id: "odd-experts",
    layerTypes: { experts: { mixers: base.layerTypes.experts?.mixers ?? [], mlps: [{ ...mlp, experts: 130 }] } },
  };
  const decide = (model: string) =>
    parseDecision(
      { model, precision: "fp8", contextLength: 8192, overrides: { tensorParallel: 8 } },
      { models: [odd] },
    );
  expect(() => decide("odd-experts")).toThrow(/tensorParallel: 8 cuts the 1536 columns/);
  expect(decide("qwen3-235b-a22b").decision.overrides.tensorParallel).toBe(8);
});
