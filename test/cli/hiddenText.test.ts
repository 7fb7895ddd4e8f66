import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { readStackFile } from "../../cli/costInputs";
import { addHiddenOptions, type RawHiddenOptions } from "../../cli/hiddenOptions";
import { findHidden, readHiddenOptions } from "../../cli/hiddenSettings";
import { describeHidden, describeOnPremises } from "../../cli/hiddenText";
import { reportCosts } from "../../pricing/diff/report";
import type { StackChange } from "../../pricing/inputs/stackChange";
import { shippedPrices } from "../../pricing/snapshot";
import { root } from "../support/cli";
import { stackOf } from "../support/hiddenStacks";

const change: StackChange = {
  kind: "stack file",
  file: "stacks/Pulumi.dev.yaml",
  config: {},
  after: stackOf([{ plan: { nodes: 1, replicas: 1, outputTokensPerSecond: 1000 } }]).side,
  steps: [],
  failed: [],
  notes: [],
};

/** What the command would print for these arguments, and what it read. */
function ask(args: readonly string[], asked: StackChange = change) {
  const command = addHiddenOptions(new Command().exitOverride().option("--utilization <share>"));
  command.parse([...args], { from: "user" });
  const raw = command.opts<RawHiddenOptions>();
  const [stack] = reportCosts([asked]).stacks;
  if (!stack) throw new Error("no stack was reported");
  const { costs = [], comparisons = [], note } = findHidden(stack, raw, shippedPrices());
  return { raw, costs, comparisons, note };
}

test("shares of the bill stand apart from what comes on top, with arithmetic, source and what is not stated", () => {
  const lines = describeHidden(ask(["--hidden-costs", "--egress-share", "1"]).costs);
  const text = lines.join("\n");
  const [shares, beside] = text.split("on top of it:");
  expect(shares).toMatch(
    /idle GPU time \*\* +\$40,179\.20 of machines x \(1 - 50 %\) +\$20,089\.60 +2026-07-20 \(karp-aws\)/,
  );
  expect(beside).toMatch(/GPU metrics in CloudWatch \*\* +1 machine x 8 GPUs x 21 series x \$0\.3 +\$50\.40/);
  expect(beside).toMatch(/support plan +not stated: --support-percent +-\n/);
  // 1,000 x 50 % x 2,628,000 s x 226 B are 296.964 GB; at $0.09 $26.73, with $5.00 and $0.30 of logs and $50.40 of metrics.
  expect(beside).toContain("on top in all, of what is known: $82.42 a month");
  expect(beside).toContain("** assumed: 50 % of 1000 output tokens a second");
});

test("a discount is below nothing, and everything stated leaves nothing unknown", () => {
  const args = "--hidden-costs --egress-share 0 --other-zone-share 0 --support-percent 0 --extra-percent -10".split(
    " ",
  );
  const text = describeHidden(ask(args).costs).join("\n");
  expect(text).toMatch(/discount +-10 % of \$[\d,.]+ +-\$[\d,.]+ +stated \(--extra-percent\)/);
  expect(text).toMatch(/on top in all: -\$[\d,.]+ a month/);
});

test("on-premises: parts, sum, the cloud beside it, and where they are level", () => {
  const { comparisons } = ask(["--on-premises", "--utilization", "0.8", "--pue", "1.25"]);
  const text = describeOnPremises(comparisons).join("\n");
  expect(text).toContain("llm: the machines of 1 x p5.48xlarge on one's own premises, roughly:");
  expect(text).toMatch(
    /power, cooling included +8 x 0\.7 kW x 1\.3 x 80 % x PUE 1\.25 x 730 h x \$0\.08 a kWh +\$425\.15/,
  );
  expect(text).toContain("in all: $8,392.15 to $10,630.57 a month, without staff");
  expect(text).toContain("the cloud's machines: $40,179.20 a month (730 hours), price of 2026-07-20 (karp-aws)");
  expect(text).toContain("for more than 20 % to 26 % of the month");
  expect(text).toContain("assumed: $0.08 a kWh, 48 months");
  const dear = describeOnPremises(ask(["--on-premises", "--server-usd", "4000000"]).comparisons).join("\n");
  expect(dear).toContain("owning is dearer even if the cloud's machines run all the time");
});

test("nothing is asked for, nothing is computed; a document that leaves resources out gets a note instead", () => {
  expect(ask([])).toMatchObject({ costs: [], comparisons: [], note: undefined });
  const partial = ask(["--hidden-costs", "--on-premises"], { ...change, leftOut: 3 });
  expect(partial).toMatchObject({ costs: [], comparisons: [], note: expect.stringContaining("whole stacks") });
  expect(ask([], { ...change, leftOut: 3 }).note).toBeUndefined();
});

test("options are read by the names that commander gives them", () => {
  const { raw } = ask([
    "--hidden-costs",
    "--log-gb-per-node",
    "20",
    "--snapshot-gb-per-node",
    "1",
    "--extra-percent",
    "-5",
  ]);
  expect(readHiddenOptions(raw)).toMatchObject({ logGBPerNode: 20, snapshotGBPerNode: 1, extraPercent: -5 });
  expect(readHiddenOptions({}).machineFacts("p5en.48xlarge")).toEqual({ gpus: 8, gpu: "NVIDIA H200 SXM 141 GB" });
  expect(readHiddenOptions({}).machineFacts("no-such-machine")).toBeUndefined();
});

test.each<[string, RawHiddenOptions, string]>([
  ["a share above 1", { egressShare: "1.5" }, "--egress-share: 1.5 is no number from 0 to 1. Fix: --egress-share 1"],
  ["half a machine", { spareNodes: "0.5" }, "--spare-nodes: 0.5 is no whole number from 0. Fix: --spare-nodes 1"],
  ["no number", { logGbPerNode: "lots" }, "--log-gb-per-node: lots is no number from 0. Fix: --log-gb-per-node 20"],
  ["a negative price", { usdPerKwh: "-1" }, "--usd-per-kwh: -1 is no number above 0. Fix: --usd-per-kwh 0.12"],
  ["a PUE below 1", { pue: "0.9" }, "--pue: 0.9 is no number from 1. Fix: --pue 1.3"],
  ["a number without end", { months: "1e999" }, "--months: 1e999 is no number above 0. Fix: --months 36"],
  ["no use at all", { utilization: "0" }, "--utilization: 0 is not above 0 and at most 1"],
])("%s is an error that says what to give", (_, raw, message) => {
  expect(() => readHiddenOptions({ hiddenCosts: true, onPremises: true, ...raw })).toThrow(message);
});

test("an option without the switch that it is for would have no effect, and is an error", () => {
  expect(() => readHiddenOptions({ egressShare: "1" })).toThrow("--egress-share: has no effect without --hidden-costs");
  expect(() => readHiddenOptions({ hiddenCosts: true, pue: "1.3" })).toThrow(
    "--pue: has no effect without --on-premises",
  );
});

test("the example of docs/hidden-costs.md is what is printed of the stack that ships", async () => {
  const { change: shipped } = await readStackFile(join(root, "stacks/Pulumi.prod-aws.yaml"));
  const { costs, comparisons } = ask(["--hidden-costs", "--egress-share", "1", "--on-premises"], shipped);
  const printed = [...describeHidden(costs), "", ...describeOnPremises(comparisons)].join("\n");
  expect(readFileSync(join(root, "docs/hidden-costs.md"), "utf8")).toContain(`\n${printed}\n`);
});
