import { execFileSync } from "node:child_process";
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

/** A stack file of ours with a decision. */
export const stackText = (decision: object) =>
  `config: ${JSON.stringify({ "aws:region": "us-east-1", "llm-cluster:decision": decision })}\n`;
/** A small decision. */
export const dev = { model: "llama-3.1-8b", contextLength: 32_768, concurrency: 8, zone: "use1-az6" };

/** Our sources in a folder of their own, without a build: what a clone after `npm ci --ignore-scripts` is. */
export function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), "checkout-"));
  const folders = ["build", "sizing", "pricing", "serving", "components", "stacks", "cli"];
  for (const name of ["Pulumi.yaml", "index.ts", "package.json", "tsconfig.json", ...folders]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** A repository with our project in it, and one commit whose stack file holds a decision. */
export function repository(decision: object): { folder: string; stackFile: string } {
  const folder = checkout();
  writeFileSync(join(folder, ".gitignore"), "node_modules\nbin/\n");
  const stackFile = join(folder, "stacks/Pulumi.dev.yaml");
  writeFileSync(stackFile, stackText(decision));
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@t", ...args], { stdio: "pipe" });
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "before");
  return { folder, stackFile };
}
