import type { DenseMlp, Layer } from "../model";
import { plainAttention } from "./attention";
import { matricesOf, readExperts, widthNames } from "./feedForward";
import { layerNames, widthRule } from "./fieldNames";
import { limits } from "./fields";
import type { Reading } from "./reading";
import { readRecurrent } from "./recurrent";

/** Letters of hybrid_override_pattern and names of layers_block_type. Source: transformers, NemotronHConfig. */
const blockNames: Readonly<Record<string, "mamba" | "attention" | "mlp" | "moe">> = {
  M: "mamba",
  "*": "attention",
  "-": "mlp",
  E: "moe",
  mamba: "mamba",
  attention: "attention",
  mlp: "mlp",
  moe: "moe",
};

/** Whether every layer is either a mixer or a network, as a pattern says. */
export function isNemotronHybrid({ text, modelType }: Reading): boolean {
  return modelType === "nemotron_h" || text.has("hybrid_override_pattern");
}

/** How many layers the pattern has; transformers takes it over num_hidden_layers. */
export function patternLayers({ text, report }: Pick<Reading, "text" | "report">): number {
  const blocks = patternOf(text.values);
  if (blocks === undefined) return text.required([...layerNames, "hybrid_override_pattern"], { most: limits.layers });
  const stated = text.count(layerNames, { most: limits.layers });
  if (stated !== undefined && !Number.isNaN(stated) && stated !== blocks.length)
    report.fault(
      text.pathOf("num_hidden_layers"),
      stated,
      `differs from the ${blocks.length} layers of the pattern`,
      `give ${blocks.length}, or the pattern of ${stated} layers`,
    );
  return blocks.length > limits.layers ? Number.NaN : blocks.length;
}

function patternOf(values: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  const { hybrid_override_pattern: pattern, layers_block_type: types } = values;
  if (typeof pattern === "string" && pattern.length > 0) return [...pattern.slice(0, limits.layers + 1)];
  return Array.isArray(types) && types.length > 0 ? types : undefined;
}

/** Nemotron-H and Nemotron 3: each layer is one block. */
export function readNemotronHybrid(reading: Reading): Layer[] {
  const { text, report } = reading;
  for (const name of ["hybrid_override_pattern", "layers_block_type"]) text.has(name);
  const blocks = patternOf(text.values);
  if (blocks === undefined) {
    text.list("layers_block_type");
    const fix = "give a text of M, E, * and -, one a layer";
    report.fault(
      text.pathOf("hybrid_override_pattern"),
      text.values.hybrid_override_pattern,
      "is no pattern of layers",
      fix,
    );
    return [];
  }
  const made = new Map<string, Layer>();
  return blocks.slice(0, limits.layers).map((given): Layer => {
    const name = typeof given === "string" && Object.hasOwn(blockNames, given) ? blockNames[given] : undefined;
    if (name === undefined)
      report.leaveOut(`pattern: ${JSON.stringify(given)?.slice(0, 20)} is not known: counted as attention`);
    const kind = name ?? "attention";
    const layer = made.get(kind) ?? makeBlock(kind, reading);
    made.set(kind, layer);
    return layer;
  });
}

function makeBlock(kind: "mamba" | "attention" | "mlp" | "moe", reading: Reading): Layer {
  const { text } = reading;
  if (kind === "mamba") return { mixers: readRecurrent(reading), mlps: [] };
  if (kind === "attention") return { mixers: plainAttention(reading), mlps: [] };
  if (kind === "mlp") {
    const dense: DenseMlp = {
      kind: "dense",
      width: text.required(widthNames, widthRule),
      matrices: matricesOf(reading),
    };
    return { mixers: [], mlps: [dense] };
  }
  const experts = readExperts(reading);
  if (!experts) text.required(["n_routed_experts"], { most: limits.experts });
  return { mixers: [], mlps: experts ? [experts(0)] : [] };
}
