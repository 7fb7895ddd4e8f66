import { reportCosts } from "../../../pricing/diff/report";
import { combine } from "../../../pricing/inputs/combine";
import { type Export, type Preview, read, readRecorded, recorded, type Step } from "./documents";
import { counted, template, toStep, withoutSames } from "./previews";

const monthly = (change: ReturnType<typeof read>, region?: string) => {
  const { before, after, delta, ...report } = reportCosts([change], { region });
  return {
    ...report,
    before: before.monthlyUsd.toFixed(2),
    after: after.monthlyUsd.toFixed(2),
    delta: delta.monthlyUsd.toFixed(2),
  };
};
const otherMachine = "engine/dev.preview-other-machine";

describe("two documents", () => {
  test("an export completes a preview that leaves unchanged resources out: the same as the whole preview", () => {
    const change = combine(readRecorded("engine/dev.stack-export.json"), readRecorded(`${otherMachine}.plain.json`));
    const [completed, whole] = [monthly(change), monthly(readRecorded(`${otherMachine}.json`))];
    expect([completed.before, completed.after, completed.delta]).toEqual([whole.before, whole.after, whole.delta]);
    expect([completed.wholeStacks, completed.complete]).toEqual([true, true]);
    expect(completed.stacks[0]?.change.notes.join("\n")).toContain("unchanged resources are taken from");
  });

  test("what does not say what there was before is refused as a before, and another stack as a completion", () => {
    const plain = readRecorded(`${otherMachine}.plain.json`);
    expect(() => combine(plain, readRecorded("engine/dev.preview-same.json"))).toThrow(
      /leaves out 47 .*Fix: .*--show-sames/,
    );
    expect(() => combine(readRecorded("engine-lab/stack-export.json"), plain)).toThrow(
      /lab\/dev, not llm-cluster\/dev.*Fix: /,
    );
  });

  test("each side's resources are in its own stack's region", () => {
    const lab = recorded<Preview>("engine-lab/preview-create.json");
    const inRegion = (region: string) => read({ ...lab, config: { ...lab.config, "aws:region": region } });
    const [east, west] = [inRegion("us-east-1"), inRegion("us-west-1")];
    const moved = monthly(combine(east, west));
    expect([moved.before, moved.after]).toEqual([monthly(east).after, monthly(west).after]);
    expect(Number(moved.delta)).toBeGreaterThan(0);
  });

  test("an export, which has no configuration, is in the region of the same stack's preview", () => {
    const preview = recorded<Preview>("engine-lab/preview-same.show-sames.json");
    const configured = read({ ...preview, config: { ...preview.config, "aws:region": "us-east-1" } });
    const exported = readRecorded("engine-lab/stack-export.json");
    for (const change of [combine(exported, configured), combine(configured, exported)]) {
      const { before, after, delta } = monthly(change);
      expect([before, after, delta]).toEqual(["80390.40", "80390.40", "0.00"]);
    }
  });
});

describe("after an update that was cut short", () => {
  /** The template is new already, the machine is not: the next preview still replaces it. */
  const half = (): Preview => {
    const preview = recorded<Preview>(`${otherMachine}.json`);
    const steps = preview.steps.map((step): Step => {
      const isTemplate = step.newState?.type === "aws:ec2/launchTemplate:LaunchTemplate";
      return isTemplate
        ? {
            ...step,
            op: "same",
            oldState: { ...step.oldState, ...step.newState, urn: step.urn, type: step.newState?.type ?? "" },
          }
        : step;
    });
    return counted({ ...preview, steps });
  };

  test("a machine is priced as what runs, and not as what its template has become", () => {
    const [cut, whole] = [monthly(read(half())), monthly(readRecorded(`${otherMachine}.json`))];
    expect([cut.before, cut.after, cut.delta]).toEqual([whole.before, whole.after, whole.delta]);
  });

  test("the same in an export", () => {
    const document = recorded<Export>("engine/dev.stack-export.json");
    const before = monthly(read(document)).after;
    for (const { type, inputs } of document.deployment.resources) {
      if (type === "aws:ec2/launchTemplate:LaunchTemplate")
        Object.assign(inputs ?? {}, { instanceType: "p5.48xlarge" });
    }
    expect(monthly(read(document)).after).toBe(before);
  });
});

test("a template that changes, while the group that follows it is left out, is no `nothing changes`", () => {
  const base = recorded<Preview>("engine/dev.preview-same.json");
  const newState = { ...template.newState, inputs: { ...template.newState?.inputs, instanceType: "p5en.48xlarge" } };
  const changed = { ...template, op: "update", newState } as Step;
  const one: [number, number] = [1, 2];
  const group = toStep({ type: "aws:autoscaling/group:Group", op: "same", before: one, after: one }, 0);
  const preview = counted({ ...base, steps: [...base.steps, changed, group] });
  expect(Number(monthly(read(preview)).delta)).toBeGreaterThan(0);
  expect(monthly(read(withoutSames(preview))).differenceComplete).toBe(false);
});
