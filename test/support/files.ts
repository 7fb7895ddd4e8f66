import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file with a text, in a folder of its own. */
export function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "cli-")), name);
  writeFileSync(path, text);
  return path;
}
