import * as fc from "fast-check";
import { parseConfigText, readModelConfig } from "../../sizing/config/readConfig";
import { layersOf, type Model } from "../../sizing/model";
import { ProblemsError } from "../../sizing/problems";
import { countParameters } from "../../sizing/weights";
import index from "../fixtures/configs/index.json";
import { runs } from "../support/runs";

const base = {
  model_type: "llama",
  hidden_size: 1024,
  num_hidden_layers: 4,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  intermediate_size: 4096,
  vocab_size: 1000,
  max_position_embeddings: 4096,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
};
const mixture = { num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 256 };

function problemsOf(config: unknown): string[] {
  try {
    readModelConfig({ config }, { id: "x" });
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems.map(({ path }) => path);
    throw error;
  }
  return [];
}

const field = (name: string) => `config.json: ${name}`;

test("every problem is listed at once, an empty object's too", () => {
  expect(problemsOf({})).toEqual(
    ["num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "vocab_size"].map(field),
  );
});

test.each<[string, unknown, string[]]>([
  ["not an object", [], ["config.json"]],
  ["null", null, ["config.json"]],
  ["heads that do not divide the hidden size", { ...base, num_attention_heads: 12 }, [field("head_dim")]],
  ["more KV heads than heads", { ...base, num_key_value_heads: 16 }, [field("num_key_value_heads")]],
  ["KV heads that do not divide the heads", { ...base, num_key_value_heads: 3 }, [field("num_key_value_heads")]],
  ["ten thousand layers and one", { ...base, num_hidden_layers: 10_001 }, [field("num_hidden_layers")]],
  ["a fraction", { ...base, hidden_size: 1024.5 }, [field("hidden_size")]],
  ["not a number", { ...base, hidden_size: Number.NaN }, [field("hidden_size")]],
  ["a zero", { ...base, vocab_size: 0 }, [field("vocab_size")]],
  ["a list for a number", { ...base, num_hidden_layers: [4] }, [field("num_hidden_layers")]],
  ["layer_types of another length", { ...base, layer_types: ["full_attention"] }, [field("layer_types")]],
  ["layer_types that is a text", { ...base, layer_types: "full_attention" }, [field("layer_types")]],
  [
    "more experts a token than experts",
    { ...base, ...mixture, num_experts_per_tok: 9 },
    [field("num_experts_per_tok")],
  ],
  ["experts without their choice", { ...base, ...mixture, num_experts_per_tok: null }, [field("num_experts_per_tok")]],
  ["a window that is a text", { ...base, model_type: "mistral", sliding_window: "4k" }, [field("sliding_window")]],
  [
    "windows without their width",
    { ...base, layer_types: Array(4).fill("sliding_attention") },
    [field("sliding_window")],
  ],
  [
    "latent attention without its widths",
    { ...base, kv_lora_rank: 64 },
    [field("qk_nope_head_dim"), field("qk_rope_head_dim")],
  ],
  ["text_config that is null", { model_type: "gemma3", text_config: null }, [field("text_config")]],
  ["text_config that is a list", { ...base, text_config: [] }, [field("text_config")]],
  [
    "text_config inside text_config",
    { text_config: { ...base, text_config: base } },
    [field("text_config.text_config")],
  ],
  ["a nested fault", { text_config: { ...base, hidden_size: -1 } }, [field("text_config.hidden_size")]],
  ["an encoder-decoder by its flag", { ...base, is_encoder_decoder: true }, [field("is_encoder_decoder")]],
  [
    "a pattern of another length",
    { ...base, model_type: "nemotron_h", hybrid_override_pattern: "-*" },
    [field("num_hidden_layers")],
  ],
  [
    "a pattern with experts that are not there",
    { ...base, num_hidden_layers: 2, model_type: "nemotron_h", hybrid_override_pattern: "*E" },
    [field("n_routed_experts")],
  ],
  [
    "a block that is no object",
    { ...base, block_configs: [1, 2, 3, 4] },
    [0, 1, 2, 3].map((at) => field(`block_configs[${at}]`)),
  ],
  ["a linear layer number out of range", { ...base, mlp_only_layers: [4], ...mixture }, [field("mlp_only_layers[0]")]],
  [
    "more than any machine holds",
    { ...base, num_hidden_layers: 2000, hidden_size: 8_000_000, intermediate_size: 10_000_000 },
    ["config.json"],
  ],
])("%s", (_what, config, paths) => {
  expect(problemsOf(config)).toEqual(paths);
});

test("names of prototypes are names like any other", () => {
  const config = JSON.parse(
    '{"__proto__":{"num_hidden_layers":4,"hidden_size":64},"constructor":{},"layer_types":["constructor"]}',
  );
  expect(problemsOf(config)).toContain(field("num_hidden_layers"));
  const named = { ...base, model_type: "__proto__", layer_types: Array(4).fill("toString"), hidden_act: "valueOf" };
  expect(readModelConfig({ config: named }, { id: "x" }).unmodelled?.join()).toContain('"toString" is not known');
});

describe("texts", () => {
  const message = (text: string, file = "config.json") => {
    try {
      parseConfigText(text, file);
      return "read";
    } catch (error) {
      if (error instanceof ProblemsError) return error.message;
      throw error;
    }
  };

  test.each([
    ["too large", `{"a":"${"x".repeat(5 * 1024 * 1024)}"}`, "more than 4194304"],
    ["too deep", "[".repeat(1_000_000), "nested more than 32 deep"],
    ["too deep behind a string", `{"a":"[[","b":${'{"c":'.repeat(40)}1`, "nested more than 32 deep"],
    ["junk", "\u0000{{", "is not JSON"],
    ["empty", "", "is not JSON"],
    ["a list", "[1]", "is not a JSON object"],
    ["null", "null", "is not a JSON object"],
  ])("%s", (_what, text, said) => {
    const start = performance.now();
    expect(message(text)).toContain(said);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test("an index may be larger than a configuration", () => {
    expect(message(`{"a":"${"x".repeat(5 * 1024 * 1024)}"}`, "model.safetensors.index.json")).toBe("read");
  });

  test("Python's numbers are null outside strings, and brackets inside them do not count", () => {
    const text = `\uFEFF{"a": NaN, "b": [0.0, Infinity, -Infinity], "c": "NaN \\" [Infinity${"[".repeat(50)}"}`;
    expect(parseConfigText(text, "config.json")).toEqual({
      a: null,
      b: [0, null, null],
      c: `NaN " [Infinity${"[".repeat(50)}`,
    });
  });

  test("any text is read or refused as a problem", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^[{}[\]",:NaInfity0-9\\]*$/)), (text) => {
        expect(typeof message(text)).toBe("string");
      }),
      runs(500),
    );
  });
});

