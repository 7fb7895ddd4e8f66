import { closeSync, existsSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { modelsFileName, projectFolder, readModelFolder, readModelsFile } from "../../components/modelFiles";
import type { Model } from "../../sizing/model";
import { resolveModel } from "../../sizing/modelNames";
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

/** A name that means a catalogue model already would make two models of one name. */
function refuseTaken({ id }: Model): void {
  const taken = resolveModel(id);
  if (!taken) return;
  const what = taken.model.id === id ? "is the id of a catalogue model" : `means the catalogue's ${taken.model.id}`;
  throw new UserError(`--id ${id}: ${what}. Fix: give another with --id`);
}

/** Adds the row to the file: one writer at a time, the file whole or not at all. What is in it already must not be lost. */
function keep(model: Model, given: string, replace: boolean): void {
  // A link stays a link.
  const file = existsSync(given) ? realpathSync(given) : given;
  const lock = `${file}.lock`;
  const half = `${file}.${process.pid}.tmp`;
  try {
    takeLock(lock);
  } catch (error) {
    throw cannotWrite(given, error);
  }
  try {
    const before = existsSync(file) ? readModelsFile(file) : [];
    const known = before.findIndex(({ id }) => id === model.id);
    if (known >= 0 && !replace)
      throw new UserError(`${given}: has ${model.id} already. Fix: give --replace, or another --id`);
    const after = known >= 0 ? before.map((row, index) => (index === known ? model : row)) : [...before, model];
    writeFileSync(half, `${JSON.stringify({ models: after }, undefined, 1)}\n`);
    renameSync(half, file);
  } catch (error) {
    if (error instanceof UserError || error instanceof ProblemsError) throw error;
    throw cannotWrite(given, error);
  } finally {
    rmSync(half, { force: true });
    rmSync(lock, { force: true });
  }
}

const patienceMs = 5_000;
const betweenTriesMs = 20;

/** Waits until nobody else writes the file. */
function takeLock(lock: string): void {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      closeSync(openSync(lock, "wx"));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (Date.now() > until)
        throw new UserError(
          `${lock}: another command has been writing for ${patienceMs / 1000} s. Fix: remove it if none is running`,
        );
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, betweenTriesMs);
  }
}

function cannotWrite(file: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const { code } = error as NodeJS.ErrnoException;
  return new UserError(
    `${file}: cannot be written (${code}). Fix: give a file in ${dirname(resolve(file))} or elsewhere with --file`,
  );
}
