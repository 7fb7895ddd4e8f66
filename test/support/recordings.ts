import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "../fixtures/engine");

/** Facts of the run that the recordings are from. */
export interface RecordingFacts {
  cli: string;
  date: string;
  resources: Record<string, number>;
}

export function readRecording<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as T;
}

export function writeRecording(name: string, content: unknown): void {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(scrub(inOrder(content)), undefined, 1)}\n`);
}

/** Steps by URN: the engine takes them as they come, and a recording that is made anew should differ only where it does. */
function inOrder(content: unknown): unknown {
  const { steps } = content as { steps?: { urn: string }[] };
  return steps
    ? { ...(content as object), steps: [...steps].sort((left, right) => left.urn.localeCompare(right.urn, "en")) }
    : content;
}

export function writeEvents(name: string, lines: readonly string[]): void {
  const events = lines.flatMap((line) => (line.startsWith("{") ? [JSON.stringify(scrub(JSON.parse(line)))] : []));
  writeFileSync(join(folder, `${name}.jsonl`), `${events.join("\n")}\n`);
}

// What says where and when a run was, or is secret by its nature, and nothing about the product.
const droppedKeys = new Set([
  "sourcePosition",
  "stackTrace",
  "duration",
  "durationSeconds",
  "timestamp",
  "time",
  "created",
  "modified",
  "secrets_providers",
  "encryptionsalt",
  "ciphertext",
  "magic",
]);

function scrub(value: unknown): unknown {
  if (typeof value === "string")
    return value
      .replace(/(\/[\w.-]+)*\/engine-[A-Za-z0-9]{6}\b/g, "/tmp/engine")
      .replace(/-[0-9a-f]{7}\b/g, "-0000000")
      .replace(/using pulumi-resource-aws from \$PATH at \S+/, "using pulumi-resource-aws from $PATH");
  if (Array.isArray(value)) return value.map(scrub);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !droppedKeys.has(key))
      .map(([key, inner]) => [key, scrub(inner)]),
  );
}
