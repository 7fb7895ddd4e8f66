import { dirname, resolve } from "node:path";
import { loadAddedModels, projectFolder } from "../components/modelFiles";
import type { Model } from "../sizing/model";
import { ProblemsError } from "../sizing/problems";

/**
 * The user's own models: those of the models file near a folder, and the config.json that a name is the path of.
 * Throws a ProblemsError when one of them cannot be read.
 */
export function addedModels(name: unknown, folder: string): Model[] {
  const { models, problems } = loadAddedModels(name, folder, "model");
  if (problems.length > 0) throw new ProblemsError(problems, "the model's files");
  return models;
}

/** Where the paths of a decision's file begin: its Pulumi project, as for the program; without one, its own folder. */
export function folderOfDecision(file: string | undefined): string {
  return file === undefined ? "." : projectFolder(dirname(resolve(file)));
}
