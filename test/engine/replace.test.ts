import { EngineStack, expectNoOrphans, testWithEngine } from "../support/engine";
import { doing } from "../support/previews";
import { Replacing } from "../support/replacing";

jest.setTimeout(300_000);

const p5 = { concurrency: 8, zone: "use1-az6", machine: "p5.48xlarge" };
/** Two replicas of two machines each. */
const gang = { ...p5, model: "deepseek-v3", contextLength: 131_072, overrides: { nodes: 4 } };
/** One replica of two machines. */
const oneGang = { ...gang, overrides: { nodes: 2 } };
/** Three replicas of a machine each. */
const three = { ...p5, model: "llama-3.1-8b", contextLength: 32_768, overrides: { nodes: 3, replicas: 3 } };
const reservation = (number: number) => ({ mode: "reservation", reservationId: `cr-0000000000000000${number}` });

function start(decision: Record<string, unknown>): EngineStack {
  const stack = new EngineStack("dev");
  stack.decide(decision);
  expectDone(stack.up());
  return stack;
}

function expectDone({ code, output }: { code: number | null; output: string }): void {
  expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
}

/** Ids in the state, by name, without what is replaced. */
function idsWithout(stack: EngineStack, ...names: string[]): Record<string, string | undefined> {
  const { resources } = stack.export().deployment;
  const kept = resources.map(({ urn, id }) => [urn.split("::").at(-1) ?? "", id] as const);
  return Object.fromEntries(kept.filter(([name]) => !names.includes(name)));
}

/** What was done in the cloud since, as `delete llm-node-0`. */
function since(stack: EngineStack, start: number): string[] {
  return stack.world
    .read()
    .log.slice(start)
    .map((line) => line.replace(/ aws:\S+/, ""));
}

const logLength = (stack: EngineStack) => stack.world.read().log.length;

describe("a dead node", () => {
  testWithEngine("of a gang is replaced, and every other resource stays as it is", async () => {
    const stack = start(gang);
    const others = idsWithout(stack, "llm-node-2", "llm-node-2-target");
    const dead = idsWithout(stack)["llm-node-2"];
    const replacing = new Replacing(stack);
    stack.world.lose("llm-node-2");
    const begin = logLength(stack);
    const done = await replacing.run({ node: ["2"] });
    const now = idsWithout(stack)["llm-node-2"];
    expect(done).toMatchObject({ outcome: "done", steps: [{ replica: 1, ready: true }] });
    expect(done.steps[0]?.nodes).toEqual([{ node: "node-2", before: null, after: now }]);
    expect(now).not.toBe(dead);
    expect(idsWithout(stack, "llm-node-2", "llm-node-2-target")).toEqual(others);
    expect(since(stack, begin)).toEqual([
      "create llm-node-2",
      "create llm-node-2-target",
      "delete llm-node-2-target",
      "ready replica-1",
    ]);
    expectNoOrphans(stack);
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  });

  testWithEngine("that still runs is stopped first; what else the stack file changes is left for later", async () => {
    const stack = start(oneGang);
    const others = idsWithout(stack, "llm-node-1");
    const replacing = new Replacing(stack);
    stack.decide(oneGang, { environment: "dev", team: "platform" });
    const begin = logLength(stack);
    const done = await replacing.run({ node: ["node-1"] });
    expect(done).toMatchObject({ outcome: "done", steps: [{ nodes: [{ node: "node-1" }], ready: true }] });
    expect(since(stack, begin)).toEqual(["delete llm-node-1", "create llm-node-1", "ready replica-0"]);
    expect(idsWithout(stack, "llm-node-1")).toEqual(others);
    expect(doing(stack.preview())).toContain("update llm-node-0");
  });

  testWithEngine("of a gang in a capacity block that the stack bought goes back into that block", async () => {
    const offering = { instanceType: "p5.48xlarge", zoneId: "use1-az6", instanceCount: 2 };
    const offeringId = "cb-00000000000000001";
    const stack = new EngineStack("dev");
    stack.world.know({ offerings: { [offeringId]: offering }, reservations: {} });
    const purchase = "buy this capacity block; it is paid upfront and not refunded";
    stack.decide({ ...oneGang, capacity: { mode: "capacityBlock", offeringId, purchase, hours: 24 } });
    expectDone(stack.up());
    const block = idsWithout(stack)["llm-block"];
    const others = idsWithout(stack, "llm-node-0", "llm-node-0-target");
    const replacing = new Replacing(stack);
    stack.world.lose("llm-node-0");
    const begin = logLength(stack);
    expect(await replacing.run({ node: ["0"] })).toMatchObject({ outcome: "done" });
    expect(stack.world.all("Instance").map(({ attributes }) => attributes.reservedSlot)).toEqual([block, block]);
    expect(idsWithout(stack, "llm-node-0", "llm-node-0-target")).toEqual(others);
    expect(since(stack, begin).join()).not.toContain("llm-block");
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  });

  testWithEngine("that finds no capacity leaves the gang's others, and comes at the next run", async () => {
    const stack = start({ ...oneGang, capacity: { mode: "onDemand", allOrNothing: false } });
    const replacing = new Replacing(stack);
    stack.world.lose("llm-node-1");
    stack.world.know({ capacity: { "p5.48xlarge use1-az6": 1 } });
    const failed = await replacing.run({ node: ["1"] });
    expect(failed).toMatchObject({
      outcome: "stopped",
      steps: [{ nodes: [{ before: null, after: null }], ready: false }],
    });
    expect(failed.error?.message).toMatch(/InsufficientInstanceCapacity.*Fix: .*preflight/);
    expect(stack.world.all("Instance").map(({ name }) => name)).toEqual(["llm-node-0"]);
    stack.world.know({ capacity: { "p5.48xlarge use1-az6": 2 } });
    expect(await replacing.run({ node: ["1"] })).toMatchObject({ outcome: "done", steps: [{ ready: true }] });
    expectNoOrphans(stack);
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  });
});

