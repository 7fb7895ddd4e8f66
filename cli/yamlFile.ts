import { parseDocument } from "yaml";
import { UserError } from "./output";

/** Parses a YAML (or JSON) mapping; every fault is named with its line. */
export function readYaml(path: string, text: string): Record<string, unknown> {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => `  - ${error.message.trim().split("\n")[0]?.replace(/:$/, "")}`);
    throw new UserError(`${path}: not valid YAML:\n${faults.join("\n")}\nFix: mend these lines`);
  }
  const content: unknown = document.toJS();
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new UserError(`${path}: is not a mapping of keys to values. Fix: write 'key: value' lines`);
  }
  return content as Record<string, unknown>;
}
