import type { Layer, Mixer, Mlp } from "../model";
import { headNames, headRule } from "./fieldNames";
import { Fields, isObject, limits } from "./fields";
import type { Reading } from "./reading";

/** DeciLM rounds the widths that it computes up to multiples of this (configuration_decilm.py). */
const widthMultiple = 256;

/** Models found by a search over their blocks (Nemotron Super and Ultra): every layer says what it has. */
export function readBlockConfigs(reading: Reading): Layer[] | undefined {
  const { text, layers, report, hiddenSize } = reading;
  if (!text.has("block_configs")) return undefined;
  const blocks = text.perLayer("block_configs", layers);
  const heads = text.required(headNames, headRule);
  for (const name of ["num_key_value_heads", "intermediate_size"]) text.has(name);
  const headDim = text.count(["head_dim"], { most: limits.width }) ?? Math.floor(hiddenSize / heads);
  return blocks?.map((value, index): Layer => {
    const path = `block_configs[${index}]`;
    if (!isObject(value)) {
      report.fault(text.pathOf(path), value, "must be an object", "give the block's attention and ffn");
      return { mixers: [], mlps: [] };
    }
    const block = new Fields(value, text.pathOf(path), report);
    return { mixers: mixersOf(block, heads, headDim, hiddenSize), mlps: networksOf(block, hiddenSize) };
  });
}

function mixersOf(block: Fields, heads: number, headDim: number, hiddenSize: number): readonly Mixer[] {
  const attention = block.child("attention");
  if (!attention || attention.flag("no_op") === true) return [];
  if (attention.flag("replace_with_linear") === true) {
    // One square projection: it has weights, and no cache.
    const parameters = hiddenSize * hiddenSize;
    return [{ kind: "recurrent", name: "linear in place of attention", parameters, stateBytes: 0 }];
  }
  const group = attention.required(["n_heads_in_group"], headRule);
  if (!Number.isNaN(heads % group) && heads % group !== 0)
    block.report.fault(attention.pathOf("n_heads_in_group"), group, `does not divide the ${heads} heads`, "correct it");
  const window = attention.count(["window_length"], { most: limits.tokens });
  const shape = { heads, kvHeads: heads / group, headDim };
  return [window === undefined ? { kind: "full", ...shape } : { kind: "window", ...shape, window }];
}

function networksOf(block: Fields, hiddenSize: number): readonly Mlp[] {
  const network = block.child("ffn");
  if (!network || network.flag("no_op") === true) return [];
  if (network.flag("replace_with_linear") === true) return [{ kind: "dense", width: hiddenSize, matrices: 1 }];
  const stated = network.count(["intermediate_size"], { most: limits.width });
  if (stated !== undefined) return [{ kind: "dense", width: stated, matrices: 3 }];
  const factor = network.ratio("ffn_mult");
  if (factor === undefined) {
    network.required(["ffn_mult", "intermediate_size"], { most: limits.width });
    return [];
  }
  const width = Math.floor((2 * factor * hiddenSize) / 3);
  return [{ kind: "dense", width: Math.ceil(width / widthMultiple) * widthMultiple, matrices: 3 }];
}
