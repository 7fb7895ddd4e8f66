import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfigText, readModelConfig } from "../../sizing/config/readConfig";
import { KvCacheDtype } from "../../sizing/decisionArgs";
import { cacheLoad, kvCacheBytesPerToken } from "../../sizing/kvCache";
import { layersOf, type Model, mixersOf } from "../../sizing/model";
import { findCheckpoint, resolveModel } from "../../sizing/modelNames";
import { ProblemsError } from "../../sizing/problems";
import { countParameters, weighCheckpoint } from "../../sizing/weights";

interface Fixture {
  file: string;
  quantization?: string;
  repository: string;
  publishedParametersB: number;
  tolerancePercent: number;
  layers: Readonly<Record<string, number>>;
  window?: number;
  kvCacheBytesPerToken: number;
  weightsGB?: number;
  unmodelled?: string;
  refused?: string;
}

const folder = join(__dirname, "../fixtures/configs");
const load = (file: string) => parseConfigText(readFileSync(join(folder, file), "utf8"), file);
const all = (load("index.json") as { configs: Fixture[] }).configs;
const readable = all.filter(({ refused }) => refused === undefined);

function read({ file, quantization, repository }: Fixture): Model {
  return readModelConfig(
    { config: load(file), ...(quantization ? { quantization: load(quantization) } : {}) },
    { id: repository },
  );
}

function kindsOf(model: Model): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const { mixers } of layersOf(model)) for (const { kind } of mixers) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}

describe.each(readable.map((fixture) => [fixture.repository, fixture] as const))("%s", (_name, fixture) => {
  const model = read(fixture);

  test("has the published number of parameters", () => {
    const counted = countParameters(model).total / 1e9;
    const off = (Math.abs(counted - fixture.publishedParametersB) / fixture.publishedParametersB) * 100;
    expect({ counted, within: off <= fixture.tolerancePercent }).toEqual({ counted, within: true });
  });

  test("caches what the arithmetic by hand says", () => {
    expect(kvCacheBytesPerToken(model, KvCacheDtype.auto)).toBe(fixture.kvCacheBytesPerToken);
  });

  test("has layers of the right kinds and windows", () => {
    expect(kindsOf(model)).toEqual(fixture.layers);
    const windows = mixersOf(model).flatMap((mixer) => ("window" in mixer && mixer.window ? [mixer.window] : []));
    expect(new Set(windows)).toEqual(new Set(fixture.window ? [fixture.window] : []));
  });

  test("says what it leaves out, and nothing else", () => {
    const names = (model.unmodelled ?? []).map((text) => text.split(":")[0]);
    if (fixture.unmodelled) expect(names).toContain(fixture.unmodelled);
    else expect(names).toEqual([]);
    if (fixture.unmodelled) expect(model.confidence).not.toBe("high");
  });
});

test.each(readable.filter(({ weightsGB }) => weightsGB).map((fixture) => [fixture.repository, fixture] as const))(
  "%s weighs what is published",
  (_name, fixture) => {
    const model = read(fixture);
    const [checkpoint] = model.checkpoints;
    const weighed = checkpoint ? weighCheckpoint(model, checkpoint).total / 1e9 : 0;
    expect(Math.abs(weighed / (fixture.weightsGB ?? 0) - 1)).toBeLessThan(0.003);
  },
);

test.each(
  all.filter(({ refused }) => refused).map(({ repository, file, refused }) => [repository, file, refused] as const),
)("%s is refused by name", (_name, file, refused) => {
  expect(() => readModelConfig({ config: load(file) }, { id: "x" })).toThrow(ProblemsError);
  expect(() => readModelConfig({ config: load(file) }, { id: "x" })).toThrow(`config.json: ${refused}: `);
});

