import { readModelConfig } from "../../sizing/config/readConfig";
import { layersOf, type Model, mixersOf, mlpsOf } from "../../sizing/model";
import { countParameters } from "../../sizing/weights";
import gemmaExclusions from "../fixtures/configs/nvidia--gemma-4-26b-a4b-nvfp4.json";

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
const read = (config: object): Model => readModelConfig({ config: { ...plain, ...config } }, { id: "x" });
const widths = (model: Model) => mlpsOf(model).map((mlp) => [mlp.kind, mlp.width, mlp.matrices]);

test("Gemma 4's experts lie beside its dense networks, and only they are quantised", () => {
  const [checkpoint] = readModelConfig({ config: gemmaExclusions }, { id: "x" }).checkpoints;
  expect(checkpoint).toMatchObject({ precision: "nvfp4", keeps16Bit: ["attention", "dense"] });
  expect(checkpoint?.loadedBytes).toBeUndefined();
});

test("a text model without sizes has its class's, and each is said", () => {
  const text = { model_type: "llama", vocab_size: 32064, max_position_embeddings: 4096, torch_dtype: "float16" };
  const config = { model_type: "llava", tie_word_embeddings: false, text_config: text };
  const model = readModelConfig({ config }, { id: "x" });
  // Vicuna 7B, whose vocabulary LLaVA widens by 64.
  expect(countParameters(model).total / 1e9).toBeCloseTo(6.739, 3);
  for (const name of ["hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"])
    expect(model.notes?.join()).toContain(`${name} is left out: `);
  expect(model.confidence).toBe("medium");
  const other = { ...config, text_config: { ...text, model_type: "qwen2" } };
  expect(() => readModelConfig({ config: other }, { id: "x" })).toThrow("text_config.num_hidden_layers: is missing");
});

test("a tower is estimated and said; one without sizes is named", () => {
  const vision = { hidden_size: 256, num_hidden_layers: 2, intermediate_size: 1024, patch_size: 14 };
  const sized = readModelConfig(
    { config: { model_type: "llava", text_config: plain, vision_config: vision } },
    { id: "x" },
  );
  const encoder = 2 * (4 * 256 * 256 + 2 * 256 * 1024);
  const expected = encoder + 3 * 14 * 14 * 256 + 256 * 1024 + 1024 * 1024;
  expect(sized.extras).toEqual([{ name: "vision tower", parameters: expected }]);
  expect(sized.notes?.join()).toContain("an estimate from vision_config");
  const unsized = readModelConfig(
    { config: { model_type: "llava", text_config: plain, vision_config: {} } },
    { id: "x" },
  );
  expect(unsized.extras).toBeUndefined();
  expect(unsized.unmodelled?.join()).toContain("vision_config: the vision tower is not sized");
});

test("blocks of a search: windows, linear layers in place of both, widths by factor", () => {
  const block = (attention: object, ffn: object) => ({ attention, ffn });
  const model = read({
    block_configs: [
      block({ n_heads_in_group: 4 }, { ffn_mult: 1.5 }),
      block({ n_heads_in_group: 2, window_length: 512 }, { intermediate_size: 300 }),
      block({ replace_with_linear: true }, { replace_with_linear: true }),
      block({ no_op: true }, { no_op: true }),
    ],
  });
  const shape = { heads: 8, headDim: 128 };
  expect(layersOf(model)).toEqual([
    // 2/3 x 1.5 x 1024, in steps of 256.
    { mixers: [{ kind: "full", kvHeads: 2, ...shape }], mlps: [{ kind: "dense", width: 1024, matrices: 3 }] },
    {
      mixers: [{ kind: "window", window: 512, kvHeads: 4, ...shape }],
      mlps: [{ kind: "dense", width: 300, matrices: 3 }],
    },
    {
      mixers: [{ kind: "recurrent", name: "linear in place of attention", parameters: 1024 * 1024, stateBytes: 0 }],
      mlps: [{ kind: "dense", width: 1024, matrices: 1 }],
    },
    { mixers: [], mlps: [] },
  ]);
});

test("layers_block_type says what hybrid_override_pattern says", () => {
  const mamba = { mamba_num_heads: 16, mamba_head_dim: 64, n_groups: 2, ssm_state_size: 32, conv_kernel: 4 };
  const of = (pattern: object) =>
    layersOf(read({ ...mamba, model_type: "nemotron_h", num_hidden_layers: null, ...pattern }));
  const letters = of({ hybrid_override_pattern: "M-*" });
  expect(of({ layers_block_type: ["mamba", "mlp", "attention"] })).toEqual(letters);
  expect(letters.map(({ mixers, mlps }) => [mixers.map(({ kind }) => kind), mlps.length])).toEqual([
    [["recurrent"], 0],
    [[], 1],
    [["full"], 0],
  ]);
  expect(letters[1]?.mlps).toEqual([{ kind: "dense", width: 4096, matrices: 2 }]);
});

