import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The node's scripts: text that ships beside this code, kept as real shell files so that shellcheck and an editor
 * read them as what they are. Reading them is as `require` of a JSON file; nothing else in serving touches the disk.
 */
function read(name: string): string {
  return readFileSync(join(__dirname, "node", name), "utf8");
}

/** Constant for the life of a node; part of its user data. */
export const agentScript = read("agent.sh");

/** What every release that trains carries, beside its own release.env. */
export const trainingScripts: Readonly<Record<string, string>> = {
  "apply.sh": read("prepare.sh"),
  "common.sh": read("common.sh"),
  "stage.sh": read("stage.sh"),
  "train.sh": read("train.sh"),
};

/** What every release that serves carries, beside its own release.env. */
export const releaseScripts: Readonly<Record<string, string>> = {
  "apply.sh": read("apply.sh"),
  "common.sh": read("common.sh"),
  "stage.sh": read("stage.sh"),
  "engine.sh": read("engine.sh"),
  "engine.service": read("engine.service"),
};
