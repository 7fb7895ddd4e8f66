import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { ProblemsError } from "../sizing/problems";

/** Reads a YAML or JSON file that holds a mapping. Throws a ProblemsError where it is none, or cannot be read. */
export function readMapping(file: string): Record<string, unknown> {
  const fail = (message: string, fix: string) => new ProblemsError([{ path: "", message, fix }], file);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fail(`cannot be read (${(error as NodeJS.ErrnoException).code})`, "give a file that you may read");
  }
  let content: unknown;
  try {
    content = file.endsWith(".json") ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw fail(`is not valid: ${(error as Error).message.split("\n")[0]}`, "mend that line");
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw fail("is not a mapping of keys to values", "write 'key: value' lines");
  }
  return content as Record<string, unknown>;
}
