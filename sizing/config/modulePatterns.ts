import type { WeightPart } from "../model";
import type { Report } from "./report";

/** Modules that stand for a part of a layer, under the names that architectures give them, and their share of its weights. */
const modules: Readonly<Record<WeightPart, readonly { share: number; names: readonly string[] }[]>> = {
  attention: [
    {
      share: 0.5,
      names: [
        "self_attn.q_proj",
        "self_attn.q_b_proj",
        "self_attn.qkv_proj",
        "mixer.q_proj",
        "attn.wq_b",
        "attention.query_key_value",
      ],
    },
    { share: 0.5, names: ["self_attn.o_proj", "mixer.o_proj", "attn.wo_b", "attn.wo", "attention.dense"] },
  ],
  recurrent: [
    {
      share: 0.65,
      names: [
        "linear_attn.in_proj_qkv",
        "linear_attn.in_proj_qkvz",
        "mixer.in_proj",
        "mamba.in_proj",
        "self_attn.f_a_proj",
      ],
    },
    { share: 0.35, names: ["linear_attn.out_proj", "mixer.out_proj", "mamba.out_proj"] },
  ],
  dense: [
    { share: 0.65, names: ["mlp.up_proj", "feed_forward.up_proj", "mixer.up_proj", "ffn.up_proj", "ffn.w1"] },
    { share: 0.35, names: ["mlp.down_proj", "feed_forward.down_proj", "mixer.down_proj", "ffn.down_proj", "ffn.w2"] },
  ],
  shared: [
    {
      share: 0.65,
      names: [
        "mlp.shared_experts.up_proj",
        "mlp.shared_expert.up_proj",
        "mixer.shared_experts.up_proj",
        "ffn.shared_experts.w1",
        "feed_forward.shared_expert.up_proj",
        "block_sparse_moe.shared_experts.up_proj",
      ],
    },
    {
      share: 0.35,
      names: [
        "mlp.shared_experts.down_proj",
        "mlp.shared_expert.down_proj",
        "mixer.shared_experts.down_proj",
        "ffn.shared_experts.w2",
        "feed_forward.shared_expert.down_proj",
        "block_sparse_moe.shared_experts.down_proj",
      ],
    },
  ],
  experts: [
    {
      share: 0.65,
      names: [
        "mlp.experts.0.up_proj",
        "block_sparse_moe.experts.0.w1",
        "mixer.experts.0.up_proj",
        "ffn.experts.0.w1",
        "ffn.experts.0.up_proj",
        "feed_forward.experts.up_proj",
        "experts.gate_up_proj",
      ],
    },
    {
      share: 0.35,
      names: [
        "mlp.experts.0.down_proj",
        "block_sparse_moe.experts.0.w2",
        "mixer.experts.0.down_proj",
        "ffn.experts.0.w2",
        "ffn.experts.0.down_proj",
        "feed_forward.experts.down_proj",
        "experts.down_proj",
      ],
    },
  ],
};

/** Where experts lie beside a dense network they have a name of their own (Gemma 4). */
const besideNames = ["experts.gate_up_proj", "experts.0.gate_proj", "experts.down_proj"];

const headNames = [".lm_head.", ".head.", ".output_layer.", ".embed_out."];

// Patterns that are not of one layer; a list that has more of them is not one that people write.
const mostGeneral = 200;
// Those that also have a number in them must be tried on every layer.
const mostNumbered = 32;
// 384 experts of three matrices each, and what else there is.
const mostOfLayer = 2_000;

/** The modules that a list of a quantisation names: exact names, globs (modelopt) or regular expressions after `re:`. */
export class ModulePatterns {
  private readonly general: string[] = [];
  private readonly numbered: string[] = [];
  private readonly known = new Map<string, boolean>();
  private readonly byLayer = new Map<number, string[]>();

  constructor(
    given: readonly unknown[],
    report: Report,
    name: string,
    private readonly expertsBeside: boolean,
  ) {
    const globs = given.flatMap((entry) => (typeof entry === "string" ? toGlobs(entry) : [undefined]));
    const unread = globs.filter((glob) => glob === undefined).length;
    if (unread > 0) report.note(`${name}: ${unread} patterns are not understood and passed over`, "medium");
    for (const glob of new Set(globs)) {
      if (glob === undefined) continue;
      const layer = /^layers\.(\d+)(?:\.|$)/.exec(glob)?.[1];
      if (layer === undefined) {
        const [list, most] = /\d/.test(glob) ? [this.numbered, mostNumbered] : [this.general, mostGeneral];
        if (list.length < most) list.push(glob);
        continue;
      }
      const number = Number(layer);
      const list = this.byLayer.get(number) ?? [];
      if (list.length < mostOfLayer) list.push(glob);
      this.byLayer.set(number, list);
    }
  }

