import { EngineStack, engineVersion, expectNoOrphans, testWithEngine } from "../support/engine";
import { doing } from "../support/previews";

jest.setTimeout(180_000);

const imageParameter = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id";
const dev = { model: "llama-3.1-8b", contextLength: 32_768, concurrency: 8, zone: "use1-az6" };

describe("the life of a stack", () => {
  let stack: EngineStack;
  beforeAll(() => {
    if (engineVersion) stack = new EngineStack("dev");
  });

  testWithEngine("up makes every resource, and puts out endpoint and cost", () => {
    const { code, output } = stack.up();
    expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
    expect(stack.world.resources()).toHaveLength(52);
    expectNoOrphans(stack);
    expect(stack.outputs()).toMatchObject({
      endpoint: expect.stringMatching(/^http:\/\/llm-nlb-az6-[0-9a-f]{7}.*\.elb\.us-east-1\.amazonaws\.com:8000\/v1$/),
      machine: "1 x p5.4xlarge",
      monthlyCostUsd: expect.stringMatching(/^\d+\.\d\d$/),
      nodeAddresses: [expect.stringMatching(/^10\./)],
      oneOffCostUsd: "0.00",
    });
  });

  testWithEngine("a second up has nothing to do, and a refresh finds no drift", () => {
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
    expect(stack.run(["refresh", "--yes", "--expect-no-changes"])).toMatchObject({ code: 0 });
  });

  testWithEngine("a newer machine image is shown, and changes nothing", () => {
    const before = stack.outputs();
    expect(before.newestImageId).toBe(before.imageId);
    stack.world.set(imageParameter, "ami-0bbbbbbbbbbbbbbb2");
    expect(doing(stack.preview())).toEqual([]);
    expect(stack.up()).toMatchObject({ code: 0 });
    expect(stack.outputs()).toMatchObject({ imageId: before.imageId, newestImageId: "ami-0bbbbbbbbbbbbbbb2" });
  });

  testWithEngine("another model on the same machine updates the release, and no node", () => {
    const node = stack.world.all("Instance")[0]?.id;
    stack.decide({ ...dev, model: "qwen3-32b", precision: "fp8", contextLength: 8192 });
    expect(doing(stack.preview())).toEqual(["update llm", "update llm-release", "update llm-release-pointer"]);
    expect(stack.up()).toMatchObject({ code: 0 });
    expect(stack.world.all("Instance").map(({ id }) => id)).toEqual([node]);
    const release = stack.world.resources().find(({ name }) => name === "llm-release");
    expect(String(release?.inputs.content)).toContain("WEIGHTS_PREFIX=models/qwen3-32b/fp8");
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  });

  testWithEngine("another machine replaces the node, and the preview says so", () => {
    const before = stack.world.all("Instance")[0]?.id;
    stack.decide({ ...dev, machine: "p5.48xlarge" });
    const preview = stack.preview();
    expect(doing(preview)).toEqual(expect.arrayContaining(["replace llm-node-0", "update llm-node-0-template"]));
    expect(preview.steps.find(({ urn }) => urn.endsWith("::llm-node-0"))?.replaceReasons).toEqual([
      "launchTemplate.version",
    ]);
    expect(stack.up()).toMatchObject({ code: 0 });
    const [after, ...more] = stack.world.all("Instance");
    expect(more).toEqual([]);
    expect(after?.id).not.toBe(before);
    expect(after?.attributes.instanceType).toBe("p5.48xlarge");
    expectNoOrphans(stack);
  });

  testWithEngine("tags change in place, in the preview too", () => {
    stack.decide({ ...dev, machine: "p5.48xlarge" }, { environment: "dev", team: "platform" });
    const preview = stack.preview();
    expect(preview.changeSummary.replace ?? 0).toBe(0);
    expect(doing(preview)).toContain("update llm-node-0");
    expect(doing(preview)).not.toContain("update llm-node-0-template");
    expect(stack.up()).toMatchObject({ code: 0 });
  });

  testWithEngine("more machines are added beside those that serve, and are grouped anew without a replacement", () => {
    const serving = stack.world.all("Instance").map(({ id }) => id);
    const grow = (pipelineParallel: number, replicas: number) => {
      stack.decide(
        { ...dev, machine: "p5.48xlarge", overrides: { pipelineParallel, replicas } },
        { environment: "dev", team: "platform" },
      );
    };
    grow(1, 4);
    expect(stack.preview().changeSummary.replace ?? 0).toBe(0);
    expect(stack.up()).toMatchObject({ code: 0 });
    const four = stack.world.all("Instance").map(({ id }) => id);
    expect(four).toHaveLength(4);
    expect(four).toEqual(expect.arrayContaining(serving));
    grow(2, 2);
    expect(doing(stack.preview())).toEqual([
      "create llm-capacity-az6",
      "delete llm-node-1-target",
      "delete llm-node-3-target",
      "update llm",
      "update llm-release",
      "update llm-release-pointer",
    ]);
    expect(stack.up()).toMatchObject({ code: 0 });
    expect(
      stack.world
        .all("Instance")
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...four].sort());
    expectNoOrphans(stack);
  });

  testWithEngine("another zone takes the cluster with it", () => {
    stack.decide({ ...dev, machine: "p5.48xlarge", zone: "use1-az4" }, { environment: "dev", team: "platform" });
    const { code, output } = stack.up();
    expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
    expect(stack.world.all("Subnet").map(({ inputs }) => inputs.availabilityZoneId)).toEqual(["use1-az4", "use1-az4"]);
    expect(stack.world.all("Instance")).toHaveLength(1);
    expectNoOrphans(stack);
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  });

  testWithEngine("another port replaces the target group, and no machine", () => {
    const node = stack.world.all("Instance")[0]?.id;
    stack.decide(
      { ...dev, machine: "p5.48xlarge", zone: "use1-az4" },
      { environment: "dev", team: "platform" },
      { port: 9000 },
    );
    const { code, output } = stack.up();
    expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
    expect(stack.world.all("Instance")[0]?.id).toBe(node);
    expect(stack.outputs().endpoint).toMatch(/:9000\/v1$/);
    expectNoOrphans(stack);
  });

  testWithEngine("what is changed or lost behind the engine's back is seen, and put right", () => {
    stack.world.alter("llm-tg-az4", { deregistrationDelay: 1 });
    stack.world.lose("llm-node-0");
    const refreshed = stack.run(["refresh", "--preview-only", "--expect-no-changes"]);
    expect(refreshed.code).not.toBe(0);
    expect(refreshed.output).toMatch(/llm-tg-az4/);
    expect(refreshed.output).toMatch(/llm-node-0/);
    expect(stack.run(["refresh", "--yes"])).toMatchObject({ code: 0 });
    expect(doing(stack.preview())).toEqual(expect.arrayContaining(["create llm-node-0", "update llm-tg-az4"]));
    expect(stack.up()).toMatchObject({ code: 0 });
    expect(stack.world.resources().find(({ name }) => name === "llm-tg-az4")?.inputs.deregistrationDelay).toBe(120);
    expectNoOrphans(stack);
  });

  testWithEngine("destroy leaves nothing", () => {
    const { code, output } = stack.run(["destroy", "--yes", "--skip-preview"]);
    expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
    expect(stack.world.resources()).toEqual([]);
  });
});

