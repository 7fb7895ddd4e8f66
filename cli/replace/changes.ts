import { nameOf } from "./state";

/** A resource in `pulumi preview --json`. */
export interface PreviewStep {
  op: string;
  urn: string;
  newState?: { inputs?: Record<string, unknown>; dependencies?: string[]; parent?: string };
}

/** A resource that an update would change. */
export interface Change {
  /** `create`, `update`, `replace`, `delete`, or whatever else the engine calls it. */
  op: string;
  urn: string;
  name: string;
}

/** Steps that touch nothing in the cloud. */
const idle = new Set(["same", "refresh", "read", "read-discard", "discard-replaced", "remove-pending-replace"]);

/** The steps of a preview. Throws when it is no JSON document. */
export function readSteps(preview: string): PreviewStep[] {
  return (JSON.parse(preview) as { steps?: PreviewStep[] }).steps ?? [];
}

/** What an update would change in the cloud, each resource once, in order of name. */
export function changesOf(steps: readonly PreviewStep[]): Change[] {
  const changes = new Map<string, Change>();
  for (const { op, urn } of steps) {
    if (idle.has(op) || typeOf(urn).startsWith("pulumi:")) continue;
    // A replacement is also told of as its two halves.
    const whole = /replace/.test(op) ? "replace" : op;
    if (whole === "replace" || !changes.has(urn)) changes.set(urn, { op: whole, urn, name: nameOf(urn) });
  }
  return [...changes.values()].sort((left, right) => left.name.localeCompare(right.name, "en", { numeric: true }));
}

/** What targets need, directly or through others, that is among the changes; the targets themselves are left out. */
export function neededBy(
  targets: readonly string[],
  steps: readonly PreviewStep[],
  changes: readonly Change[],
): Change[] {
  const states = new Map(steps.map(({ urn, newState }) => [urn, newState]));
  const seen = new Set<string>(targets);
  // What is appended while it is walked is walked, too.
  const queue = [...targets];
  for (const urn of queue) {
    const { dependencies = [], parent } = states.get(urn) ?? {};
    for (const needed of parent === undefined ? dependencies : [...dependencies, parent]) {
      if (!seen.has(needed)) queue.push(needed);
      seen.add(needed);
    }
  }
  const own = new Set(targets);
  return changes.filter(({ urn }) => seen.has(urn) && !own.has(urn));
}

/** Type of a resource, by its URN. */
export function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** A change in words. */
export function describeChange({ op, name }: Change): string {
  return `${op} ${name}`;
}
