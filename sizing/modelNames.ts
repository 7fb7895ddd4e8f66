import { type Checkpoint, type Model, models, type PrecisionName, precisions } from "./catalogue";
import { suggestNames } from "./problems";

// Words that name a variant of the same weights' shape, not another model.
const variantWords = new Set(["instruct", "it", "chat", "base", "hf", "dynamic", "turbo", "vllm", "quantized"]);
// Words that name a number format, and the precision that they stand for.
const precisionWords = new Map<string, PrecisionName>([
  ...precisions.map((precision) => [precision, precision] as const),
  ["awq", "int4"],
  ["gptq", "int4"],
  ["w4a16", "int4"],
  ["w8a8", "int8"],
  ["fp4", "nvfp4"],
]);

/** A catalogue model found by a name, and the checkpoint that the name itself asks for, if it does. */
export interface ResolvedModel {
  model: Model;
  /** Set when the name is that of a quantised repository: `...-FP8` asks for fp8. */
  impliedPrecision?: string;
}

/**
 * Resolves a catalogue id or a Hugging Face repository name (base, instruct, quantised or mirror) to its model.
 * Returns undefined for a name that is not in the catalogue: nothing is guessed.
 */
export function resolveModel(name: string): ResolvedModel | undefined {
  const wanted = name.trim().toLowerCase();
  for (const model of models) {
    if (model.id === wanted) return { model };
    const checkpoint = model.checkpoints.find(({ repositories }) =>
      repositories.some((repository) => repository.toLowerCase() === wanted),
    );
    if (checkpoint) return { model, impliedPrecision: checkpoint.id };
  }
  const { shape, impliedPrecision } = readName(wanted);
  const model = models.find((candidate) => namesOf(candidate).some((known) => readName(known).shape === shape));
  return model && { model, impliedPrecision };
}

/** Splits a repository name into the words that tell the model and the one that tells the number format. */
function readName(name: string): { shape: string; impliedPrecision?: PrecisionName } {
  const words = name
    .slice(name.lastIndexOf("/") + 1)
    .replace(/^meta-/, "")
    .split(/[-_]/);
  const impliedPrecision = words.map((word) => precisionWords.get(word)).find((precision) => precision !== undefined);
  const shape = words.filter((word) => !variantWords.has(word) && !precisionWords.has(word)).join("-");
  return { shape, impliedPrecision };
}

function namesOf(model: Model): string[] {
  const repositories = model.checkpoints.flatMap((checkpoint) => checkpoint.repositories);
  return [model.id, ...repositories.map((repository) => repository.toLowerCase())];
}

/** What to write instead of a model name that is not in the catalogue. */
export function suggestModels(given: string): string {
  return suggestNames(
    given.slice(given.lastIndexOf("/") + 1),
    models.map((model) => model.id),
  );
}

/**
 * The checkpoint of a model that a precision names: a catalogue checkpoint first, otherwise the plain rule
 * "every linear layer in that precision, embeddings in bf16". Undefined when the name is neither.
 */
export function findCheckpoint(model: Model, precision: string): Checkpoint | undefined {
  const wanted = precision.toLowerCase();
  const listed = model.checkpoints.find((checkpoint) => checkpoint.id === wanted);
  if (listed) return listed;
  const plain = precisions.find((name) => name === wanted);
  return plain && { id: plain, precision: plain, repositories: [] };
}

/** Every precision that a model can be asked for. */
export function precisionNames(model: Model): string[] {
  return [...new Set([...model.checkpoints.map((checkpoint) => checkpoint.id), ...precisions])];
}
