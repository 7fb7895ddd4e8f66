import { readModelConfig } from "../../sizing/config/readConfig";
import type { Checkpoint, Model } from "../../sizing/model";
import { countParameters, weighCheckpoint } from "../../sizing/weights";

const plain = {
  model_type: "llama",
  hidden_size: 1024,
  num_hidden_layers: 4,
  num_attention_heads: 8,
  num_key_value_heads: 8,
  intermediate_size: 4096,
  vocab_size: 1000,
  max_position_embeddings: 4096,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
};
const mixture = {
  ...plain,
  model_type: "qwen3_moe",
  num_experts: 8,
  num_experts_per_tok: 2,
  moe_intermediate_size: 512,
};

const read = (config: object, quantization?: unknown): Model =>
  readModelConfig({ config, ...(quantization === undefined ? {} : { quantization }) }, { id: "x" });

function checkpointOf(config: object, quantization?: unknown): Checkpoint {
  const [checkpoint] = read(config, quantization).checkpoints;
  if (!checkpoint) throw new Error("no checkpoint");
  return checkpoint;
}

const quantized = (scheme: object, base: object = plain) => checkpointOf({ ...base, quantization_config: scheme });
const group = (weights: object, ignore: string[] = ["lm_head"]) => ({
  quant_method: "compressed-tensors",
  config_groups: { group_0: { targets: ["Linear"], weights } },
  ignore,
});

test.each<[string, object, Partial<Checkpoint>]>([
  ["fp8 in blocks", { quant_method: "fp8", weight_block_size: [128, 128] }, { precision: "fp8", blockSize: 128 }],
  ["fp8 a tensor", { quant_method: "fp8", weight_block_size: null }, { precision: "fp8" }],
  ["awq", { quant_method: "awq", bits: 4, group_size: 128, zero_point: true }, { precision: "int4", groupSize: 128 }],
  [
    "gptq",
    { quant_method: "gptq", bits: 4, group_size: 64, sym: true },
    { precision: "int4", groupSize: 64, symmetric: true },
  ],
  [
    "gptq a row",
    { quant_method: "gptq", bits: 4, group_size: -1, sym: true },
    { precision: "int4", groupSize: 1_000_000, symmetric: true },
  ],
  ["gptq of 8 bits", { quant_method: "gptq", bits: 8, group_size: 128 }, { precision: "int8" }],
  [
    "gptq with its head",
    { quant_method: "gptq", bits: 8, group_size: 128, lm_head: true },
    { precision: "int8", quantizedHead: true },
  ],
  ["mxfp4", { quant_method: "mxfp4" }, { precision: "mxfp4" }],
  [
    "bitsandbytes nf4",
    { quant_method: "bitsandbytes", load_in_4bit: true },
    { precision: "int4", groupSize: 32, symmetric: true },
  ],
  ["bitsandbytes of 8 bits", { quant_method: "bitsandbytes", load_in_8bit: true }, { precision: "int8" }],
  [
    "w4a16",
    group({ num_bits: 4, type: "int", group_size: 128, symmetric: true }),
    { precision: "int4", groupSize: 128, symmetric: true },
  ],
  ["w8a8", group({ num_bits: 8, type: "int", strategy: "channel" }), { precision: "int8" }],
  ["float 8", group({ num_bits: 8, type: "float", strategy: "channel" }), { precision: "fp8" }],
  [
    "float 8 in blocks",
    group({ num_bits: 8, type: "float", strategy: "block", block_structure: [128, 128] }),
    { precision: "fp8", blockSize: 128 },
  ],
  ["nvfp4", group({ num_bits: 4, type: "float", group_size: 16 }), { precision: "nvfp4" }],
  ["mxfp4 in a group", group({ num_bits: 4, type: "float", group_size: 32 }), { precision: "mxfp4" }],
  ["modelopt", { quant_method: "modelopt", quant_algo: "NVFP4", group_size: 16 }, { precision: "nvfp4" }],
])("%s", (_name, scheme, expected) => {
  expect(quantized(scheme)).toEqual({ id: expected.precision, repositories: ["x"], ...expected });
});

test("hf_quant_config.json alone decides, and says that the cache has scales", () => {
  const given = {
    producer: { name: "modelopt" },
    quantization: { quant_algo: "FP8", kv_cache_quant_algo: "FP8", exclude_modules: ["lm_head"] },
  };
  const model = read(plain, given);
  expect(model.checkpoints[0]).toEqual({ id: "fp8", precision: "fp8", repositories: ["x"] });
  expect(model.notes?.join()).toContain("KV cache of 8 bits");
});

test("a quantisation nested with the language model is read", () => {
  const text = { ...plain, quantization_config: { quant_method: "fp8" } };
  expect(checkpointOf({ model_type: "llava", text_config: text }).precision).toBe("fp8");
});