const names = [
  ...Object.keys(base),
  ...Object.keys(mixture),
  ..."text_config quantization_config layer_types head_dim sliding_window kv_lora_rank qk_rope_head_dim index_n_heads block_configs".split(
    " ",
  ),
  ..."hybrid_override_pattern mamba_num_heads ssm_state_size linear_attn_config moe_layer_freq vision_config attn_config".split(
    " ",
  ),
  ..."mlp_only_layers num_kv_shared_layers no_rope_layers attn_layer_period linear_num_value_heads config_groups ignore".split(
    " ",
  ),
];
const types =
  "llama nemotron_h zamba2 gemma3n_text gemma4_text llama4_text mamba2 rwkv5 longcat_flash kimi_linear jamba lfm2 minimax".split(
    " ",
  );
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(0, 1, 2, 4, 64, -1, 1e308, "auto", true, null, [], {}, "M*-E"),
  fc.array(fc.constantFrom("full_attention", "sliding_attention", "mamba", 0, 1, 3, null), { maxLength: 6 }),
);

test("any object is read into finite numbers or refused as a problem, and soon", () => {
  const config = fc.tuple(
    fc.boolean(),
    fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 8 }),
    fc.option(fc.constantFrom(...types), { nil: undefined }),
  );
  fc.assert(
    fc.property(config, ([whole, changes, type]) => {
      const given = { ...(whole ? base : {}), ...changes, ...(type ? { model_type: type } : {}) };
      const start = performance.now();
      try {
        const model = readModelConfig(
          { config: given, quantization: changes, safetensorsIndex: undefined },
          { id: "x" },
        );
        expect(Number.isFinite(countParameters(model).total)).toBe(true);
        expect(layersOf(model).length).toBeGreaterThan(0);
        expect(JSON.parse(JSON.stringify(model))).toEqual(model);
      } catch (error) {
        if (!(error instanceof ProblemsError)) throw error;
        expect(error.problems.length).toBeGreaterThan(0);
      }
      expect(performance.now() - start).toBeLessThan(2000);
    }),
    runs(3000),
  );
});

test("a list of quantised modules as long as a file may be is read soon", () => {
  const modules = Array.from({ length: 60_000 }, (_, number) => `*a*b*c${number}*a*`);
  const config = {
    ...base,
    num_hidden_layers: 2000,
    quantization_config: { quant_method: "fp8", modules_to_not_convert: modules },
  };
  const start = performance.now();
  expect(layersOf(readModelConfig({ config }, { id: "x" })).length).toBe(2000);
  expect(performance.now() - start).toBeLessThan(5000);
});

describe("a real configuration with one field spoilt", () => {
  const sizes = [
    "num_hidden_layers",
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "num_key_value_heads",
  ];
  const readable = index.configs.filter((entry) => !("refused" in entry));
  const load = (file: string) => structuredClone(require(`../fixtures/configs/${file}`));
  const cases = readable.flatMap(({ file }) => {
    const config = load(file);
    const inner = config.text_config ?? config;
    return sizes.filter((name) => typeof inner[name] === "number").map((name) => [file, name] as const);
  });

  test.each(cases)("%s: %s", (file, name) => {
    const spoil = (change: (inner: Record<string, unknown>) => void) => {
      const config = load(file);
      const path = config.text_config ? `text_config.${name}` : name;
      change(config.text_config ?? config);
      return { config, path: field(path) };
    };
    const { config: valid } = spoil(() => undefined);
    const unread = JSON.stringify(readModelConfig({ config: valid }, { id: "x" }));
    for (const value of [-1, "64", 0.5, 1e12, [1], {}]) {
      const { config, path } = spoil((inner) => {
        inner[name] = value;
      });
      const paths = problemsOf(config);
      // A field that the architecture does not use may hold anything, and then changes nothing.
      if (paths.length === 0) expect(JSON.stringify(readModelConfig({ config }, { id: "x" }))).toBe(unread);
      else expect(paths.some((found) => found.startsWith(path))).toBe(true);
    }
    const { config } = spoil((inner) => delete inner[name]);
    let model: Model;
    try {
      model = readModelConfig({ config }, { id: "x" });
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      expect(error.message).toContain(name);
      return;
    }
    // Left out without a word only where nothing depends on it.
    if (JSON.stringify(model) !== unread)
      expect(model.notes?.join()).toMatch(new RegExp(`(${name}|intermediate_size) is left out`));
  });
});
