import { type Fields, limits } from "./fields";
import type { Reading } from "./reading";

const steps = { most: limits.layers };
const counts = { least: 0, most: limits.layers };

/** Which layers are mixtures of experts, by whichever field says so. */
export function expertLayers(reading: Reading): (index: number) => boolean {
  const { text, layers } = reading;
  const all = [fromKinds(reading), fromFrequency(reading), fromNumbers(reading), fromPeriods(text, layers)];
  const dense = firstDense(text);
  const rule = all.find((candidate) => candidate !== undefined);
  if (rule) return rule;
  return (index) => index >= dense;
}

function firstDense(text: Fields): number {
  const names = [
    "first_k_dense_replace",
    "num_dense_layers",
    "n_dense_layers",
    "first_num_dense_layers",
    "moe_layer_num_skipped",
  ];
  return text.count(names, counts) ?? 0;
}

type Rule = ((index: number) => boolean) | undefined;

/** A list of what every layer has. */
function fromKinds({ text, layers, report }: Reading): Rule {
  const kinds = text.perLayer("mlp_layer_types", layers);
  if (!kinds) return undefined;
  const odd = kinds.find((kind) => kind !== "dense" && kind !== "sparse" && kind !== "moe");
  if (odd !== undefined) report.leaveOut(`mlp_layer_types: ${JSON.stringify(odd)?.slice(0, 40)} is counted as experts`);
  return (index) => kinds[index] !== "dense";
}

/** DeepSeek's: dense layers first, then every n-th is a mixture; or a list of 0 and 1. */
function fromFrequency({ text, layers }: Reading): Rule {
  if (Array.isArray(text.values.moe_layer_freq)) {
    const list = text.countPerLayer("moe_layer_freq", layers, { least: 0, most: 1 });
    firstDense(text);
    return (index) => list?.[index] !== 0;
  }
  const step = text.count(["moe_layer_freq", "moe_layer_frequency"], steps);
  if (step === undefined) return undefined;
  const first = text.first(["moe_layer_freq", "moe_layer_frequency"]);
  const dense = firstDense(text);
  return (index) =>
    index >= dense && (first === "moe_layer_frequency" ? index % step === step - 1 : index % step === 0);
}

/** Lists of the layers that are, or are not. */
function fromNumbers({ text, layers }: Reading): Rule {
  // Step 3 lists them in a text: "4,5,6".
  const named = text.text("moe_layers_enum");
  if (named !== undefined) {
    const numbers = new Set(named.split(",").map((part) => Number.parseInt(part, 10)));
    return (index) => numbers.has(index);
  }
  const moe = (text.list("moe_layers")?.length ?? 0) > 0 ? text.layerNumbers("moe_layers", layers) : undefined;
  text.has("interleave_moe_layer_step");
  if (moe) return (index) => moe.has(index);
  const dense = text.layerNumbers("mlp_only_layers", layers);
  const step = text.count(["decoder_sparse_step"], counts);
  if (step !== undefined) return (index) => step > 0 && !dense?.has(index) && (index + 1) % step === 0;
  return dense && dense.size > 0 ? (index) => !dense.has(index) : undefined;
}

/** Every n-th layer: Llama 4, Jamba, ERNIE 4.5. */
function fromPeriods(text: Fields, layers: number): Rule {
  const interleave = text.count(["interleave_moe_layer_step"], counts);
  if (interleave !== undefined) return (index) => interleave > 0 && (index + 1) % interleave === 0;
  const period = text.count(["expert_layer_period"], steps);
  if (period !== undefined) {
    const offset = text.count(["expert_layer_offset"], counts) ?? 0;
    return (index) => index % period === offset;
  }
  const interval = text.count(["moe_layer_interval"], steps);
  if (interval === undefined && !text.has("moe_layer_start_index")) return undefined;
  const start = text.count(["moe_layer_start_index"], counts) ?? 0;
  const end = text.values.moe_layer_end_index === -1 ? layers - 1 : text.count(["moe_layer_end_index"], counts);
  return (index) => (index + 1) % (interval ?? 1) === 0 && index >= start && index <= (end ?? layers - 1);
}
