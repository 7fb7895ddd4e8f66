import { readFileSync } from "node:fs";
import { join } from "node:path";
import { diffStack, type StackDiff } from "../pricing/diff/diffStack";
import { estimateCost } from "../pricing/estimate";
import { readDocument } from "../pricing/inputs/readDocument";
import { toText } from "../pricing/money";
import type { ResourceRecord } from "../pricing/records";
import { runCli } from "./support/cli";
import { doing, registeredByEngine, registeredOffline } from "./support/previews";
import { type RecordingFacts, readRecording } from "./support/recordings";

const recordings = join(__dirname, "fixtures/engine");

// What the real engine said, so that this is judged without one too. A component that has changed since fails here:
// make the recordings anew with npm run record, and look at their difference.

test("the recordings say which engine made them, when, and how much there was", () => {
  const { cli, date, resources } = readRecording<RecordingFacts>("recording");
  expect(cli).toMatch(/^v3\.\d+\.\d+/);
  expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  const made = readRecording<{ deployment: { resources: { custom: boolean; type: string }[] } }>("dev.stack-export");
  expect(made.deployment.resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"))).toHaveLength(
    resources.dev ?? 0,
  );
});

test.each(["dev", "prod-aws", "finetune-aws"])(
  "%s: the offline preview registers what the engine's preview did",
  (stack) => {
    expect(registeredOffline(stack)).toEqual(registeredByEngine(readRecording(`${stack}.preview-create`)));
  },
);

test("the engine saw no change in a second run, three updates for another model, and a replacement for another machine", () => {
  expect(doing(readRecording("dev.preview-same"))).toEqual([]);
  expect(doing(readRecording("dev.preview-other-model"))).toEqual([
    "update llm",
    "update llm-release",
    "update llm-release-pointer",
  ]);
  const machine = doing(readRecording("dev.preview-other-machine"));
  expect(machine.filter((step) => step.startsWith("replace"))).toEqual(expect.arrayContaining(["replace llm-node-0"]));
});

const bytesOf = (name: string) => readFileSync(join(recordings, name));
const changeOf = (name: string) => readDocument(bytesOf(name), name);

test("a stack costs the same by its offline preview, by the engine's preview of all of it, by its state, and by the update's log", () => {
  const offline = JSON.parse(runCli(["preview", "dev", "--json"]).stdout).cost;
  const costOf = (records: readonly ResourceRecord[]) => {
    const { monthlyUsd, usageMonthlyUsd } = estimateCost(records);
    return [toText(monthlyUsd), toText(usageMonthlyUsd)];
  };
  for (const name of [
    "dev.preview-same.json",
    "dev.preview-create.json",
    "dev.stack-export.json",
    "dev.up.events.jsonl",
  ]) {
    expect([name, ...costOf(changeOf(name).after.records)]).toEqual([
      name,
      offline.monthlyCostUsd,
      offline.usageMonthlyCostUsd,
    ]);
  }
});

test.each(["prod-aws", "finetune-aws"])("%s costs the same offline and by the engine's preview", (stack) => {
  const offline = JSON.parse(runCli(["preview", stack, "--json"]).stdout).cost;
  const { monthlyUsd } = estimateCost(changeOf(`${stack}.preview-create.json`).after.records);
  expect(toText(monthlyUsd)).toBe(offline.monthlyCostUsd);
});

test.each(["other-model", "other-machine", "more-nodes"])(
  "%s: the plain preview, which leaves unchanged resources out, gives the same difference as the whole one",
  (change) => {
    const [whole, plain] = [`dev.preview-${change}.json`, `dev.preview-${change}.plain.json`].map((name) =>
      diffStack(changeOf(name)),
    );
    expect(whole?.change.leftOut).toBeUndefined();
    expect(plain?.change.leftOut).toBeGreaterThan(30);
    expect(describeCosts(plain)).toEqual(describeCosts(whole));
    expect(plain?.differenceComplete).toBe(true);
  },
);

function describeCosts(diff: StackDiff | undefined) {
  return diff?.resources.map(({ name, op, lines, delta }) => ({
    name,
    op,
    lines: lines.map(({ label }) => label),
    monthly: delta.monthlyUsd.toFixed(),
    usage: delta.usageMonthlyUsd.toFixed(),
  }));
}
