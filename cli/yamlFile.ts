import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { UserError } from "./output";

/**
 * Reads a YAML (or JSON) file that holds a mapping. Every fault is a UserError: a file that cannot be read, broken
 * YAML with its line, aliases that lead nowhere or in circles.
 * @param path the file
 * @param shown how the user wrote it
 */
export function readYamlFile(path: string, shown = path): Record<string, unknown> {
  const document = parseDocument(readText(path, shown), { prettyErrors: true, merge: true });
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => `  - ${firstLine(error.message)}`);
    throw new UserError(`${shown}: not valid YAML:\n${faults.join("\n")}\nFix: mend these lines`);
  }
  const content = resolve(() => document.toJS(), shown);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new UserError(`${shown}: is not a mapping of keys to values. Fix: write 'key: value' lines`);
  }
  return content as Record<string, unknown>;
}

export function readText(path: string, shown = path): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`${shown}: cannot be read (${code}). Fix: give the path of a file that you may read`);
  }
}

/** Aliases are resolved when the content is asked for, and JSON is what all content must be able to become. */
function resolve(read: () => unknown, shown: string): unknown {
  try {
    const content = read();
    JSON.stringify(content);
    return content;
  } catch (error) {
    throw new UserError(
      `${shown}: its aliases cannot be resolved: ${firstLine((error as Error).message)}. Fix: write the values out`,
    );
  }
}

function firstLine(text: string): string {
  return (text.trim().split("\n")[0] ?? "").replace(/:$/, "");
}
