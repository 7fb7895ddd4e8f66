import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UserError } from "../output";
import { readYaml } from "../yamlFile";

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
  const project = readYaml(shown(projectFile), readFileSync(projectFile, "utf8"));
  const name = project.name;
  if (typeof name !== "string")
    throw new UserError(`${shown(projectFile)}: name is missing. Fix: add 'name: <project>'`);
  const runtime = readRuntime(project.runtime);
  if (runtime.name !== "nodejs") {
    throw new UserError(
      `${shown(projectFile)}: runtime ${JSON.stringify(runtime.name)} cannot be previewed offline. Fix: use nodejs`,
    );
  }
  const stackContent = readYaml(shown(stackFile), readFileSync(stackFile, "utf8"));
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
    existsSync(folder)
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

/** Defaults of the project's own config keys, which the Pulumi CLI fills in too. */
function defaultsOf(schema: unknown): Record<string, unknown> {
  const entries = Object.entries((schema ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.flatMap(([key, declared]) => {
      const value = (declared as { default?: unknown; value?: unknown } | null)?.default;
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function flattenConfig(project: string, config: Record<string, unknown>): Pick<StackProject, "config" | "secretKeys"> {
  const flat: Record<string, string> = {};
  const secretKeys: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    const full = key.includes(":") ? key : `${project}:${key}`;
    if (isSecret(value)) {
      flat[full] = "[secret]";
      secretKeys.push(full);
    } else if (value !== null && value !== undefined) {
      flat[full] = typeof value === "object" ? JSON.stringify(value) : String(value);
    }
  }
  return { config: flat, secretKeys };
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "secure";
}

/** A path as a user would write it from here. */
function shown(path: string): string {
  return relative(process.cwd(), path) || path;
}
