/** What transformers takes for granted about a model type, where its config.json may not say it. */
export interface Family {
  /** Weight matrices of a feed-forward network: 3 when gated, which is usual. */
  matrices?: 2 | 3;
  /** Input embedding and output head are one when tie_word_embeddings is left out. */
  tied?: boolean;
  headDim?: number;
  kvHeads?: number;
  /** Learned position embeddings, with so many rows beyond the positions. */
  positionRows?: number;
  /** Width of the feed-forward network over the hidden size, when it is left out. */
  widthFactor?: number;
  /** intermediate_size counts gate and up together. */
  halfWidth?: boolean;
  /** Longest request when none is stated, tokens. */
  context?: number;
  /** Where sliding_window is set: all layers have it, all but every n-th, or none unless use_sliding_window says so. */
  windows?: "all" | "asked" | number;
  /** Every layer of a mixture has a shared expert as wide as a routed one, which no field says. */
  sharedExpert?: boolean;
}

const gpt: Family = { matrices: 2, tied: true, widthFactor: 4 };
const mistral: Family = { windows: "all", kvHeads: 8 };
const qwen: Family = { windows: "asked" };
const gemma: Family = { tied: true, headDim: 256 };
const qwenNext: Family = { headDim: 256 };

/**
 * Defaults and structure by model_type. Source: the configuration and modelling classes of huggingface/transformers
 * (src/transformers/models/<type>) and, for remote code, the model repository's own configuration class.
 */
const families: Readonly<Record<string, Family>> = {
  gpt2: { ...gpt, positionRows: 0 },
  gpt_bigcode: { ...gpt, positionRows: 0 },
  gpt_neo: { ...gpt, positionRows: 0 },
  gpt_neox: { matrices: 2, widthFactor: 4 },
  gptj: { matrices: 2, widthFactor: 4 },
  codegen: { matrices: 2, widthFactor: 4 },
  opt: { matrices: 2, tied: true, positionRows: 2 },
  bloom: { ...gpt, context: 2048 },
  mpt: gpt,
  falcon: { ...gpt, context: 2048 },
  RefinedWeb: { ...gpt, context: 2048 },
  RefinedWebModel: { ...gpt, context: 2048 },
  phi: { matrices: 2 },
  "phi-msft": { matrices: 2, widthFactor: 4 },
  persimmon: { matrices: 2 },
  starcoder2: { matrices: 2, tied: true, windows: "all" },
  nemotron: { matrices: 2 },
  arcee: { matrices: 2 },
  apertus: { matrices: 2 },
  nemotron_h: { matrices: 2 },
  mistral,
  ministral: mistral,
  mixtral: mistral,
  ministral3: {},
  mistral3: {},
  phi3: { windows: "all" },
  phi3_v: { windows: "all" },
  phi4mm: { windows: "all" },
  phimoe: { windows: "all" },
  phi3small: { tied: true },
  qwen: { halfWidth: true },
  qwen2: qwen,
  qwen2_moe: qwen,
  qwen2_vl: qwen,
  qwen2_vl_text: qwen,
  qwen2_5_vl: qwen,
  qwen2_5_vl_text: qwen,
  qwen2_5_omni_text: qwen,
  qwen3: { ...qwen, headDim: 128 },
  qwen3_moe: qwen,
  qwen3_vl_text: { ...qwen, headDim: 128 },
  qwen3_vl_moe_text: qwen,
  qwen3_omni_moe_text: qwen,
  qwen3_next: qwenNext,
  qwen3_5_text: qwenNext,
  qwen3_5_moe_text: qwenNext,
  gemma,
  gemma2: { ...gemma, windows: 2 },
  gemma3: { ...gemma, windows: 6 },
  gemma3_text: { ...gemma, windows: 6 },
  gemma3n_text: { ...gemma, windows: 5 },
  gemma4_text: { ...gemma, windows: 6 },
  recurrent_gemma: { ...gemma, halfWidth: true },
  cohere: { tied: true },
  cohere2: { tied: true, windows: 4 },
  gpt_oss: { headDim: 64, windows: 2 },
  olmo3: { windows: 4 },
  exaone4: { windows: 4 },
  llama4: { headDim: 128, sharedExpert: true },
  llama4_text: { headDim: 128, sharedExpert: true },
  minicpm: { tied: true },
  minicpm3: { tied: true },
  mamba: { tied: true },
  falcon_mamba: { tied: true },
  mamba2: {},
  zamba2: { tied: true },
  lfm2: { tied: true },
  lfm2_moe: { tied: true },
  rwkv: { matrices: 2 },
  rwkv5: { matrices: 2 },
  rwkv6: { matrices: 2 },
  glm4_moe: {},
  "grok-1": { tied: true },
};

/** Plain decoders, and those whose structure their fields say in full. */
const plain = `llama mllama mllama_text_model llava llava_llama llava_qwen internlm internlm2 internlm3 baichuan chatglm glm
glm4 glm4_moe_lite glm_moe_dsa glm4v_text glm4v_moe_text cohere_text aquila orion xverse yi stablelm stablelm_epoch olmo olmo2 olmoe
exaone granite granitemoe granitemoeshared granitemoehybrid bamba falcon_h1 jamba minimax minimax_text_01 minimax_m1 minimax_m2
deepseek deepseek_v2 deepseek_v3 deepseek_v32 kimi_k2 kimi_linear dbrx grok-1 hunyuan hunyuan_v1_dense hunyuan_v1_moe hunyuan_moe
ernie4_5 ernie4_5_moe smollm3 seed_oss dots1 nemotron-nas deci mimo mimo_v2_flash step3_text step3p5 step3p7 longcat_flash
laguna muse_glimmer_text decilm arctic bailing_moe bailing_moe_v2 skywork solar afmoe plamo2 helium diffllama hrm`;

const known = new Set([...Object.keys(families), ...plain.split(/\s+/)]);

export function familyOf(modelType: string): Family | undefined {
  if (!known.has(modelType)) return undefined;
  return Object.hasOwn(families, modelType) ? families[modelType] : {};
}

const llama = { hidden_size: 4096, intermediate_size: 11008, num_hidden_layers: 32, num_attention_heads: 32 };
const mistral7 = { ...llama, intermediate_size: 14336, num_key_value_heads: 8, vocab_size: 32000 };
const gemma3 = {
  vocab_size: 262208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  sliding_window: 4096,
  max_position_embeddings: 131072,
};

/**
 * Sizes that multimodal configurations leave out of the text model's when they equal the class's defaults.
 * Source: huggingface/transformers, the __init__ of LlamaConfig, MistralConfig, Gemma3TextConfig.
 */
export const nestedDefaults: Readonly<Record<string, { of: string; values: Readonly<Record<string, unknown>> }>> = {
  llama: { of: "LlamaConfig", values: { ...llama, vocab_size: 32000, max_position_embeddings: 2048 } },
  mistral: { of: "MistralConfig", values: { ...mistral7, max_position_embeddings: 131072 } },
  gemma3_text: { of: "Gemma3TextConfig", values: gemma3 },
};
