import { runCli } from "./cli";
import type { PreviewDocument, PreviewStep } from "./engine";

/** A registration as both kinds of preview tell of it. */
export interface Registration {
  urn: string;
  type: string;
  parent?: string;
  inputs: Record<string, unknown>;
  protect: boolean;
  retainOnDelete: boolean;
}

/**
 * Inputs without what differs from run to run: names that the provider draws anew each time, and the machine image, the
 * one thing that the engine asks the cloud for at preview and that an offline preview cannot know.
 */
function comparable(inputs: Record<string, unknown>): Record<string, unknown> {
  const { userData, imageId, insecureValue, ...rest } = inputs;
  const readable = typeof userData === "string" ? { userData: Buffer.from(userData, "base64").toString() } : {};
  const text = JSON.stringify({ ...rest, ...readable }).replace(/-[0-9a-f]{7}\b/g, "-(drawn)");
  // A release that names what is drawn, its log group, has another checksum each time.
  return JSON.parse(text.replace(/\b[0-9a-f]{64}(?= releases\/)/g, "(checksum)"));
}

/** What an engine's preview would register, in order of URN. */
export function registeredByEngine({ steps }: PreviewDocument): Registration[] {
  return inOrder(steps.flatMap((step) => readStep(step) ?? []));
}

function readStep({ urn, newState }: PreviewStep): Registration | undefined {
  if (!newState || newState.type.startsWith("pulumi:")) return undefined;
  const { type, parent, inputs = {}, protect = false, retainOnDelete = false } = newState;
  return { urn, type, parent, inputs: comparable(inputs), protect, retainOnDelete };
}

/** What the offline preview of a stack registers, in order of URN. */
export function registeredOffline(stack: string): Registration[] {
  const { resources } = JSON.parse(runCli(["preview", stack, "--json"]).stdout) as { resources: Registration[] };
  const ours = resources.filter(({ type }) => !type.startsWith("pulumi:"));
  return inOrder(
    ours.map(({ urn, type, parent, inputs, protect, retainOnDelete }) => ({
      urn,
      type,
      parent,
      inputs: comparable(inputs),
      protect,
      retainOnDelete,
    })),
  );
}

function inOrder(records: readonly Registration[]): Registration[] {
  return [...records].sort((left, right) => left.urn.localeCompare(right.urn, "en"));
}

/** Steps that do something, as `op name`, in order. */
export function doing({ steps }: PreviewDocument): string[] {
  return steps
    .filter(({ op }) => op !== "same")
    .map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`)
    .sort();
}