  /** Whether at least half of a part's weights in a layer is named. In doubt it is: what is not quantised is larger. */
  names(part: WeightPart, layer: number): boolean {
    return this.remember(`${part} ${layer}`, () => {
      if (part === "experts" && this.expertsBeside) return besideNames.some((name) => this.matches(name, layer));
      const named = modules[part].filter(({ names }) => names.some((name) => this.matches(name, layer)));
      return named.reduce((sum, { share }) => sum + share, 0) >= 0.5;
    });
  }

  namesHead(): boolean {
    return headNames.some((name) => [...this.general, ...this.numbered].some((glob) => matchesWithin(glob, name)));
  }

  private matches(name: string, layer: number): boolean {
    const module = `.layers.${layer}.${name}.`;
    const own = [...(this.byLayer.get(layer) ?? []), ...this.numbered];
    // A pattern without a number says the same of every layer.
    const general = () => this.general.some((glob) => matchesWithin(glob, `.layers.0.${name}.`));
    return own.some((glob) => matchesWithin(glob, module)) || this.remember(name, general);
  }

  private remember(key: string, decide: () => boolean): boolean {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const decided = decide();
    this.known.set(key, decided);
    return decided;
  }
}

/** Whether a glob covers whole components of a dotted name, or begins at one and ends in a star. */
function matchesWithin(glob: string, module: string): boolean {
  return matchGlob(`*.${glob}.*`, module) || (glob.endsWith("*") && matchGlob(`*.${glob}`, module));
}

/** Matches a text with a pattern of literals and stars, without backtracking further than the last star. */
export function matchGlob(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    if (at < pattern.length && pattern[at] === "*") {
      star = at;
      resume = index;
      at += 1;
    } else if (at < pattern.length && pattern[at] === text[index]) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}

/**
 * Writes a pattern as globs that begin at `layers.` where it has layers. Regular expressions are not run as such: one
 * from a file could hang. Those that people write (`.*`, `\.`, alternatives) are globs in other letters.
 */
function toGlobs(given: string): (string | undefined)[] {
  if (given.length > 400) return [undefined];
  const expression = /^re:|^[-+]:/.test(given);
  const alternatives = expression ? expandExpression(given.replace(/^(re:|[-+]:)/, "")) : [given];
  return alternatives.map((glob) => glob?.replace(prefix, ""));
}

/** What comes before `layers.` in the language model's names; heads that predict several tokens are not it. */
const prefix = /^(?:(?:model|language_model|backbone|transformer|text_model|module|thinker|\*)\.)*(?=layers\.)/;

const mostAlternatives = 64;

function expandExpression(expression: string): (string | undefined)[] {
  let open = [expression.replace(/^\^/, "").replace(/\$$/, "")];
  for (;;) {
    const grouped = open.find((text) => /\([^()]*\)/.test(text));
    if (grouped === undefined || open.length > mostAlternatives) break;
    open = open.flatMap((text) => {
      const group = /\((?:\?:)?([^()]*)\)/.exec(text);
      if (!group) return [text];
      const [whole, inner = ""] = group;
      return inner
        .split("|")
        .map((choice) => text.slice(0, group.index) + choice + text.slice(group.index + whole.length));
    });
  }
  if (open.length > mostAlternatives) return [undefined];
  return open.map((text) => {
    const glob = text.replace(/\\d\+|\[0-9\]\+|\.\*|\.\+/g, "*").replaceAll("\\.", ".");
    return /[\\[\](){}+?^$|]/.test(glob) ? undefined : glob;
  });
}

/** The part of a layer that a module of a list belongs to. */
export function partOfModule(name: string): WeightPart | undefined {
  if (/shared_?experts?/.test(name)) return "shared";
  if (/experts/.test(name)) return "experts";
  if (/linear_attn|mamba|mixer\.(in|out)_proj/.test(name)) return "recurrent";
  if (/attn|attention|mixer\.[qkvo]_proj/.test(name)) return "attention";
  return /mlp|ffn|feed_forward|mixer\.(up|down)_proj/.test(name) ? "dense" : undefined;
}
