import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bring, bucketType, routeTableType, subnetType, vpcType } from "../cloud/clouds";
import { root } from "../support/cli";
import { EngineStack, expectNoOrphans, testWithEngine } from "../support/engine";
import { doing } from "../support/previews";

jest.setTimeout(240_000);

interface Example {
  name: string;
  /** What the model is changed to: one that the same machines carry. */
  other: Record<string, string>;
  /** What destroy leaves, because its owner asked for it. */
  stays: string[];
}

const store = [
  "llm-models",
  "llm-models-encryption",
  "llm-models-lifecycle",
  "llm-models-private",
  "llm-models-tls-only",
];

const examples: Example[] = [
  { name: "llama-70b", other: { model: "qwen3-32b", precision: "fp8" }, stays: [] },
  { name: "llama-405b", other: { model: "llama-3.3-70b", precision: "fp8" }, stays: store },
  // As many machines, whatever the other model would take.
  { name: "gang-128k", other: { model: "llama-3.3-70b", precision: "bf16", nodes: "2" }, stays: [] },
  { name: "spot-dev", other: { model: "llama-3.1-8b", precision: "bf16" }, stays: [] },
  { name: "block", other: { model: "llama-3.1-405b", precision: "fp8" }, stays: [] },
  { name: "own-vpc", other: { model: "llama-3.3-70b", precision: "fp8" }, stays: [] },
];

/** The block that the example names, as its account has it. */
const week = { kind: "block", instanceType: "p5en.48xlarge", zoneId: "use1-az6", instanceCount: 1 } as const;

const textOf = (name: string) => readFileSync(join(root, `examples/stacks/Pulumi.${name}.yaml`), "utf8");

/** What an example brings along is there before, under the ids that its file is then given. */
async function bringAlong(stack: EngineStack, text: string): Promise<string> {
  const { world } = stack;
  const vpcId = await bring(world, vpcType, "theirs", { cidrBlock: "10.1.0.0/16" });
  const subnet = (name: string, cidrBlock: string, availabilityZone: string) =>
    bring(world, subnetType, name, { vpcId, cidrBlock, availabilityZone });
  const given = {
    "subnet-0123456789abcdef0": await subnet("theirs", "10.1.0.0/20", "us-east-1a"),
    "subnet-0fedcba9876543210": await subnet("theirs-b", "10.1.16.0/20", "us-east-1b"),
    "rtb-0123456789abcdef0": await bring(world, routeTableType, "theirs", { vpcId }),
    "example-model-store": await bring(world, bucketType, "theirs", { bucket: "example-model-store" }),
  };
  return Object.entries(given).reduce((all, [example, id]) => all.replaceAll(example, id), text);
}

/** The example with another model in the place of its own. */
function withOther(text: string, other: Record<string, string>): string {
  const { model = "", precision = "", nodes } = other;
  const overrides = nodes === undefined ? "" : `\n    overrides: { nodes: ${nodes}, replicas: 1 }`;
  return text
    .replace(/^ {4}precision: .*\n/m, "")
    .replace(/^ {4}contextLength: .*$/m, "    contextLength: 4096")
    .replace(/^ {4}averageTokens: .*$/m, "    averageTokens: 2048")
    .replace(/^ {4}model: .*$/m, `    model: ${model}\n    precision: ${precision}${overrides}`);
}

function expectDone({ code, output }: { code: number | null; output: string }): void {
  expect(`${code} ${code === 0 ? "" : output}`).toBe("0 ");
}

testWithEngine.each(examples)(
  "$name lives: up, up again, refresh, another model, destroy",
  async ({ name, other, stays }) => {
    const stack = new EngineStack(name, textOf(name));
    const text = name === "own-vpc" ? await bringAlong(stack, textOf(name)) : textOf(name);
    stack.configure(text);
    stack.world.know({ reservations: { "cr-0123456789abcdef0": week } });
    expectDone(stack.up());
    expectNoOrphans(stack);
    expectDone(stack.up("--expect-no-changes"));
    expectDone(stack.run(["refresh", "--yes", "--expect-no-changes"]));

    const machines = stack.world.all("Instance").map(({ id }) => id);
    stack.configure(withOther(text, other));
    const steps = doing(stack.preview());
    expect(steps).toContain("update llm-release");
    expect(steps.filter((step) => /node-|replace/.test(step))).toEqual([]);
    expectDone(stack.up());
    expect(stack.world.all("Instance").map(({ id }) => id)).toEqual(machines);

    const before = stack.world.foreign().length;
    expectDone(stack.run(["destroy", "--yes", "--skip-preview"]));
    const left = stack.world.foreign().slice(before).concat(stack.world.resources());
    expect(left.map((resource) => resource.name).sort()).toEqual(stays);
  },
);
