import { models as shipped } from "./catalogue";
import type { Checkpoint, Model } from "./model";
import { type PrecisionName, precisions } from "./precision";
import { suggestNames } from "./problems";

// Words that name a variant of the same weights' shape, not another model.
const variantWords = new Set(
  "instruct it pt chat base hf dynamic turbo vllm quantized original preview release meta c4ai".split(" "),
);
// Words that say how something was quantised and do not say in what.
const formatWords = new Set(
  "gguf exl2 exl3 mlx quant quantized dequantized marlin block channelwise tensor autoround autofp8 modelopt compressed static pertensor g128 g32 sym unsloth".split(
    " ",
  ),
);
// Words that name a number format, and the precision that they stand for.
const precisionWords = new Map<string, PrecisionName>([
  ...precisions.map((precision) => [precision, precision] as const),
  ["awq", "int4"],
  ["gptq", "int4"],
  ["w4a16", "int4"],
  ["4bit", "int4"],
  ["bnb", "int4"],
  ["w8a8", "int8"],
  ["w8a16", "int8"],
  ["8bit", "int8"],
  ["fp4", "nvfp4"],
]);
// Formats of files that come in many widths.
const vagueWords = new Set(["gguf", "exl2", "exl3", "mlx", "quantized", "quant"]);
// `GPTQ-Int8` is eight bits: a word that says the bits beats one that says the method.
const methodWords = new Set(["awq", "gptq", "bnb"]);

/** A catalogue model found by a name, and the checkpoint that the name itself asks for, if it does. */
export interface ResolvedModel {
  model: Model;
  /** Set when the name is that of a quantised repository: `...-FP8` asks for fp8. */
  impliedPrecision?: string;
  /** Set when the name says that the weights are quantised, and not in what: `...-GGUF`. */
  vagueFormat?: string;
}

interface NamedModel {
  model: Model;
  /** Ids, aliases and repositories, in lower case. */
  exact: Map<string, string | undefined>;
  shapes: ReadonlySet<string>;
}

const named = new WeakMap<Model, NamedModel>();

function namesOf(model: Model): NamedModel {
  const known = named.get(model);
  if (known) return known;
  const exact = new Map<string, string | undefined>();
  for (const name of [model.id, ...(model.aliases ?? [])]) exact.set(name.toLowerCase(), undefined);
  for (const { id, repositories } of model.checkpoints)
    for (const repository of repositories) exact.set(repository.toLowerCase(), id);
  const result = { model, exact, shapes: new Set([...exact.keys()].map((name) => readName(name).shape)) };
  named.set(model, result);
  return result;
}

/**
 * Resolves a catalogue id or a Hugging Face repository name (base, instruct, quantised or mirror) to its model.
 * Returns undefined for a name that is not in the catalogue: nothing is guessed.
 * @param added models of the user's own, which win over shipped ones of the same name
 */
export function resolveModel(name: string, added: readonly Model[] = []): ResolvedModel | undefined {
  const wanted = name.trim().toLowerCase();
  const exact = [...added, ...shipped].map(namesOf).find((row) => row.exact.has(wanted));
  if (exact) return { model: exact.model, impliedPrecision: exact.exact.get(wanted) };
  // Mirrors and quantised names are of published models: an added one is meant by its own name only.
  const { shape, impliedPrecision, vagueFormat } = readName(wanted);
  const found = shape === "" ? undefined : shipped.map(namesOf).find(({ shapes }) => shapes.has(shape));
  return found && { model: found.model, impliedPrecision, vagueFormat };
}

/** Splits a repository name into the words that tell the model and the one that tells the number format. */
function readName(name: string): { shape: string; impliedPrecision?: PrecisionName; vagueFormat?: string } {
  const words = name
    .slice(name.lastIndexOf("/") + 1)
    // `Llama-3_1` is Llama-3.1, and `quantized.w8a8` two words.
    .replace(/(\d)_(\d)/g, "$1.$2")
    .replace(/\.(?=[a-z])/g, "-")
    .split(/[-_]/)
    .filter((word) => word !== "");
  const formats = words.filter((word) => precisionWords.has(word));
  const telling = formats.find((word) => !methodWords.has(word)) ?? formats[0];
  const shape = words
    .filter((word, index) => index > 0 || word !== "nvidia")
    .filter((word) => !variantWords.has(word) && !formatWords.has(word) && !precisionWords.has(word))
    .join("-");
  const impliedPrecision = telling === undefined ? undefined : precisionWords.get(telling);
  const vagueFormat = impliedPrecision ? undefined : words.find((word) => vagueWords.has(word));
  return { shape, impliedPrecision, vagueFormat };
}

/** What to write instead of a model name that is not in the catalogue. */
export function suggestModels(given: string, added: readonly Model[] = []): string {
  return suggestNames(
    given.slice(given.lastIndexOf("/") + 1),
    [...added, ...shipped].map((model) => model.id),
  );
}

const plainCheckpoints = new Map<PrecisionName, Checkpoint>(
  precisions.map((precision) => [precision, { id: precision, precision, repositories: [] }]),
);

/**
 * The checkpoint of a model that a precision names: a catalogue checkpoint first, otherwise the plain rule
 * "every linear layer in that precision, embeddings in bf16". Undefined when the name is neither.
 */
export function findCheckpoint(model: Model, precision: string): Checkpoint | undefined {
  const wanted = precision.trim().toLowerCase();
  return (
    model.checkpoints.find((checkpoint) => checkpoint.id === wanted) ?? plainCheckpoints.get(wanted as PrecisionName)
  );
}

/** Every precision that a model can be asked for. */
export function precisionNames(model: Model): string[] {
  return [...new Set([...model.checkpoints.map((checkpoint) => checkpoint.id), ...precisions])];
}
