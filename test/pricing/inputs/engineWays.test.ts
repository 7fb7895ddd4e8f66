import { reportCosts } from "../../../pricing/diff/report";
import { type Preview, read, recorded, type State, type Step } from "./documents";
import { counted } from "./previews";

// Ways of the engine that are easily taken for something else: aliases, targets, reservations that are left out.

const project = "urn:pulumi:dev::app";
const instanceType = "aws:ec2/instance:Instance";
const volumeType = "aws:ebs/volume:Volume";
const reservationType = "aws:ec2/capacityReservation:CapacityReservation";

const stateOf = (type: string, name: string, inputs: object, more: Partial<State> = {}): State => ({
  urn: `${project}::${type}::${name}`,
  type,
  custom: true,
  id: `${name}-id`,
  inputs: { region: "us-east-1", ...inputs },
  ...more,
});
const machine = (name: string, type: string, more: Partial<State> = {}) =>
  stateOf(instanceType, name, { instanceType: type, rootBlockDevice: { volumeType: "gp3", volumeSize: 100 } }, more);
const step = (op: string, oldState: State | undefined, newState: State | undefined): Step => ({
  op,
  urn: (newState ?? oldState)?.urn ?? "",
  oldState,
  newState,
});
const stackStep = recorded<Preview>("engine/dev.preview-same.json").steps.filter(({ urn }) =>
  urn.includes("pulumi:Stack"),
);
const reportOf = (steps: Step[], leftOut = 0) => {
  const preview = counted({ ...recorded<Preview>("engine/dev.preview-same.json"), steps: [...stackStep, ...steps] });
  const { same = 0 } = preview.changeSummary ?? {};
  const [stack] = reportCosts([
    read({ ...preview, changeSummary: { ...preview.changeSummary, same: same + leftOut } }),
  ]).stacks;
  if (!stack) throw new Error("a report of one change has one stack");
  return stack;
};

describe("a resource that has another name by an alias", () => {
  test("is itself: unchanged it costs nothing more, changed it is one line", () => {
    const [before, after] = [machine("old", "p5.48xlarge"), machine("new", "p5.48xlarge")];
    expect(reportOf([step("same", before, after)]).resources).toEqual([]);
    const other = machine("new", "p5en.48xlarge");
    const changed = reportOf([step("update", before, other)]);
    expect(changed.resources.map(({ name, op, lines }) => [name, op, lines.map(({ label }) => label)])).toEqual([
      ["new", "update", ["p5.48xlarge, on-demand -> p5en.48xlarge, on-demand"]],
    ]);
  });

  test("and is replaced, was billed before", () => {
    const { replacement } = reportOf([step("replace", machine("old", "p5.48xlarge"), machine("new", "p5en.48xlarge"))]);
    expect(replacement?.beforeUsdPerHour.toFixed(2)).toBe("55.04");
    expect(replacement?.overlapUsdPerHour.toFixed(2)).toBe("118.34");
  });

  test("and a cluster keeps its sentence", () => {
    const clusterType = "llm-cluster:index:AwsCluster";
    const cluster = (name: string, nodes: number) =>
      stateOf(
        clusterType,
        name,
        { decision: { model: "m" }, plan: { machine: "p5.48xlarge", nodes, region: "us-east-1", weightsGB: 1 } },
        { custom: false },
      );
    expect(reportOf([step("update", cluster("old", 1), cluster("new", 2))]).decisions[0]).toContain("1 -> 2 nodes");
  });
});

test("with --target, what is not there and will not be made is on neither side", () => {
  // The engine shows it as unchanged, its old state a copy of the new one, and without an id.
  const skipped = machine("skipped", "p5.48xlarge", { id: undefined });
  const made = stateOf(volumeType, "made", { size: 10, type: "gp3" }, { id: undefined });
  const report = reportOf([step("same", skipped, skipped), step("create", undefined, made)]);
  expect(report.before.monthlyUsd.toFixed(2)).toBe("0.00");
  expect(report.after.monthlyUsd.toFixed(2)).toBe("0.80");
});

describe("a machine in a reservation", () => {
  const reservation = stateOf(reservationType, "reserved", { instanceType: "p5.48xlarge", instanceCount: 1 });
  const target = { capacityReservationTarget: { capacityReservationId: "reserved-id" } };
  const inside = machine("inside", "p5.48xlarge", {
    propertyDependencies: { capacityReservationSpecification: [reservation.urn] },
  });
  Object.assign(inside.inputs ?? {}, { capacityReservationSpecification: target });

  test("that the file leaves out, because it is unchanged, is paid by it all the same", () => {
    const whole = reportOf([step("same", reservation, reservation), step("create", undefined, inside)]);
    const plain = reportOf([step("create", undefined, inside)], 1);
    expect(plain.delta.monthlyUsd.toFixed(2)).toBe(whole.delta.monthlyUsd.toFixed(2));
    expect(plain.delta.monthlyUsd.toFixed(2)).toBe("8.00");
  });

  test("of an event log, which tells ids and not what they were made of, is paid by it too", () => {
    const { propertyDependencies: _, ...told } = inside;
    const report = reportOf([step("create", undefined, reservation), step("create", undefined, told)]);
    expect(report.after.monthlyUsd.toFixed(2)).toBe((55.04 * 730 + 8).toFixed(2));
  });
});

test("a value that will be another and is not known yet is not the old one", () => {
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  const disk = (size: unknown) => stateOf(volumeType, "disk", { size, type: "gp3" }, { outputs: { size: 100 } });
  const root = (rootBlockDevice: unknown) =>
    stateOf(
      instanceType,
      "node",
      { instanceType: "p5.48xlarge", rootBlockDevice },
      { outputs: { rootBlockDevice: { volumeSize: 100, volumeType: "gp3" } } },
    );
  for (const changed of [
    reportOf([step("update", disk(100), disk(unknown))]),
    reportOf([step("update", root({ volumeSize: 100, volumeType: "gp3" }), root(unknown))]),
  ]) {
    expect(changed.differenceComplete).toBe(false);
    expect(changed.delta.monthlyUsd.toFixed(2)).toBe("0.00");
  }
});
