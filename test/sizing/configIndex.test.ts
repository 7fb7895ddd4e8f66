import { readModelConfig } from "../../sizing/config/readConfig";
import type { Model } from "../../sizing/model";
import { ProblemsError } from "../../sizing/problems";
import { countParameters } from "../../sizing/weights";

const config = {
  model_type: "deepseek_v3",
  hidden_size: 1024,
  num_hidden_layers: 3,
  num_attention_heads: 8,
  q_lora_rank: 256,
  kv_lora_rank: 128,
  qk_nope_head_dim: 64,
  qk_rope_head_dim: 32,
  v_head_dim: 64,
  intermediate_size: 4096,
  moe_intermediate_size: 512,
  n_routed_experts: 8,
  n_shared_experts: 1,
  num_experts_per_tok: 2,
  first_k_dense_replace: 1,
  vocab_size: 1000,
  max_position_embeddings: 4096,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  num_nextn_predict_layers: 1,
};

const layer = (number: number, experts: boolean) => [
  `model.layers.${number}.self_attn.o_proj.weight`,
  experts ? `model.layers.${number}.mlp.experts.0.up_proj.weight` : `model.layers.${number}.mlp.up_proj.weight`,
];
const names = ["model.embed_tokens.weight", "lm_head.weight", ...layer(0, false), ...layer(1, true), ...layer(2, true)];
const indexOf = (tensors: readonly string[], total_size?: number) => ({
  ...(total_size === undefined ? {} : { metadata: { total_size } }),
  weight_map: Object.fromEntries(tensors.map((name) => [name, "model.safetensors"])),
});
const read = (safetensorsIndex?: unknown, given: object = config): Model =>
  readModelConfig({ config: given, ...(safetensorsIndex === undefined ? {} : { safetensorsIndex }) }, { id: "x" });

const computed = countParameters(read()).total * 2;

test("the published bytes are taken", () => {
  const model = read(indexOf(names, computed + 1000));
  expect(model.checkpoints[0]?.loadedBytes).toBe(computed + 1000);
  expect(model.confidence).toBe("high");
});

test("bytes of a layer that predicts ahead are taken off, with the embeddings that it repeats", () => {
  const predicting = [
    ...layer(3, true),
    "model.layers.3.embed_tokens.weight",
    "model.layers.3.shared_head.head.weight",
  ];
  const last = countParameters(read(undefined, { ...config, num_hidden_layers: 4 })).total * 2 - computed;
  const left = last + 2 * 1024 * 1024 * 2 + 2 * 1000 * 1024 * 2;
  const model = read(indexOf([...names, ...predicting], computed + left));
  // The layer's norms are counted with it.
  expect(Math.abs((model.checkpoints[0]?.loadedBytes ?? 0) / computed - 1)).toBeLessThan(1e-3);
  expect(model.notes?.join()).toContain("predict several tokens ahead: not loaded");
});

test("without names the bytes themselves say whether layers that predict ahead are among them", () => {
  const sized = (total_size: number) => read({ metadata: { total_size } }).checkpoints[0]?.loadedBytes ?? 0;
  expect(sized(computed)).toBe(computed);
  const last = countParameters(read(undefined, { ...config, num_hidden_layers: 4 })).total * 2 - computed;
  expect(Math.abs(sized(computed + last + 2 * 1024 * 1024 * 2) / computed - 1)).toBeLessThan(1e-3);
});

test("another number of layers is refused by name", () => {
  for (const tensors of [names.slice(0, -2), [...names, ...layer(5, true)]]) {
    expect(() => read(indexOf(tensors))).toThrow(ProblemsError);
    expect(() => read(indexOf(tensors))).toThrow("model.safetensors.index.json: weight_map: names");
  }
});

test("the index is believed about the output head", () => {
  const model = read(indexOf(names.filter((name) => name !== "lm_head.weight")));
  expect(model.tiedEmbeddings).toBe(true);
  expect(model.notes?.join()).toContain("has no output head");
  expect(read(indexOf(names)).notes?.join()).not.toContain("output head");
});

test("experts in another layer than the configuration says lower the confidence", () => {
  const model = read(indexOf([...names.slice(0, 2), ...layer(0, true), ...layer(1, true), ...layer(2, true)]));
  expect(model.notes?.join()).toContain("the index has experts in layer 0");
  expect(model.confidence).toBe("low");
});

test("a tower that the configuration does not size is named", () => {
  expect(read(indexOf([...names, "vision_tower.blocks.0.attn.weight"])).unmodelled?.join()).toContain("tower");
});

test.each([
  ["5 % off is said", 1.05, "differ from the published", "medium"],
  ["three times as much is not believed", 3, "is not believed", "low"],
])("%s", (_what, factor, said, confidence) => {
  const model = read(indexOf(names, Math.round(computed * factor)));
  expect(model.notes?.join()).toContain(said);
  expect(model.confidence).toBe(confidence);
});

test.each([[[]], ["text"], [{ metadata: { total_size: -1 } }], [{ metadata: { total_size: "9" } }]])(
  "a faulty index is refused by name: %j",
  (given) => {
    expect(() => read(given)).toThrow("model.safetensors.index.json");
  },
);
