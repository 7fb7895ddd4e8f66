import { EngineStack, engineVersion, testWithEngine } from "../support/engine";
import { doing } from "../support/previews";

jest.setTimeout(180_000);

const tuning = { model: "llama-3.1-8b", workload: "lora", machine: "p5.4xlarge", zone: "use1-az6" };
const serving = {
  model: "llama-3.1-8b",
  contextLength: 32_768,
  concurrency: 8,
  machine: "p5.4xlarge",
  zone: "use1-az6",
};

/** The stack file of a decision, with what a cluster that trains needs. */
function configure(
  stack: EngineStack,
  decision: Record<string, unknown>,
  training: Record<string, unknown> = {},
): void {
  const config = {
    "aws:region": "us-east-1",
    "llm-cluster:decision": decision,
    "llm-cluster:training": training,
    "llm-cluster:storage": { onDelete: "delete" },
  };
  stack.configure(`config: ${JSON.stringify(config)}\n`);
}

const image = { image: "nvcr.io/nvidia/pytorch:25.10-py3" };

describe("the life of a stack that trains", () => {
  let stack: EngineStack;
  beforeAll(() => {
    if (!engineVersion) return;
    stack = new EngineStack("tune", "config: {}\n");
    configure(stack, tuning, image);
  });
  const instances = () => stack.world.all("Instance").map(({ id }) => id);
  const up = () => {
    const { code, output } = stack.up();
    expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
    expect(stack.up("--expect-no-changes")).toMatchObject({ code: 0 });
  };

  testWithEngine("up makes machines and store, and no endpoint; a second up has nothing to do", () => {
    up();
    expect(stack.outputs()).toMatchObject({
      ...{ endpoint: "", apiKeySecret: "", machine: "1 x p5.4xlarge", oneOffCostUsd: "0.00" },
      monthlyCostUsd: expect.stringMatching(/^\d+\.\d\d$/),
    });
    expect(stack.world.all("LoadBalancer")).toEqual([]);
    expect(stack.world.all("Secret")).toEqual([]);
  });

  testWithEngine("another recipe changes no machine, and another image the release alone", () => {
    const before = instances();
    configure(stack, { ...tuning, training: { loraRank: 64, tokens: 1e9 } }, image);
    expect(doing(stack.preview())).toEqual(["update llm"]);
    configure(stack, tuning, { image: "nvcr.io/nvidia/pytorch:25.11-py3" });
    expect(doing(stack.preview())).toEqual(["update llm", "update llm-release", "update llm-release-pointer"]);
    up();
    expect(instances()).toEqual(before);
  });

  testWithEngine("from training to serving and back, the machine stays", () => {
    const before = instances();
    configure(stack, serving);
    expect(stack.preview().changeSummary.replace ?? 0).toBe(0);
    up();
    expect(stack.outputs().endpoint).toMatch(/^http:\/\//);
    configure(stack, tuning, image);
    up();
    expect(stack.outputs().endpoint).toBe("");
    expect(stack.world.all("LoadBalancer")).toEqual([]);
    expect(instances()).toEqual(before);
  });

  testWithEngine("destroy leaves nothing", () => {
    expect(stack.run(["destroy", "--yes", "--skip-preview"])).toMatchObject({ code: 0 });
    expect(stack.world.resources()).toEqual([]);
  });
});
