import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { usageSettings } from "../../pricing/clouds";
import { root, runCli } from "../support/cli";
import { projectWith } from "../support/projects";

const text = readFileSync(join(root, "docs/cost.md"), "utf8");
const yamlBlocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => block);

test("every setting of a usage file is in the document", () => {
  const keys = new Set(usageSettings().flatMap(({ settings }) => settings.map(({ key }) => key)));
  expect(keys.size).toBeGreaterThan(8);
  for (const key of keys) expect(text).toContain(`\`${key}\``);
});

test("the rates file and the usage file that it shows do what it says", () => {
  const stackFile = projectWith("Pulumi.dev.yaml", readFileSync(join(root, "stacks/Pulumi.dev.yaml"), "utf8"));
  const folder = join(stackFile, "../..");
  const [rates = "", usage = ""] = yamlBlocks;
  writeFileSync(join(folder, "llm-cluster.rates.yaml"), rates);
  writeFileSync(join(folder, "llm-cluster.usage.yaml"), usage);
  const run = (...args: string[]) => JSON.parse(runCli([...args, "--json"], { cwd: folder }).stdout);
  const [machine] = run("prices", "where", "p5.48xlarge", "--mode", "on-demand").answers;
  expect(machine.price).toMatchObject({ usd: 41.2, layer: "negotiated", asOf: "2026-07-01", overrode: { usd: 55.04 } });
  const [volume] = run("prices", "where", "ebs.gp3.storage").answers;
  expect(volume.price).toMatchObject({ usd: 0.0728, discount: { percent: 9, listUsd: 0.08 } });
  const { cost, resources } = run("preview", "dev");
  const line = (key: string) => cost.lines.find((one: { key: string }) => one.key === key);
  expect(line("served")).toMatchObject({ quantity: "900", usage: { basis: "stated" } });
  expect(line("internetEgress")).toMatchObject({ quantity: "200", monthlyCostUsd: "18.00" });
  // The component puts out what the command says: both read the files.
  const stack = resources.find(({ type }: { type: string }) => type === "pulumi:pulumi:Stack");
  expect(stack.outputs.monthlyCostUsd).toBe(cost.monthlyCostUsd);
  expect(cost.monthlyCostUsd).not.toBe("5122.60");
});

test("the exit codes that it lists are the command's", () => {
  const rows = [...text.matchAll(/^\| (`[^|]+) \| [^|]+ \| (\d) \|$/gm)];
  const preview = "test/fixtures/engine/dev.preview-more-nodes.json";
  const unknown = "test/fixtures/engine-lab/preview-create.json";
  const broken: Record<string, string[]> = {
    "--budget": [preview, "--budget", "1"],
    "--fail-on 'increase": [preview, "--fail-on", "increase>10%"],
    "--fail-on incomplete": [unknown, "--fail-on", "incomplete"],
  };
  const tried = rows.flatMap(([, option = "", code]) => {
    const key = Object.keys(broken).find((name) => option.startsWith(`\`${name}`));
    return key === undefined ? [] : [[key, runCli(["diff", ...(broken[key] ?? [])]).code, Number(code)] as const];
  });
  expect(tried.map(([key]) => key)).toEqual(Object.keys(broken));
  for (const [key, printed, listed] of tried) expect([key, printed]).toEqual([key, listed]);
});
