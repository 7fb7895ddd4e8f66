import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { projectFolder } from "../components/modelFiles";
import { readMapping } from "../components/yamlText";
import { usageSettings } from "../pricing/clouds";
import type { UsageFile } from "../pricing/usage";
import { type Problem, ProblemsError, suggestNames } from "../sizing/problems";

/** Where the use of a project's stacks is stated: beside Pulumi.yaml, or in the working folder. */
const usageFileNames = ["llm-cluster.usage.yaml", "llm-cluster.usage.json"];

/**
 * The usage file of a project, or the one that is named; undefined where there is none. Throws a ProblemsError that
 * names every key that nothing is priced by.
 */
export function loadUsage(folder: string, given?: string): UsageFile | undefined {
  const places = [folder, projectFolder(folder)];
  const found = places
    .flatMap((place) => usageFileNames.map((name) => join(place, name)))
    .find((file) => existsSync(file));
  const file = given ?? found;
  if (file === undefined) return undefined;
  const content = readMapping(file);
  const problems = [
    ...unknownKeys(content, ["kinds", "resources"], ""),
    ...checkGroups(content.kinds, "kinds", keysOfKind),
    ...checkGroups(content.resources, "resources", () => allKeys()),
  ];
  if (problems.length > 0) throw new ProblemsError(problems, file);
  return { ...(content as Omit<UsageFile, "file">), file: basename(file) };
}

function allKeys(): string[] {
  return [...new Set(usageSettings().flatMap(({ settings }) => settings.map(({ key }) => key)))].sort();
}

/** The settings of one kind; undefined for a kind that has none. */
function keysOfKind(type: string): string[] | undefined {
  return usageSettings()
    .find((kind) => kind.type === type)
    ?.settings.map(({ key }) => key);
}

function checkGroups(groups: unknown, path: string, keysOf: (name: string) => string[] | undefined): Problem[] {
  if (groups === undefined) return [];
  if (!isMapping(groups)) return [notMapping(path, groups)];
  return Object.entries(groups).flatMap(([name, values]) => {
    const known = keysOf(name);
    const here = `${path}.${name}`;
    if (!known) {
      const types = usageSettings().map(({ type }) => type);
      return [{ path: here, message: "is no kind whose cost depends on use", fix: suggestNames(name, types) }];
    }
    if (!isMapping(values)) return [notMapping(here, values)];
    return [
      ...unknownKeys(values, known, here),
      ...Object.entries(values).flatMap(([key, value]) => checkAmount(`${here}.${key}`, value)),
    ];
  });
}

function checkAmount(path: string, value: unknown): Problem[] {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return [];
  return [{ path, value, message: "must be a number, 0 or more", fix: "write how much it is in a month" }];
}

function unknownKeys(content: Record<string, unknown>, known: readonly string[], path: string): Problem[] {
  return Object.keys(content)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      message: "is not a known key",
      fix: suggestNames(key, known),
    }));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notMapping(path: string, value: unknown): Problem {
  return { path, value, message: "must be a mapping of keys to amounts", fix: "write 'key: amount' lines under it" };
}
