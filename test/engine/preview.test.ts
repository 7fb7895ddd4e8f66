import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runCli } from "../support/cli";
import { EngineStack, type PreviewStep, testWithEngine } from "../support/engine";

jest.setTimeout(120_000);

interface Recorded {
  urn: string;
  type: string;
  parent?: string;
  inputs: Record<string, unknown>;
  protect: boolean;
  retainOnDelete: boolean;
}

/**
 * Names that the provider draws are drawn anew each time. The image is the one thing that the engine asks the cloud
 * for at preview, and that an offline preview cannot know.
 */
function comparable(inputs: Record<string, unknown>): Record<string, unknown> {
  const { userData, imageId, ...rest } = inputs;
  const readable = typeof userData === "string" ? { userData: Buffer.from(userData, "base64").toString() } : {};
  return JSON.parse(JSON.stringify({ ...rest, ...readable }).replace(/-[0-9a-f]{7}\b/g, "-(drawn)"));
}

function byEngine({ urn, newState }: PreviewStep): Recorded | undefined {
  if (!newState || newState.type.startsWith("pulumi:")) return undefined;
  const { type, parent, inputs = {}, protect = false, retainOnDelete = false } = newState;
  return { urn, type, parent, inputs: comparable(inputs), protect, retainOnDelete };
}

function offline(stack: string): Recorded[] {
  const { resources } = JSON.parse(runCli(["preview", stack, "--json"]).stdout) as { resources: Recorded[] };
  return resources
    .filter(({ type }) => !type.startsWith("pulumi:"))
    .map(({ urn, type, parent, inputs, protect, retainOnDelete }) => ({
      urn,
      type,
      parent,
      inputs: comparable(inputs),
      protect,
      retainOnDelete,
    }));
}

const inOrder = (records: readonly Recorded[]) =>
  [...records].sort((left, right) => left.urn.localeCompare(right.urn, "en"));

testWithEngine.each(["dev", "prod-aws"])(
  "%s: the offline preview registers what the engine's own preview does",
  (name) => {
    const stack = new EngineStack(name, readFileSync(join(root, `stacks/Pulumi.${name}.yaml`), "utf8"));
    const engine = inOrder(stack.preview().steps.flatMap((step) => byEngine(step) ?? []));
    const ours = inOrder(offline(name));
    expect(ours.map(({ urn }) => urn)).toEqual(engine.map(({ urn }) => urn));
    expect(ours).toEqual(engine);
  },
);
