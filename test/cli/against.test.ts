import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../support/cli";
import { dev, repository, stackText } from "../support/projects";

interface AgainstDocument {
  cost: { monthlyCostUsd: string };
  against: {
    cost: { monthlyCostUsd: string };
    changes: { change: string; name: string; properties: string[] }[];
    costChanges: { name: string; component: string; usage?: string; beforeUsd?: string; afterUsd?: string }[];
    monthlyDeltaUsd: string;
    complete: boolean;
  };
}

const against = (stackFile: string, before: string): AgainstDocument =>
  JSON.parse(runCli(["preview", stackFile, "--against", before, "--json"]).stdout);
const nodes = ({ against: { changes } }: AgainstDocument) =>
  changes.filter(({ name }) => /node-\d+$/.test(name)).map(({ change }) => change);

test("a revision: another model is an update of the release, and no node is touched", () => {
  const { folder, stackFile } = repository(dev);
  writeFileSync(stackFile, stackText({ ...dev, model: "qwen3-32b", precision: "fp8", contextLength: 8192 }));
  const changed = against(stackFile, "HEAD");
  // What the release holds is not known before the secret's ARN is: offline only the component and the store's weights tell.
  expect(changed.against.changes.map(({ change, name }) => `${change} ${name}`)).toEqual(["update llm"]);
  expect(nodes(changed)).toEqual([]);
  const runRate = changed.against.costChanges.filter(({ usage }) => usage === undefined);
  expect(runRate).toEqual([
    expect.objectContaining({
      name: "llm",
      component: "model weights, 16.1 GB -> model weights, 34.3 GB",
      beforeUsd: "0.37",
      afterUsd: "0.79",
    }),
  ]);
  const delta = Number(changed.cost.monthlyCostUsd) - Number(changed.against.cost.monthlyCostUsd);
  // The difference is rounded once, the two sums each on their own.
  expect(Math.abs(Number(changed.against.monthlyDeltaUsd) - delta)).toBeLessThan(0.011);
  expect(execFileSync("git", ["-C", folder, "worktree", "list"], { encoding: "utf8" }).trim().split("\n")).toHaveLength(
    1,
  );
});

test("a revision: another machine replaces the node, and the text warns", () => {
  const { stackFile } = repository(dev);
  writeFileSync(stackFile, stackText({ ...dev, machine: "p5.48xlarge" }));
  const changed = against(stackFile, "HEAD");
  expect(nodes(changed)).toEqual(["replace"]);
  expect(changed.against.changes.find(({ name }) => name === "llm-node-0-template")?.properties).toEqual([
    "instanceType",
    "networkInterfaces",
  ]);
  const { stdout } = runCli(["preview", stackFile, "--against", "HEAD"]);
  expect(stdout).toContain("capacity that is let go may not come back");
  expect(stdout).toMatch(
    /p5\.4xlarge, on-demand -> p5\.48xlarge, on-demand\s+\$5,022\.40\s+\$40,179\.20\s+\+\$35,156\.80/,
  );
});

test("a stack file: more and fewer nodes are created and deleted, and the sums move with them", () => {
  const { folder, stackFile } = repository(dev);
  const more = join(folder, "stacks/Pulumi.more.yaml");
  writeFileSync(more, stackText({ ...dev, overrides: { replicas: 3 } }));
  expect(nodes(against(more, stackFile))).toEqual(["create", "create"]);
  expect(nodes(against(stackFile, more))).toEqual(["delete", "delete"]);
  expect(Number(against(more, stackFile).against.monthlyDeltaUsd)).toBe(
    -Number(against(stackFile, more).against.monthlyDeltaUsd),
  );
});

test("the same stack against itself has no changes", () => {
  const { against: same } = against("stacks/Pulumi.dev.yaml", "stacks/Pulumi.dev.yaml");
  expect(same).toMatchObject({ changes: [], costChanges: [], monthlyDeltaUsd: "0.00", complete: true });
});

test("tags change in place", () => {
  const { folder, stackFile } = repository(dev);
  const tagged = join(folder, "stacks/Pulumi.tagged.yaml");
  writeFileSync(
    tagged,
    `${readFileSync(stackFile, "utf8").trimEnd().slice(0, -1)}, "llm-cluster:tags": {"team": "a"}}\n`,
  );
  const changed = against(tagged, stackFile);
  expect(nodes(changed)).toEqual(["update"]);
  expect(changed.against.costChanges).toEqual([]);
});

test.each([
  ["no-such-branch", /neither a stack file nor a revision/],
  ["stacks/Pulumi.nope.yaml", /no such stack file/],
])("against %s is an error with a fix", (before, message) => {
  const { code, stdout, stderr } = runCli(["preview", "dev", "--against", before]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("a revision that lacks the stack file says so", () => {
  const { folder } = repository(dev);
  const fresh = join(folder, "stacks/Pulumi.fresh.yaml");
  writeFileSync(fresh, stackText(dev));
  expect(runCli(["preview", fresh, "--against", "HEAD"]).stderr).toMatch(/stacks\/Pulumi\.fresh\.yaml was not there/);
});
