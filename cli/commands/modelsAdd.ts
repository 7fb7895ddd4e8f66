import { existsSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { modelsFileName, projectFolder, readModelFolder, readModelsFile } from "../../components/modelFiles";
import { models as shipped } from "../../sizing/catalogue";
import type { Model } from "../../sizing/model";
import { modelSchema } from "../../sizing/modelSchema";
import { ProblemsError } from "../../sizing/problems";
import { parseShape } from "../../sizing/shape";
import { print, printJson, UserError } from "../output";
import { describeModel, modelText } from "./catalogue";

export interface AddOptions {
  id?: string;
  file?: string;
  replace?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** `llm-cluster models add <config.json>`: reads a model off its files and keeps it for every later command. */
export function addModel(config: string, options: AddOptions): void {
  const model = readModelFolder(resolve(config), config, config, options.id);
  const checked = parseShape(modelSchema, model, "");
  if (checked.problems.length > 0) throw new ProblemsError(checked.problems, `what ${config} comes to`);
  const file = options.file ?? relative(".", join(projectFolder("."), modelsFileName));
  refuseTaken(model);
  if (!options.dryRun) keep(model, file, options.replace === true);
  if (options.json) printJson({ model: describeModel(model), file: options.dryRun ? undefined : file });
  else {
    const kept = options.dryRun ? "not kept (--dry-run)" : `kept in ${file}; use it as model: ${model.id}`;
    print([...modelText(model), kept]);
  }
}

function refuseTaken(model: Model): void {
  if (shipped.some(({ id }) => id === model.id))
    throw new UserError(`--id ${model.id}: is the id of a catalogue model. Fix: give another with --id`);
}

/** Writes the file whole or not at all: what is in it already must not be lost. */
function keep(model: Model, file: string, replace: boolean): void {
  const before = existsSync(file) ? readModelsFile(file) : [];
  const known = before.findIndex(({ id }) => id === model.id);
  if (known >= 0 && !replace)
    throw new UserError(`${file}: has ${model.id} already. Fix: give --replace, or another --id`);
  const after = known >= 0 ? before.map((row, index) => (index === known ? model : row)) : [...before, model];
  const half = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(half, `${JSON.stringify({ models: after }, undefined, 1)}\n`);
    renameSync(half, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      `${file}: cannot be written (${code}). Fix: give a file in ${dirname(resolve(file))} or elsewhere with --file`,
    );
  }
}
