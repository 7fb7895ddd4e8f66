// Models of the user's own, read from files: the one part of sizing that touches a disk. Knows no Pulumi, so that the
// command reads them too.
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Model } from "../sizing/model";
import { type Problem, ProblemsError } from "../sizing/problems";
import { parseShape } from "../sizing/shape";

// Loaded when a file is read: most decisions name a model of the catalogue, and a program's start is what a preview waits for.
const configReader = () => require("../sizing/config/readConfig") as typeof import("../sizing/config/readConfig");
const schemas = () => require("../sizing/modelSchema") as typeof import("../sizing/modelSchema");

/** What `llm-cluster models add` writes and everything else reads: beside Pulumi.yaml, or in the working folder. */
export const modelsFileName = "llm-cluster.models.json";

export interface AddedModels {
  models: Model[];
  problems: Problem[];
}

/** A decision's `model` that is a path, and not a name: it ends in .json or a slash, or begins like a path. */
export function isModelPath(name: unknown): name is string {
  return typeof name === "string" && (/(\.json|\/)$/i.test(name) || /^(\.{0,2}|~)\//.test(name));
}

/**
 * The models that a decision may name beside the shipped ones: those of the nearest models file, and the one whose
 * config.json it names.
 * @param name the decision's `model`
 * @param folder where the models file is looked for, and where paths begin
 * @param path what a problem's path starts with
 */
export function loadAddedModels(name: unknown, folder: string, path: string): AddedModels {
  const models: Model[] = [];
  const problems: Problem[] = [];
  const attempt = (read: () => Model[]) => {
    try {
      models.push(...read());
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      problems.push(...error.problems);
    }
  };
  const file = findModelsFile(folder);
  if (file) attempt(() => readModelsFile(file));
  if (isModelPath(name)) attempt(() => [{ ...readModelFolder(resolve(folder, name), name, path), aliases: [name] }]);
  return { models, problems };
}

/** The Pulumi project that a folder is in: the nearest that holds a Pulumi.yaml, or else the folder itself. */
export function projectFolder(folder: string): string {
  const start = resolve(folder);
  for (let here = start; ; here = dirname(here)) {
    if (existsSync(join(here, "Pulumi.yaml"))) return here;
    if (dirname(here) === here) return start;
  }
}

/** The models file of a folder: its own, or its project's. */
function findModelsFile(folder: string): string | undefined {
  return [folder, projectFolder(folder)].map((where) => join(where, modelsFileName)).find((file) => existsSync(file));
}

/** Reads a models file. Throws a ProblemsError that names the row and the field. */
export function readModelsFile(file: string): Model[] {
  const content = configReader().parseConfigText(readWhole(file, file), file);
  const shape = parseShape(schemas().modelsFileSchema, content, basename(file));
  if (shape.problems.length > 0) throw new ProblemsError(shape.problems, file);
  return (shape.valid as unknown as { models: Model[] }).models;
}

/**
 * Reads a model from its config.json, and from what stands beside it: hf_quant_config.json and
 * model.safetensors.index.json. A folder stands for the config.json in it.
 */
export function readModelFolder(given: string, shown: string, path = "model", id?: string): Model {
  const { parseConfigText, readModelConfig } = configReader();
  const file = isFolder(given) ? join(given, "config.json") : given;
  const read = (name: string) => {
    const beside = join(dirname(file), name);
    return existsSync(beside) ? parseConfigText(readWhole(beside, path), beside) : undefined;
  };
  const config = parseConfigText(readWhole(file, path, shown), shown);
  const files = {
    config,
    quantization: read("hf_quant_config.json"),
    safetensorsIndex: read("model.safetensors.index.json"),
  };
  return readModelConfig(files, { id: id ?? idOf(file), source: `read from ${shown}` });
}

/** `models/my-llama/config.json` is my-llama; `my-llama.json` too. */
function idOf(file: string): string {
  const name = basename(file) === "config.json" ? basename(dirname(resolve(file))) : basename(file, ".json");
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "");
  return plain || "model";
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Whatever is wrong with it is said when it is read.
    return false;
  }
}

// An index names every tensor: some 20 MB for the largest models.
const largestFileBytes = 64 * 1024 * 1024;

/** Reads a file that is one: not a device, not a pipe, not larger than any that is meant here. */
function readWhole(file: string, path: string, shown = file): string {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw Object.assign(new Error(), { code: "not a file" });
    if (stats.size > largestFileBytes) throw Object.assign(new Error(), { code: `${stats.size} bytes` });
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ProblemsError([
      {
        path,
        value: shown,
        message: `cannot be read (${code})`,
        fix: "give the path of a config.json that you may read",
      },
    ]);
  }
}
