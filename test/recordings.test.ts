import { estimateCost } from "../pricing/estimate";
import { toText } from "../pricing/money";
import type { ResourceRecord } from "../pricing/records";
import { runCli } from "./support/cli";
import type { PreviewDocument } from "./support/engine";
import { doing, registeredByEngine, registeredOffline } from "./support/previews";
import { type RecordingFacts, readRecording } from "./support/recordings";

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

test("a stack costs the same by its offline preview, by the engine's preview of all of it, and by its state", () => {
  const offline = JSON.parse(runCli(["preview", "dev", "--json"]).stdout).cost.monthlyCostUsd;
  const inPreview = readRecording<PreviewDocument>("dev.preview-same").steps.flatMap(({ newState }) => newState ?? []);
  const inState = readRecording<{ deployment: { resources: object[] } }>("dev.stack-export").deployment.resources;
  const costOf = (states: readonly object[]) => toText(estimateCost(states.map(toRecord)).monthlyUsd);
  expect(costOf(inPreview)).toBe(offline);
  expect(costOf(inState)).toBe(offline);
});

function toRecord(state: object): ResourceRecord {
  const { urn, type, custom, parent, inputs = {}, propertyDependencies } = state as ResourceRecord;
  return { urn, type, name: urn.split("::").at(-1) ?? "", custom, parent, inputs, propertyDependencies };
}
