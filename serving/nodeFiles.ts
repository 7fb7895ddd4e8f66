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

/** What every release carries, whatever it is for. */
const shared = [
  "common.sh",
  "report.sh",
  "disks.sh",
  "images.sh",
  "logs.sh",
  "weights.sh",
  "manifest.py",
  "download.py",
  "stage.sh",
  "helpers.sh",
  "helper.service",
  "notices.sh",
  "notices.py",
  "metrics.sh",
];

function readAll(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

/** What every release that trains carries, beside its own release.env. */
export const trainingScripts: Readonly<Record<string, string>> = {
  "apply.sh": read("prepare.sh"),
  "watch.sh": read("watchRun.sh"),
  ...readAll([...shared, "train.sh"]),
};

/** What every release that serves carries, beside its own release.env. */
export const releaseScripts: Readonly<Record<string, string>> = readAll([
  "apply.sh",
  "watch.sh",
  ...shared,
  "gang.sh",
  "join.sh",
  "roll.sh",
  "drain.sh",
  "ready.py",
  "engine.sh",
  "engine.service",
]);
