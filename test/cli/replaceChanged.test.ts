import { UserError } from "../../cli/output";
import { ReplaceRun, readyReport } from "./replaceSupport";

const its = new ReplaceRun();

describe("--changed", () => {
  beforeEach(() => {
    for (const node of [0, 1, 2]) its.pulumi.changed.add(node);
  });

  test("moves replicas in order, the next one when the one before is ready", async () => {
    const begun: string[] = [];
    const readyAt: Record<string, number> = {};
    its.pulumi.onUpdate = () => void begun.push(`${begun.length} at ${(its.world.now - start) / 1000}`);
    const start = its.world.now;
    its.world.report = (node, release) => {
      const id = its.pulumi.machines[node] ?? "";
      if (/new/.test(id)) readyAt[id] ??= its.world.now + 60_000;
      const report = readyReport(id, release);
      return report && its.world.now < (readyAt[id] ?? 0) ? { ...report, stage: "fetching-weights" } : report;
    };
    const done = await its.document({ changed: true });
    expect(done).toMatchObject({ outcome: "done", skipped: [], left: [] });
    expect(begun).toEqual(["0 at 0", "1 at 60", "2 at 120"]);
    expect(its.world.said).toContain("replica 1: node-1 fetching-weights");
    expect(its.pulumi.named("up").flat()).not.toContainEqual(expect.stringMatching(/^replace /));
  });

  test("nobody is waited for with --no-wait, and the reports need not be readable", async () => {
    its.world.report = () => {
      throw new Error("not asked");
    };
    const done = await its.document({ changed: true, wait: false });
    expect(done.steps.map(({ ready }: { ready: null }) => ready)).toEqual([null, null, null]);
    expect(its.world.said.join("\n")).toMatch(/all replicas may be down at once/);
  });

  test("a report of the machine before is not taken for one of the new one", async () => {
    its.world.report = (node, release) => readyReport(`i-${node}`, release);
    const done = await its.document({ changed: true, timeout: "5" });
    expect(done).toMatchObject({ outcome: "stopped", steps: [{ replica: 0, ready: false }] });
    expect(done.error.message).toMatch(
      /^replica 0: is not ready after 5 minutes \(node-0 has not reported yet\); nothing after it was touched. Fix: see 'llm-cluster status/,
    );
    expect(its.pulumi.machines.slice(1)).toEqual(["i-1", "i-2"]);
    expect(process.exitCode).toBe(1);
  });

  test("a node that fails stops the rest at once, with its reason", async () => {
    its.world.report = (node, release) => {
      const report = readyReport(its.pulumi.machines[node], release);
      return report && /new/.test(report.instanceId ?? "") ? { ...report, stage: "failed", reason: "no GPUs" } : report;
    };
    const before = its.world.now;
    const done = await its.document({ changed: true });
    expect(done.error.message).toMatch(/^replica 0: node-0 failed: no GPUs; nothing after it was touched/);
    expect(its.world.now).toBe(before);
    expect(its.pulumi.named("up")).toHaveLength(1);
  });

  test("what is moved already is left alone, and must be ready before the next one stops", async () => {
    its.pulumi.changed.delete(0);
    its.world.report = (node, release) => (node === 0 ? undefined : readyReport(its.pulumi.machines[node], release));
    const done = await its.document({ changed: true, timeout: "1" });
    expect(done).toMatchObject({ outcome: "stopped", skipped: [0], steps: [] });
    expect(done.error.message).toMatch(/replica 0: is not ready/);
    expect(its.pulumi.named("up")).toEqual([]);
  });

  test("nothing to move is no error", async () => {
    its.pulumi.changed.clear();
    await its.run({ changed: true });
    expect(its.printed.join("\n")).toBe("the stack file changes no machine");
    expect(its.world.asked).toEqual([]);
  });

  test("what machines need and is new is made first; the rest is left and said", async () => {
    const group = its.pulumi.urn("aws:ec2/placementGroup:PlacementGroup", "placement");
    const alarm = its.pulumi.urn("aws:cloudwatch/metricAlarm:MetricAlarm", "idle-alarm");
    its.pulumi.needs = [group];
    its.pulumi.others = [
      { op: "create", urn: group },
      { op: "update", urn: alarm },
    ];
    const done = await its.document({ changed: true });
    expect(done).toMatchObject({ outcome: "done", made: ["llm-placement"], left: ["update llm-idle-alarm"] });
    expect(its.pulumi.named("up")[0]).toEqual(["target llm-placement"]);
    expect(its.pulumi.named("up").flat()).not.toContain("target llm-idle-alarm");
  });

  test("a block that the stack file buys is said before anybody is asked", async () => {
    const block = its.pulumi.urn("aws:ec2/capacityBlockReservation:CapacityBlockReservation", "block");
    its.pulumi.needs = [block];
    its.pulumi.others = [{ op: "create", urn: block }];
    its.world.answer = false;
    await its.run({ changed: true });
    expect(its.world.said.join("\n")).toMatch(/buys a capacity block, which is paid upfront and not refunded/);
    expect(its.pulumi.named("up")).toEqual([]);
  });

  test("machines whose subnet goes, too, cannot move one replica at a time", async () => {
    const subnet = its.pulumi.urn("aws:ec2/subnet:Subnet", "nodes-subnet");
    its.pulumi.needs = [subnet];
    its.pulumi.others = [{ op: "replace", urn: subnet }];
    const done = await its.document({ changed: true });
    expect(done.error.message).toMatch(/replace llm-nodes-subnet.*one replica at a time. Fix: run 'pulumi up'/);
    expect(its.pulumi.named("up")).toEqual([]);
  });

  test("the reports are those of the release that nodes are pointed to, not of the stack file's", async () => {
    its.pulumi.release = "7";
    await its.run({ changed: true, yes: true });
    expect(new Set(its.world.read)).toEqual(new Set(["the-bucket  7"]));
  });

  test("reports that cannot be read for a while stop nothing", async () => {
    let looks = 0;
    const report = its.world.report;
    its.world.report = (node, release) => {
      looks += 1;
      if (looks > 3 && looks < 6) throw new UserError("expired");
      return report(node, release);
    };
    expect(await its.document({ changed: true })).toMatchObject({ outcome: "done" });
    expect(its.world.said).toContain("expired");
  });
});