describe("structures that no fixture has", () => {
  // The published sizes of google/gemma-3n-E4B: Gemma3nTextConfig's defaults (transformers 4.57).
  const gemma3n = {
    model_type: "gemma3n_text",
    vocab_size: 262400,
    vocab_size_per_layer_input: 262144,
    hidden_size: 2048,
    hidden_size_per_layer_input: 256,
    intermediate_size: Array<number>(35).fill(16384),
    num_hidden_layers: 35,
    num_attention_heads: 8,
    num_key_value_heads: 2,
    head_dim: 256,
    sliding_window: 512,
    max_position_embeddings: 32768,
    altup_num_inputs: 4,
    num_kv_shared_layers: 15,
    laurel_rank: 64,
    torch_dtype: "bfloat16",
  };

  test("Gemma 3n: the last 15 of 35 layers read an earlier cache; every fifth layer is full", () => {
    const model = readModelConfig({ config: { model_type: "gemma3n", text_config: gemma3n } }, { id: "gemma-3n-e4b" });
    expect(kindsOf(model)).toEqual({ full: 7, window: 28 });
    // Of the 20 layers with a cache of their own, four are full: 4 x 2 x 2 heads x 256 x 2 bytes.
    expect(kvCacheBytesPerToken(model, KvCacheDtype.auto)).toBe(4 * 2 * 2 * 256 * 2);
    // The card: 6.87 B parameters of the language model with all its embeddings.
    expect(countParameters(model).total / 1e9).toBeCloseTo(6.87, 2);
  });

  const plain = {
    model_type: "llama",
    hidden_size: 1024,
    num_hidden_layers: 4,
    num_attention_heads: 8,
    intermediate_size: 4096,
    vocab_size: 1000,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
    torch_dtype: "bfloat16",
  };
  const kinds = (config: object) => kindsOf(readModelConfig({ config: { ...plain, ...config } }, { id: "x" }));

  test.each([
    ["Qwen2 asks for its windows", { model_type: "qwen2", sliding_window: 512 }, { full: 4 }],
    [
      "Qwen2 has them from max_window_layers on",
      { model_type: "qwen2", sliding_window: 512, use_sliding_window: true, max_window_layers: 3 },
      { full: 3, window: 1 },
    ],
    [
      "EXAONE 4 writes a pattern",
      { model_type: "exaone4", sliding_window: 512, sliding_window_pattern: "LLLG" },
      { window: 3, full: 1 },
    ],
    [
      "Gemma 3 says every so many",
      { model_type: "gemma3_text", sliding_window: 512, sliding_window_pattern: 2 },
      { window: 2, full: 2 },
    ],
    ["a window as long as the context is none", { model_type: "mistral", sliding_window: 4096 }, { full: 4 }],
    ["Llama 4 lists its layers", { model_type: "llama4_text", no_rope_layers: [1, 0, 0, 1] }, { chunked: 2, full: 2 }],
    ["unknown models keep every token", { model_type: "new-thing", sliding_window: 512 }, { full: 4 }],
    ["an unknown kind keeps every token", { layer_types: ["odd", "odd", "full_attention", "odd"] }, { full: 4 }],
    ["RWKV has no attention", { model_type: "rwkv5", num_attention_heads: null }, { recurrent: 4 }],
  ])("%s", (_what, config, expected) => {
    expect(kinds(config)).toEqual(expected);
  });

  const mixture = { num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 256 };
  const mixed = (config: object) =>
    layersOf(readModelConfig({ config: { ...plain, ...mixture, ...config } }, { id: "x" })).map(({ mlps }) =>
      mlps.map(({ kind }) => kind === "experts"),
    );

  test.each([
    ["all of them", {}, [true, true, true, true]],
    ["first_k_dense_replace", { first_k_dense_replace: 1 }, [false, true, true, true]],
    ["moe_layer_freq as a list", { moe_layer_freq: [0, 1, 0, 1] }, [false, true, false, true]],
    ["moe_layer_freq as a number", { first_k_dense_replace: 1, moe_layer_freq: 2 }, [false, false, true, false]],
    ["decoder_sparse_step", { decoder_sparse_step: 2 }, [false, true, false, true]],
    ["mlp_only_layers", { decoder_sparse_step: 1, mlp_only_layers: [2] }, [true, true, false, true]],
    ["interleave_moe_layer_step", { interleave_moe_layer_step: 2 }, [false, true, false, true]],
    ["moe_layers", { moe_layers: [3], interleave_moe_layer_step: 1 }, [false, false, false, true]],
    ["expert_layer_period", { expert_layer_period: 2, expert_layer_offset: 0 }, [true, false, true, false]],
    ["moe_layers_enum", { moe_layers_enum: "1,2" }, [false, true, true, false]],
    [
      "moe_layer_start_index",
      { moe_layer_start_index: 1, moe_layer_end_index: 2, moe_layer_interval: 1 },
      [false, true, true, false],
    ],
    ["mlp_layer_types", { mlp_layer_types: ["dense", "sparse", "dense", "sparse"] }, [false, true, false, true]],
    ["num_dense_layers", { num_dense_layers: 3 }, [false, false, false, true]],
  ])("layers with experts: %s", (_what, config, expected) => {
    expect(mixed(config)).toEqual(expected.map((experts) => [experts]));
  });

  test("a state is as wide as the configuration says, and 16 bits when it does not", () => {
    const hybrid = {
      layer_types: ["mamba", "mamba", "mamba", "attention"],
      mamba_n_heads: 32,
      mamba_d_head: 64,
      mamba_d_state: 128,
      mamba_n_groups: 1,
      mamba_d_conv: 4,
    };
    const state = (config: object) => {
      const model = readModelConfig({ config: { ...plain, ...hybrid, ...config } }, { id: "x" });
      return mixersOf(model).flatMap((mixer) => (mixer.kind === "recurrent" ? [mixer.stateBytes] : []));
    };
    const convolution = (32 * 64 + 2 * 128) * 3 * 2;
    expect(state({})).toEqual([32 * 64 * 128 * 2 + convolution]);
    expect(state({ mamba_ssm_cache_dtype: "float32" })).toEqual([32 * 64 * 128 * 4 + convolution]);
  });

  test("what is left out of a checkpoint's layers is said", () => {
    const model = readModelConfig({ config: { ...plain, num_nextn_predict_layers: 1 } }, { id: "x" });
    expect(model.notes?.join()).toContain(
      "num_nextn_predict_layers: layers that predict several tokens ahead are left out",
    );
    expect(model.confidence).toBe("high");
  });

  test("a structural name that is not known is named, and one of no consequence is not", () => {
    const model = readModelConfig(
      { config: { ...plain, token_window_compressor: 4, attention_dropout: 0.1, latent_x: 0 } },
      { id: "x" },
    );
    expect(model.unmodelled).toEqual(["token_window_compressor: not modelled"]);
    expect(model.confidence).toBe("low");
  });

  test.each([
    ["YaRN stretches it", { rope_scaling: { type: "yarn", factor: 4, original_max_position_embeddings: 4096 } }, 16384],
    [
      "YaRN that is counted in already does not",
      { rope_scaling: { rope_type: "yarn", factor: 1, original_max_position_embeddings: 4096 } },
      4096,
    ],
    [
      "other scalings do not",
      { rope_scaling: { rope_type: "linear", factor: 8, original_max_position_embeddings: 4096 } },
      4096,
    ],
    ["Falcon's class has its own", { model_type: "falcon", max_position_embeddings: null }, 2048],
  ])("longest request: %s", (_what, config, expected) => {
    expect(readModelConfig({ config: { ...plain, ...config } }, { id: "x" }).maxContext).toBe(expected);
  });

  test("float32 is loaded as bf16 and said; float16 stays", () => {
    const wide = readModelConfig({ config: { ...plain, torch_dtype: "float32" } }, { id: "x" });
    expect(wide.checkpoints[0]?.precision).toBe("bf16");
    expect(wide.notes?.join()).toContain("torch_dtype float32: vLLM loads it as bf16");
    expect(readModelConfig({ config: { ...plain, torch_dtype: "float16" } }, { id: "x" }).nativePrecision).toBe("fp16");
  });
});

