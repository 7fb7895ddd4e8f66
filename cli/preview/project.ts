import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UserError } from "../output";
import { readYamlFile } from "../yamlFile";

/** A Pulumi project and one of its stacks, read off their files. */
export interface StackProject {
  /** Folder of Pulumi.yaml. */
  root: string;
  name: string;
  /** The program, relative to the root. */
  main: string;
  /** Whether Pulumi's host is to compile TypeScript itself. */
  typescript: boolean;
  stack: string;
  /** The stack file, as a user would write its path from here. */
  stackFile: string;
  stackPath: string;
  /** The engine's flat form: `namespace:key` to text, objects as JSON. */
  config: Record<string, string>;
  /** Keys whose values are encrypted; offline they are the text `[secret]`. */
  secretKeys: string[];
}

/** Reads a stack file and the project that it belongs to. Every fault is a UserError with the file's name. */
export function readStackProject(given: string): StackProject {
  const stackFile = findStackFile(given);
  const stack = /^Pulumi\.(.+)\.ya?ml$/.exec(basename(stackFile))?.[1];
  if (!stack) throw new UserError(`${stackFile}: is not named as a stack file. Fix: name it Pulumi.<stack>.yaml`);
  const root = findRoot(stackFile);
  const projectFile = join(root, "Pulumi.yaml");
  const project = readYamlFile(projectFile, shown(projectFile));
  const name = project.name;
  if (typeof name !== "string")
    throw new UserError(`${shown(projectFile)}: name is missing. Fix: add 'name: <project>'`);
  const runtime = readRuntime(project.runtime);
  if (runtime.name !== "nodejs") {
    throw new UserError(
      `${shown(projectFile)}: runtime ${JSON.stringify(runtime.name)} cannot be previewed offline. Fix: use nodejs`,
    );
  }
  const stackContent = readYamlFile(stackFile, shown(stackFile));
  return {
    root,
    name,
    main: typeof project.main === "string" ? project.main : ".",
    typescript: runtime.typescript,
    stack,
    stackFile: shown(stackFile),
    stackPath: stackFile,
    ...flattenConfig(name, { ...defaultsOf(project.config), ...configOf(stackContent, shown(stackFile)) }),
  };
}

/** A path as given, or the name of a stack of the project around here. */
function findStackFile(given: string): string {
  if (existsSync(given) && /\.ya?ml$/.test(given)) return resolve(given);
  const known = knownStackFiles();
  const named = known.find((file) => basename(file) === `Pulumi.${given}.yaml`);
  if (named) return named;
  const list = known.length > 0 ? `one of ${known.map(shown).join(", ")}` : "the path of a Pulumi.<stack>.yaml";
  throw new UserError(`${given}: there is no such stack file. Fix: give ${list}`);
}

function knownStackFiles(): string[] {
  return [".", "stacks"].flatMap((folder) =>
    existsSync(folder) && statSync(folder).isDirectory()
      ? readdirSync(folder)
          .filter((name) => /^Pulumi\..+\.yaml$/.test(name))
          .map((name) => resolve(folder, name))
      : [],
  );
}

function findRoot(stackFile: string): string {
  let folder = dirname(stackFile);
  while (!existsSync(join(folder, "Pulumi.yaml"))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new UserError(
        `${shown(stackFile)}: there is no Pulumi.yaml beside or above it. Fix: put the stack file into a Pulumi project`,
      );
    folder = parent;
  }
  return folder;
}

function readRuntime(runtime: unknown): { name: unknown; typescript: boolean } {
  if (typeof runtime !== "object" || runtime === null) return { name: runtime, typescript: true };
  const { name, options } = runtime as { name?: unknown; options?: { typescript?: unknown } };
  return { name, typescript: options?.typescript !== false };
}

function configOf(content: Record<string, unknown>, file: string): Record<string, unknown> {
  const config = content.config ?? {};
  if (typeof config !== "object" || Array.isArray(config)) {
    throw new UserError(`${file}: config is not a mapping. Fix: write 'key: value' lines under config`);
  }
  return config as Record<string, unknown>;
}

/** Values that the project file itself gives to config keys: a default, a fixed value, or the value alone. */
function defaultsOf(schema: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries((schema ?? {}) as Record<string, unknown>).flatMap(([key, declared]) => {
      const isDeclaration = typeof declared === "object" && declared !== null && !Array.isArray(declared);
      const { default: fallback, value } = isDeclaration
        ? (declared as { default?: unknown; value?: unknown })
        : { value: declared };
      const given = value ?? fallback;
      return given === undefined || given === null ? [] : [[key, given]];
    }),
  );
}

function flattenConfig(project: string, config: Record<string, unknown>): Pick<StackProject, "config" | "secretKeys"> {
  const flat: Record<string, string> = {};
  const secretKeys: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (value === null || value === undefined) continue;
    const full = key.includes(":") ? key : `${project}:${key}`;
    const { plain, hidden } = hideSecrets(value);
    flat[full] = typeof plain === "object" ? JSON.stringify(plain) : String(plain);
    if (hidden) secretKeys.push(full);
  }
  return { config: flat, secretKeys };
}

/** Encrypted values, which only the engine can read, become a word for them, however deep they stand. */
function hideSecrets(value: unknown): { plain: unknown; hidden: boolean } {
  if (typeof value !== "object" || value === null) return { plain: value, hidden: false };
  if (Object.keys(value).join() === "secure") return { plain: "[secret]", hidden: true };
  const parts = Object.entries(value).map(([key, inner]) => [key, hideSecrets(inner)] as const);
  const hidden = parts.some(([, part]) => part.hidden);
  if (Array.isArray(value)) return { plain: parts.map(([, { plain }]) => plain), hidden };
  return { plain: Object.fromEntries(parts.map(([key, { plain }]) => [key, plain])), hidden };
}

/** A path as a user would write it from here. */
function shown(path: string): string {
  return relative(process.cwd(), path) || path;
}