describe("a new reservation", () => {
  testWithEngine("moves replicas one at a time, in order, and goes on where it was interrupted", async () => {
    const stack = start({ ...three, capacity: reservation(1) });
    const replacing = new Replacing(stack);
    stack.decide({ ...three, capacity: reservation(2) });
    const begin = logLength(stack);
    replacing.onReady = (replica) => replica === 0 && replacing.interrupt();
    const first = await replacing.run({ changed: true });
    expect(first).toMatchObject({ outcome: "stopped", steps: [{ replica: 0, ready: true }], skipped: [] });
    expect(first.error?.message).toMatch(/^stopped\. Fix: go on with 'llm-cluster replace/);
    const moved = idsWithout(stack)["llm-node-0"];
    expect(await replacing.run({ changed: true })).toMatchObject({
      outcome: "done",
      skipped: [0],
      steps: [
        { replica: 1, ready: true },
        { replica: 2, ready: true },
      ],
      left: ["update llm"],
    });
    expect(idsWithout(stack)["llm-node-0"]).toBe(moved);
    expect(since(stack, begin)).toEqual(
      [0, 1, 2].flatMap((node) => [
        `update llm-node-${node}-template`,
        `delete llm-node-${node}-target`,
        `delete llm-node-${node}`,
        `create llm-node-${node}`,
        `create llm-node-${node}-target`,
        `ready replica-${node}`,
      ]),
    );
    const slots = stack.world.all("Instance").map(({ attributes }) => attributes.reservedSlot);
    expect(new Set(slots)).toEqual(new Set([reservation(2).reservationId]));
    expectNoOrphans(stack);
    expectDone(stack.up());
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  });

  testWithEngine("that has no room stops at the first replica; the others go on serving", async () => {
    const stack = start({ ...three, capacity: reservation(1) });
    const others = idsWithout(stack, "llm-node-0", "llm-node-0-target");
    const place = { instanceType: "p5.48xlarge", zoneId: "use1-az6", kind: "reservation" as const };
    stack.world.know({
      reservations: {
        [reservation(1).reservationId]: { ...place, instanceCount: 3 },
        [reservation(2).reservationId]: { ...place, instanceCount: 3, used: 3 },
      },
    });
    const replacing = new Replacing(stack);
    stack.decide({ ...three, capacity: reservation(2) });
    const failed = await replacing.run({ changed: true });
    expect(failed.error?.message).toMatch(/ReservationCapacityExceeded.*Fix: /);
    expect(idsWithout(stack, "llm-node-0", "llm-node-0-target")).toEqual(others);
    expect(stack.world.all("Instance")).toHaveLength(2);
    // The stack file is taken back, and the same command brings the replica home.
    stack.decide({ ...three, capacity: reservation(1) });
    const back = await replacing.run({ changed: true });
    expect(back).toMatchObject({ outcome: "done", skipped: [1, 2], steps: [{ replica: 0, ready: true }], left: [] });
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  });

  testWithEngine("of the stack's own is made before the first machine moves into it", async () => {
    const stack = start({ ...three, capacity: reservation(1) });
    const replacing = new Replacing(stack);
    stack.decide({ ...three, capacity: { mode: "onDemand", allOrNothing: true } });
    const begin = logLength(stack);
    const done = await replacing.run({ changed: true });
    expect(done).toMatchObject({
      outcome: "done",
      made: ["llm-capacity-az6", "llm-placement-az6"],
      left: ["update llm"],
    });
    expect(since(stack, begin).slice(0, 3)).toEqual([
      "create llm-placement-az6",
      "create llm-capacity-az6",
      "update llm-node-0-template",
    ]);
    expectNoOrphans(stack);
  });

  testWithEngine(
    "block whose forerunner is nearly over brings the release up first, and moves all the same",
    async () => {
      const block = (number: number, endDate: string) => ({
        [reservation(number).reservationId]: {
          kind: "block" as const,
          instanceType: "p5.48xlarge",
          zoneId: "use1-az6",
          instanceCount: 3,
          endDate,
        },
      });
      const decision = (number: number) => ({
        ...three,
        capacity: { mode: "capacityBlock", reservationId: reservation(number).reservationId, hours: 24 },
      });
      const stack = new EngineStack("dev");
      stack.world.know({
        now: "2027-01-10T00:00:00Z",
        reservations: { ...block(1, "2027-01-11T11:30:00Z"), ...block(2, "2027-01-12T11:30:00Z") },
      });
      stack.decide(decision(1));
      expectDone(stack.up());
      stack.decide(decision(2));
      const early = await new Replacing(stack, () => Date.parse("2027-01-10T00:00:00Z")).run({
        changed: true,
        dryRun: true,
      });
      expect(early).toMatchObject({ outcome: "shown", releaseFirst: false });
      const begin = logLength(stack);
      const late = await new Replacing(stack, () => Date.parse("2027-01-11T10:00:00Z")).run({ changed: true });
      expect(late).toMatchObject({ outcome: "done", releaseFirst: true, left: ["update llm"] });
      expect(since(stack, begin).slice(0, 3)).toEqual([
        "update llm-release",
        "update llm-release-pointer",
        "update llm-node-0-template",
      ]);
    },
  );
});

describe("a new image", () => {
  testWithEngine("moves a gang's machines together, and the next gang when they are ready", async () => {
    const stack = start({ ...gang, capacity: reservation(1) });
    const replacing = new Replacing(stack);
    stack.decide({ ...gang, capacity: reservation(1) }, undefined, { amiId: "ami-0ccccccccccccccc3" });
    const begin = logLength(stack);
    expect(await replacing.run({ changed: true })).toMatchObject({
      outcome: "done",
      steps: [{ nodes: [{ node: "node-0" }, { node: "node-1" }] }, { nodes: [{ node: "node-2" }, { node: "node-3" }] }],
      left: ["update llm", "delete llm-image"],
    });
    const log = since(stack, begin);
    const firstOfSecond = log.findIndex((line) => /^delete llm-node-[23]$/.test(line));
    expect(log.slice(0, firstOfSecond)).toEqual(expect.arrayContaining(["ready replica-0"]));
    expect(stack.world.all("Instance").map(({ attributes }) => attributes.ami)).toEqual(
      Array(4).fill("ami-0ccccccccccccccc3"),
    );
  });
});
