import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./cli";

/** A project like ours, with a stack file of its own; the sources are linked, not copied. */
export function projectWith(stackFile: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "project-"));
  cpSync(join(root, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  mkdirSync(join(folder, "stacks"));
  cpSync(join(root, "stacks/index.js"), join(folder, "stacks/index.js"));
  for (const name of ["build", "bin", "node_modules", "package.json"])
    symlinkSync(join(root, name), join(folder, name));
  writeFileSync(join(folder, "stacks", stackFile), text);
  return join(folder, "stacks", stackFile);
}