test.each<[string, object, unknown[]]>([
  [
    "gated by the model type, whatever the activation",
    { model_type: "gemma", hidden_act: "gelu" },
    [["dense", 4096, 3]],
  ],
  ["two matrices by the model type", { model_type: "nemotron", hidden_act: "relu2" }, [["dense", 4096, 2]]],
  ["an unknown type by its activation", { model_type: "unheard-of", hidden_act: "relu2" }, [["dense", 4096, 2]]],
  ["Qwen 1 counts two at once", { model_type: "qwen" }, [["dense", 2048, 3]]],
  [
    "four times the hidden size",
    { model_type: "gpt_neox", intermediate_size: null, hidden_size: 512 },
    [["dense", 2048, 2]],
  ],
  ["MPT's ratio", { model_type: "mpt", intermediate_size: null, expansion_ratio: 3 }, [["dense", 3072, 2]]],
  ["RWKV 4", { model_type: "rwkv", intermediate_size: null }, [["dense", 4096, 2]]],
  ["RWKV 5", { model_type: "rwkv5", intermediate_size: null }, [["dense", 3584, 2]]],
  [
    "LFM2 adjusts its own",
    { model_type: "lfm2", intermediate_size: 4096, block_auto_adjust_ff_dim: true, block_multiple_of: 256 },
    [["dense", 2816, 3]],
  ],
  ["experts that are switched off", { enable_moe_block: false, num_experts: 4 }, [["dense", 4096, 3]]],
])("widths: %s", (_what, config, expected) => {
  expect(widths(read(config))).toEqual(expected);
});

const experts = { num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 256 };

test.each<[string, object, number]>([
  ["none", {}, 0],
  ["so many of the routed width", { n_shared_experts: 2 }, 512],
  ["a width of their own", { shared_expert_intermediate_size: 300 }, 300],
  ["so many of a width of their own", { n_shared_experts: 2, moe_shared_expert_intermediate_size: 300 }, 600],
  ["a list", { num_shared_expert: [1, 1, 1, 1] }, 256],
  ["Llama 4's, which nothing says", { model_type: "llama4_text" }, 256],
])("shared experts: %s", (_what, config, expected) => {
  const [mixture] = mlpsOf(read({ ...experts, ...config }));
  expect(mixture).toMatchObject({ kind: "experts", sharedWidth: expected });
});

test("experts in a space of their own, and every other layer", () => {
  const [mixture] = mlpsOf(read({ ...experts, moe_latent_size: 128 }));
  expect(mixture).toMatchObject({ latentSize: 128 });
  const layers = layersOf(read({ ...experts, moe_layer_start_index: 0, moe_layer_interval: 2 }));
  expect(layers.map(({ mlps }) => mlps[0]?.kind)).toEqual(["dense", "experts", "dense", "experts"]);
});

test("groups of layers share one cache (Hunyuan)", () => {
  const shares = layersOf(read({ model_type: "hunyuan", use_cla: true, cla_share_factor: 2 }));
  expect(shares.map(({ mixers }) => "readsEarlierCache" in (mixers[0] ?? {}))).toEqual([false, true, false, true]);
});

test("the first Mamba checkpoints, which say next to nothing", () => {
  const bare = { d_model: 2560, n_layer: 64, vocab_size: 50280, tie_embeddings: true };
  const of = (layer: string) => readModelConfig({ config: { ...bare, ssm_cfg: { layer } } }, { id: "x" });
  // The cards of state-spaces/mamba-2.8b and mamba2-2.7b.
  expect(countParameters(of("Mamba1")).total / 1e9).toBeCloseTo(2.768, 3);
  expect(countParameters(of("Mamba2")).total / 1e9).toBeCloseTo(2.703, 3);
});

test("MiniCPM3's cache is not the compressed one in vLLM, and that is said", () => {
  const latent = { kv_lora_rank: 64, qk_nope_head_dim: 32, qk_rope_head_dim: 16 };
  const model = read({ model_type: "minicpm3", ...latent });
  expect(mixersOf(model)).toEqual([
    { kind: "latent", heads: 8, qLoraRank: 0, kvLoraRank: 64, qkNopeHeadDim: 32, qkRopeHeadDim: 16, vHeadDim: 128 },
  ]);
  expect(model.unmodelled?.join()).toContain(`${4 * 8 * 48} bytes a token and layer`);
});

test("layers that share an indexer keep no key of their own (GLM-5.2)", () => {
  const latent = { kv_lora_rank: 64, qk_nope_head_dim: 32, qk_rope_head_dim: 16, v_head_dim: 32 };
  const index = { index_n_heads: 4, index_head_dim: 32, indexer_types: ["full", "shared", "full", "shared"] };
  const indexers = layersOf(read({ model_type: "glm_moe_dsa", ...latent, ...index })).map(
    ({ mixers: [mixer] }) => mixer?.kind === "latent" && mixer.indexer,
  );
  expect(indexers).toEqual([{ heads: 4, headDim: 32 }, undefined, { heads: 4, headDim: 32 }, undefined]);
});

test("models without an output head count the embedding once", () => {
  expect(read({ architectures: ["LlamaForSequenceClassification"] }).tiedEmbeddings).toBe(true);
  expect(read({ architectures: ["MistralModel"] }).tiedEmbeddings).toBe(true);
  expect(read({ architectures: ["ChatGLMModel"] }).tiedEmbeddings).toBe(false);
  expect(read({ architectures: ["GPT2LMHeadModel"] }).tiedEmbeddings).toBe(false);
});