describe("what is asked to stay", () => {
  testWithEngine("stays: destroy of production leaves the model store and its protection", () => {
    const stack = new EngineStack("prod-aws");
    expect(stack.up()).toMatchObject({ code: 0 });
    const { code, output } = stack.run(["destroy", "--yes", "--skip-preview"]);
    expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
    expect(
      stack.world
        .resources()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      "llm-models",
      "llm-models-encryption",
      "llm-models-lifecycle",
      "llm-models-private",
      "llm-models-tls-only",
    ]);
  });
});

describe("when things go wrong", () => {
  testWithEngine.each([
    ["has no capacity", "fail"],
    ["is throttled", "throttle"],
    ["is made and then times out", "timeout"],
  ] as const)("a node that %s fails the update, and the next one converges with nothing orphaned", (_, what) => {
    const stack = new EngineStack("dev");
    stack.world.order({ operation: "create", kind: "Instance", nth: 1, what });
    const first = stack.up();
    expect(first.code).not.toBe(0);
    expect(first.output).toMatch(/llm-node-0/);
    expect(stack.up()).toMatchObject({ code: 0 });
    expect(stack.world.all("Instance")).toHaveLength(1);
    expectNoOrphans(stack);
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
    expect(stack.run(["destroy", "--yes", "--skip-preview"])).toMatchObject({ code: 0 });
    expect(stack.world.resources()).toEqual([]);
  });

  testWithEngine("an update that is killed is recovered with the engine's own commands", async () => {
    const stack = new EngineStack("dev");
    stack.world.order({ operation: "create", kind: "Instance", nth: 1, what: "hang" });
    await stack.killDuring(["up", "--yes", "--skip-preview"], "llm-node-0", "llm-listener-az6");
    stack.world.order();
    expect(stack.run(["cancel", "--yes"])).toMatchObject({ code: 0 });
    expect(stack.run(["refresh", "--yes", "--clear-pending-creates"])).toMatchObject({ code: 0 });
    expect(stack.up()).toMatchObject({ code: 0 });
    expectNoOrphans(stack);
    expect(stack.export().deployment.pending_operations ?? []).toEqual([]);
  });

  testWithEngine(
    "a wrong configuration ends before anything is registered, with every problem and no stack trace",
    () => {
      const stack = new EngineStack("dev");
      stack.decide({ model: "nope", contextLength: -1, zone: "x" });
      const { code, output } = stack.up();
      expect(code).not.toBe(0);
      expect(output).toMatch(/3 problems[\s\S]*decision\.contextLength[\s\S]*decision\.model[\s\S]*decision\.zone/);
      expect(output).not.toMatch(/\n\s+at .*\.js/);
      expect(stack.world.resources()).toEqual([]);
      expect(stack.export().deployment.resources?.filter(({ custom }) => custom) ?? []).toEqual([]);
    },
  );
});