describe("what a list leaves alone", () => {
  const nvfp4 = (ignore: string[]) => quantized(group({ num_bits: 4, type: "float", group_size: 16 }, ignore), mixture);

  test.each<[string, string[]]>([
    ["by expression", ["lm_head", "re:.*self_attn.*"]],
    ["by glob", ["model.layers.*.self_attn*"]],
    ["by layer", [0, 1, 2, 3].map((layer) => `language_model.model.layers.${layer}.self_attn*`)],
    [
      "by module",
      [0, 1, 2, 3].flatMap((layer) =>
        ["q", "k", "v", "o"].map((name) => `model.layers.${layer}.self_attn.${name}_proj`),
      ),
    ],
    ["by alternatives", ["re:.*\\.self_attn\\.(q|k|v|o)_proj$"]],
    ["by component", ["self_attn"]],
  ])("attention %s", (_how, ignore) => {
    expect(nvfp4(ignore).keeps16Bit).toEqual(["attention"]);
  });

  test("a gate is not a gate projection, and a predicting layer is none of the model's", () => {
    expect(nvfp4(["gate", "mtp.layers.0*", "mtp*"]).keeps16Bit).toBeUndefined();
    expect(nvfp4(["gate", "mtp.layers.0*", "mtp*"]).loadedBytes).toBeUndefined();
  });

  test("whole layers are counted", () => {
    const ends = ["model.layers.0.*", "model.layers.3.*"];
    expect(nvfp4(ends)).toMatchObject({ precision: "nvfp4", unquantizedLayers: 2 });
    expect(nvfp4(ends).loadedBytes).toBeUndefined();
  });

  test("layers left whole that no rule describes make the bytes known instead", () => {
    const base = { ...mixture, first_k_dense_replace: 1, intermediate_size: 64 };
    const scheme = group({ num_bits: 4, type: "float", group_size: 16 }, ["model.layers.3.mlp*"]);
    const model = read({ ...base, quantization_config: scheme });
    const [checkpoint] = model.checkpoints;
    const one = 1024 * 1024 * 4;
    const expert = 8 * 3 * 512 * 1024;
    const linear = (4 * one + 3 * 64 * 1024 + 2 * expert) * 0.5625 + expert * 2;
    const rest = (3 * 8 * 1024 + 9 * 1024 + 2 * 1000 * 1024) * 2;
    expect(checkpoint?.loadedBytes).toBe(linear + rest);
  });

  test("an expression that is not a glob in disguise is passed over and said", () => {
    const scheme = group({ num_bits: 8, type: "float" }, ["re:((a+)+)+$"]);
    const model = read({ ...plain, quantization_config: scheme });
    expect(model.notes?.join()).toContain("1 patterns are not understood");
    expect(model.confidence).toBe("medium");
  });
});

test("formats by part: the bytes are added up, and the largest part names the precision", () => {
  const layers = [0, 1, 2, 3].flatMap((layer) => [
    [`model.layers.${layer}.self_attn.q_proj`, { quant_algo: "FP8" }],
    [`model.layers.${layer}.mlp.experts.0.up_proj`, { quant_algo: "NVFP4", group_size: 16 }],
  ]);
  const given = { quantization: { quant_algo: "MIXED_PRECISION", quantized_layers: Object.fromEntries(layers) } };
  const model = read(mixture, given);
  const [checkpoint] = model.checkpoints;
  const counts = countParameters(model);
  const experts = 4 * 8 * 3 * 512 * 1024;
  const bytes = counts.attention + experts * 0.5625 + (counts.total - counts.attention - experts) * 2;
  expect(checkpoint).toMatchObject({
    precision: "nvfp4",
    loadedBytes: bytes,
    note: "formats by part: attention fp8, experts nvfp4",
  });
  expect(checkpoint && weighCheckpoint(model, checkpoint).total).toBeCloseTo(bytes, 3);
});

test("Meta's FP8 spares attention, and the layers that it lists", () => {
  const modules = [0, 3].flatMap((layer) =>
    ["gate", "up", "down"].map((name) => `model.layers.${layer}.mlp.${name}_proj`),
  );
  expect(quantized({ quant_method: "fbgemm_fp8", modules_to_not_convert: modules })).toMatchObject({
    precision: "fp8",
    keeps16Bit: ["attention"],
    unquantizedLayers: 2,
  });
});

test.each([
  ["an unknown method", { quant_method: "telepathy" }, "telepathy"],
  ["3 bits", { quant_method: "gptq", bits: 3 }, "gptq"],
  ["a group of 2 bits", group({ num_bits: 2, type: "int" }), "config_groups"],
])("%s is named, and its weights are counted in 16 bits", (_what, scheme, named) => {
  const model = read({ ...plain, quantization_config: scheme });
  expect(model.checkpoints[0]?.precision).toBe("bf16");
  expect(model.unmodelled?.join()).toContain(named);
  expect(model.confidence).toBe("low");
});

test.each([
  ["weight_block_size", { quant_method: "fp8", weight_block_size: "128" }],
  ["weight_block_size", { quant_method: "fp8", weight_block_size: [0, 0] }],
  ["group_size", { quant_method: "awq", bits: 4, group_size: -5 }],
  ["exclude_modules", { quant_algo: "FP8", exclude_modules: 5 }],
])("a %s that is nonsense is passed over, and that is said", (field, scheme) => {
  const model = read({ ...plain, quantization_config: scheme });
  expect(model.notes?.join()).toContain(`quantization_config.${field}`);
  expect(model.confidence).toBe("medium");
});
