import type { ReplaceOptions } from "../../cli/commands/replace";
import { failure, ReplaceRun, readyReport } from "./replaceSupport";

const its = new ReplaceRun();

describe("asking", () => {
  test("shows what will be done, and a no replaces nothing", async () => {
    its.world.answer = false;
    await its.run({ node: ["1"] });
    expect(its.world.asked).toHaveLength(1);
    expect(its.world.said).toContain("replica 1: replace llm-node-1, replace llm-node-1-target");
    expect(its.printed.join("\n")).toBe("nothing was replaced");
    expect(process.exitCode).toBe(1);
    expect(its.pulumi.named("up")).toEqual([]);
  });

  test("a yes goes on, and --yes is not asked", async () => {
    await its.run({ node: ["1"] });
    expect(its.pulumi.named("up")).toHaveLength(1);
    await its.run({ node: ["1"], yes: true });
    expect(its.world.asked).toHaveLength(1);
  });

  test("where there is nobody to ask, --yes is needed", async () => {
    its.world.answer = undefined;
    await its.run({ node: ["1"] });
    expect(its.errors.join()).toMatch(/nobody to ask. Fix: add --yes, or --dry-run/);
    expect(its.pulumi.named("up")).toEqual([]);
  });

  test("--dry-run shows the same, and replaces nothing", async () => {
    its.pulumi.changed.add(0);
    const done = await its.document({ changed: true, yes: false, dryRun: true });
    expect(done).toMatchObject({ outcome: "shown", steps: [] });
    expect(its.world.said).toContain("replica 0: replace node-0");
    expect(its.pulumi.named("up")).toEqual([]);
  });

  test.each<[ReplaceOptions, RegExp]>([
    [{}, /^replace: which machines. Fix: --node INDEX/],
    [{ node: ["1"], changed: true }, /both given. Fix: /],
    [{ node: ["1"], json: true }, /^--json: .*Fix: add --yes or --dry-run/],
    [{ node: ["1"], timeout: "soon" }, /^--timeout soon: .*Fix: such as --timeout 90/],
    [{ node: ["1"], timeout: "0" }, /^--timeout 0: /],
  ])("%p is refused before Pulumi is run", async (options, message) => {
    await expect(its.run(options)).rejects.toThrow(message);
    expect(its.pulumi.runs).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  beforeEach(() => {
    for (const node of [0, 1, 2]) its.pulumi.changed.add(node);
  });

  test("ends the step under way, waits no longer, and says how to go on", async () => {
    its.pulumi.onUpdate = () => its.world.interrupt();
    const done = await its.document({ changed: true });
    expect(done).toMatchObject({ outcome: "stopped", steps: [{ replica: 0, ready: false }] });
    expect(done.error.message).toMatch(
      /^stopped. Fix: see 'llm-cluster status .*go on with 'llm-cluster replace .* --changed'/,
    );
    expect(its.pulumi.named("up")).toHaveLength(1);
    expect(its.pulumi.interrupts).toBe(0);
  });

  test("for the second time asks Pulumi to stop within the step", async () => {
    its.pulumi.onUpdate = () => {
      its.world.interrupt();
      its.world.interrupt();
    };
    await its.document({ changed: true });
    expect(its.pulumi.interrupts).toBe(1);
  });

  test("while a replica is waited for leaves the waiting", async () => {
    its.world.report = (node, release) => readyReport(`i-${node}`, release);
    its.world.onSleep = () => its.world.interrupt();
    const before = its.world.now;
    await its.document({ changed: true });
    expect(its.world.now - before).toBe(15_000);
  });
});

describe("what goes wrong", () => {
  test.each([
    ["no such stack", "error: no stack named 'dev' found", /no stack named 'dev' found. Fix: bring the stack up first/],
    [
      "not logged in",
      "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
      /Fix: log in \('pulumi login'\)/,
    ],
    [
      "no passphrase",
      "error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
      /Fix: set PULUMI_CONFIG_PASSPHRASE/,
    ],
  ])("%s", async (_, said, message) => {
    its.pulumi.faults = [{ command: "stack export", run: failure(said) }];
    await expect(its.run({ node: ["1"], yes: true })).rejects.toThrow(message);
  });

  test.each([
    [
      "the stack is locked",
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end",
      /Fix: wait until the other update has ended; .*'pulumi cancel'/,
    ],
    ["another update runs", "error: [409] Conflict: Another update is currently in progress.", /Fix: wait until/],
    [
      "no capacity",
      "  aws:ec2:Instance (llm-node-1):\n    error: InsufficientInstanceCapacity: none\n\n    error: update failed\n",
      /failed: InsufficientInstanceCapacity: none. Fix: see 'llm-cluster preflight'/,
    ],
    ["the engine says nothing", "", /'pulumi up' failed: it ended with 255. Fix: /],
  ])("%s while a machine is replaced", async (_, said, message) => {
    its.pulumi.faults = [{ command: "up", run: failure("", said) }];
    const done = await its.document({ node: ["1"] });
    expect(done.error.message).toMatch(message);
    expect(done.steps).toEqual([
      { replica: 1, nodes: [{ node: "node-1", before: "i-1", after: "i-1" }], ready: false },
    ]);
  });

  test("a preview that fails is told of by its diagnostics", async () => {
    const diagnostics = [{ severity: "error", message: "error: decision.model: is unknown\n" }];
    its.pulumi.faults = [{ command: "preview", run: failure("", JSON.stringify({ diagnostics })) }];
    const done = await its.document({ changed: true });
    expect(done.error.message).toMatch(/^'pulumi preview' failed: decision.model: is unknown. Fix: /);
  });

  test("a stack that is up with another number of machines is refused", async () => {
    its.pulumi.planned = { nodes: 2, replicas: 2 };
    await expect(its.run({ changed: true })).rejects.toThrow(
      /decision: plans 3 nodes in 3 replicas, and the stack is up with 2 nodes in 2 replicas. Fix: /,
    );
  });

  test("a creation that was cut off is cleared up first", async () => {
    its.pulumi.pending = ["node-2"];
    await expect(its.run({ changed: true })).rejects.toThrow(
      /cut off while it created llm-node-2. Fix: .*'pulumi refresh'/,
    );
  });

  test("a cluster that is not up is refused", async () => {
    its.pulumi.faults = [{ command: "stack export", run: { code: 0, stdout: '{"deployment":{}}', stderr: "" } }];
    await expect(its.run({ changed: true })).rejects.toThrow(
      /stack dev: there is no cluster in it. Fix: run 'pulumi up'/,
    );
  });
});