describe("the end of a capacity block", () => {
  beforeEach(() => {
    for (const node of [0, 1, 2]) its.pulumi.changed.add(node);
    its.pulumi.releaseText = "RELEASE_NUMBER=1\nCAPACITY_ENDS_AT=2027-01-11T11:30:00Z\n";
    const content = "RELEASE_NUMBER=1\nCAPACITY_ENDS_AT=2027-01-20T11:30:00Z\n";
    its.pulumi.others = [
      { op: "update", urn: its.pulumi.urn("object", "release"), newState: { inputs: { content } } },
      { op: "update", urn: its.pulumi.urn("object", "release-pointer") },
    ];
  });

  test("a release that names another one waits, and when it must be there is said", async () => {
    const done = await its.document({ changed: true });
    expect(done).toMatchObject({ releaseFirst: false, left: ["update llm-release", "update llm-release-pointer"] });
    expect(its.world.said.join("\n")).toContain("run 'pulumi up' before 2027-01-11T10:50:00.000Z");
  });

  test("when moved machines would drain with the old block, the release is brought up before them", async () => {
    its.world.now = Date.parse("2027-01-11T10:00:00Z");
    const done = await its.document({ changed: true });
    expect(done).toMatchObject({ releaseFirst: true, left: [] });
    expect(its.pulumi.named("up")[0]).toEqual(["target llm-release", "target llm-release-pointer"]);
    expect(its.pulumi.named("up")).toHaveLength(4);
  });

  test("that comes near while replicas move brings it up before the next one", async () => {
    its.world.now = Date.parse("2027-01-11T09:15:00Z");
    const readyAt: Record<string, number> = {};
    its.world.report = (node, release) => {
      const id = its.pulumi.machines[node] ?? "";
      if (/new/.test(id)) readyAt[id] ??= its.world.now + 600_000;
      return its.world.now < (readyAt[id] ?? 0) ? undefined : readyReport(id, release);
    };
    await its.run({ changed: true, yes: true });
    expect(its.pulumi.named("up").map(([first]) => first)).toEqual([
      "target llm-node-0-template",
      "target llm-release",
      "target llm-node-1-template",
      "target llm-node-2-template",
    ]);
  });
});