// The catalogue was typed in from other sources than these files; what both describe must be one model.
const inCatalogue = readable.flatMap((fixture) => {
  const found = resolveModel(fixture.repository);
  return found ? [[fixture.repository, fixture, found] as const] : [];
});

test("a good part of the catalogue can be read off real files here", () => {
  expect(inCatalogue.length).toBeGreaterThanOrEqual(15);
});

test.each(inCatalogue)("%s reads as the catalogue's row", (_name, fixture, { model: row, impliedPrecision }) => {
  const model = read(fixture);
  expect(countParameters(model).total / countParameters(row).total).toBeCloseTo(1, 2);
  expect(cacheLoad(model, KvCacheDtype.auto, 1)).toEqual(cacheLoad(row, KvCacheDtype.auto, 1));
  expect(kindsOf(model)).toEqual(kindsOf(row));
  const checkpoint = findCheckpoint(row, impliedPrecision ?? row.nativePrecision);
  const [own] = model.checkpoints;
  if (!checkpoint || !own) throw new Error("no checkpoint");
  // The recipe of Maverick's FP8 leaves more in 16 bits than its file's copy says (docs/accuracy.md, L61).
  if (row.id !== "llama-4-maverick")
    expect(weighCheckpoint(model, own).total / weighCheckpoint(row, checkpoint).total).toBeCloseTo(1, 2);
});
