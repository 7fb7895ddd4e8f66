import { EngineStack, expectNoOrphans, testWithEngine } from "../support/engine";

jest.setTimeout(300_000);

/** Two machines of eight GPUs that serve together, bought on demand: all start, or none. */
const gang = {
  model: "deepseek-v3",
  contextLength: 131_072,
  concurrency: 8,
  zone: "use1-az6",
  machine: "p5.48xlarge",
  overrides: { nodes: 2 },
};

function gangStack(): EngineStack {
  const stack = new EngineStack("dev");
  stack.decide(gang);
  return stack;
}

/** Id of a resource in the state; undefined where it is not in it. */
function idOf(stack: EngineStack, name: string): string | undefined {
  return stack.export().deployment.resources.find(({ urn }) => urn.endsWith(`::${name}`))?.id;
}

function creations(stack: EngineStack, kind: string): number {
  return stack.world.read().log.filter((line) => line.startsWith("create ") && line.includes(`:${kind} `)).length;
}

function expectConverged(stack: EngineStack): void {
  expectNoOrphans(stack);
  expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  expect(stack.run(["destroy", "--yes", "--skip-preview"])).toMatchObject({ code: 0 });
  expect(stack.world.resources()).toEqual([]);
}

describe("a machine that AWS made, and the provider reports as an error (pulumi-aws#5178, provider-aws#33665)", () => {
  testWithEngine.each([1, 2])("of a gang, the %i. one: the state has its id, and the next up converges", (nth) => {
    const stack = gangStack();
    stack.world.order({ operation: "create", kind: "Instance", nth, what: "timeout" });
    const failed = stack.up();
    expect(failed.code).not.toBe(0);
    expect(failed.output).toMatch(/llm-node-[01]/);
    // Whatever runs, and is billed, is in the state.
    expectNoOrphans(stack);
    const made = Object.fromEntries(stack.world.all("Instance").map(({ name, id }) => [name, id]));
    expect(Object.keys(made).length).toBeGreaterThan(0);
    const reservation = idOf(stack, "llm-capacity-az6");
    expect(reservation).toMatch(/^cr-/);
    stack.world.order();
    expect(stack.up()).toMatchObject({ code: 0 });
    expect(Object.fromEntries(stack.world.all("Instance").map(({ name, id }) => [name, id]))).toMatchObject(made);
    expect(stack.world.all("Instance")).toHaveLength(2);
    expect(creations(stack, "Instance")).toBe(2);
    expect(idOf(stack, "llm-capacity-az6")).toBe(reservation);
    expect(stack.world.all("Instance").map(({ attributes }) => attributes.reservedSlot)).toEqual([
      reservation,
      reservation,
    ]);
    expectConverged(stack);
  });
});

describe("too little capacity for a gang", () => {
  testWithEngine("starts no machine and leaves nothing that is billed for it; the next up converges", () => {
    const stack = gangStack();
    stack.world.know({ capacity: { "p5.48xlarge use1-az6": 1 } });
    const failed = stack.up();
    expect(failed.code).not.toBe(0);
    expect(failed.output).toMatch(/llm-capacity-az6[\s\S]*InsufficientInstanceCapacity/);
    expect(creations(stack, "Instance")).toBe(0);
    expect(stack.world.all("CapacityReservation")).toEqual([]);
    expectNoOrphans(stack);
    stack.world.know({ capacity: { "p5.48xlarge use1-az6": 2 } });
    expect(stack.up()).toMatchObject({ code: 0 });
    expect(stack.world.all("Instance")).toHaveLength(2);
    expectConverged(stack);
  });

  testWithEngine("under a quota that is too small is the same", () => {
    const stack = gangStack();
    stack.world.know({ onDemandVcpus: 192 });
    const failed = stack.up();
    expect(failed.code).not.toBe(0);
    expect(failed.output).toMatch(/llm-capacity-az6[\s\S]*VcpuLimitExceeded/);
    expect(creations(stack, "Instance")).toBe(0);
    stack.world.know({ onDemandVcpus: 384 });
    expect(stack.up()).toMatchObject({ code: 0 });
    expectConverged(stack);
  });

  testWithEngine("where it was not to be all or none: what started is in the state, and the rest comes later", () => {
    const stack = new EngineStack("dev");
    stack.decide({ ...gang, capacity: { mode: "onDemand", allOrNothing: false } });
    stack.world.know({ capacity: { "p5.48xlarge use1-az6": 1 } });
    const failed = stack.up();
    expect(failed.code).not.toBe(0);
    expect(failed.output).toMatch(/InsufficientInstanceCapacity/);
    expect(stack.world.all("Instance")).toHaveLength(1);
    expectNoOrphans(stack);
    // A release that nobody can serve yet is not pointed to.
    expect(idOf(stack, "llm-release-pointer")).toBeUndefined();
    const started = stack.world.all("Instance")[0]?.id;
    stack.world.know({ capacity: { "p5.48xlarge use1-az6": 2 } });
    expect(stack.up()).toMatchObject({ code: 0 });
    expect(stack.world.all("Instance").map(({ id }) => id)).toContain(started);
    expectConverged(stack);
  });
});
