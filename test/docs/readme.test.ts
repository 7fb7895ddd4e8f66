import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { models } from "../../sizing/catalogue";
import { root, runCli } from "../support/cli";

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/accuracy.md",
  "docs/decision.md",
  "docs/sizing.md",
  "docs/training.md",
  "docs/aws.md",
  "docs/nodes.md",
  "docs/weights.md",
  "docs/preflight.md",
  "docs/replace.md",
  "docs/architecture.md",
  "docs/verification.md",
  "docs/cost.md",
  "docs/hidden-costs.md",
  "docs/recount.md",
  "examples/ci/README.md",
];
const read = (name: string) => readFileSync(join(root, name), "utf8");

/** Blocks that show a command after `$ ` and what it prints; a line of dots stands for what is left out. */
function shownRuns(): { command: string; lines: string[] }[] {
  const shown = ["README.md", "docs/sizing.md", "docs/training.md", "docs/cost.md"].map(read).join("\n");
  const blocks = [...shown.matchAll(/```\n\$ npx llm-cluster ([^\n]+)\n([\s\S]*?)```/g)];
  return blocks.map(([, command = "", output = ""]) => ({ command, lines: output.trimEnd().split("\n") }));
}

test("what the README shows is what the command prints", () => {
  const runs = shownRuns();
  expect(runs.length).toBeGreaterThan(0);
  for (const { command, lines } of runs) {
    const printed = runCli(command.split(" ")).stdout.split("\n");
    for (const line of lines.filter((text) => text !== "...")) expect(printed).toContain(line);
  }
});

test("every command of the README's table is one that the command knows", () => {
  const named = [...read("README.md").matchAll(/^\| `(\w+)/gm)].map(([, name = ""]) => name);
  expect(named).toEqual(
    ["size", "fit", "models", "machines", "gpus", "preview", "cost", "diff", "comment", "prices"].concat([
      "preflight",
      "weights",
      "status",
      "replace",
    ]),
  );
  for (const name of named) expect(runCli([name, "--help"]).stdout).toContain(`Usage: llm-cluster ${name}`);
});

test("the README counts the models that there are", () => {
  expect(read("README.md")).toContain(`training of ${models.length} models`);
});

test.each(documents)("every file that %s points to exists", (name) => {
  for (const [, target = ""] of read(name).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
    expect(`${target} ${existsSync(join(root, dirname(name), target))}`).toBe(`${target} true`);
  }
});
