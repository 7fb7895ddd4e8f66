import { type ResourceRecord, readUrn } from "../records";
import { DocumentError } from "./documentError";
import { pairRecords } from "./pairRecords";
import type { ChangeStep, StackChange, StackSide } from "./stackChange";

/**
 * Makes one change of two documents: each stands for the stack that it leads to. A preview that leaves unchanged
 * resources out is completed by an export of the same stack before it. Throws a DocumentError where the two cannot be
 * compared.
 */
export function combine(before: StackChange, after: StackChange): StackChange {
  if (before.leftOut !== undefined) {
    const what = `leaves out ${before.leftOut} unchanged resources, so it does not say what there was before`;
    throw new DocumentError(before.file, what, "preview with --show-sames, or give pulumi stack export");
  }
  const completed = after.leftOut === undefined ? after : complete(before, after);
  const steps =
    completed.steps.length > 0 && sameStack(before, after)
      ? completed.steps
      : compareSides(before.after, completed.after);
  const known = new Set(before.after.records.map(({ urn }) => urn));
  return {
    ...completed,
    ...configsOf(before, after),
    before: before.after,
    // What the first document leads to already is not new in the second.
    steps: steps.map((step) => (step.op === "create" && known.has(step.urn) ? { ...step, op: "update" } : step)),
    leftOut: undefined,
    notes: [...before.notes, ...completed.notes],
  };
}

/** An export carries no configuration: that of another document of the same stack holds for it. */
function configsOf(before: StackChange, after: StackChange): Pick<StackChange, "config" | "configBefore"> {
  const same = sameStack(before, after);
  const one = (own: StackChange, other: StackChange) =>
    own.kind === "stack export" && same ? other.config : own.config;
  return { config: one(after, before), configBefore: one(before, after) };
}

function sameStack(before: StackChange, after: StackChange): boolean {
  return before.project === after.project && before.stack === after.stack;
}

/** The stack before, with what the preview changes changed. */
function complete(before: StackChange, after: StackChange): StackChange {
  if (!sameStack(before, after)) {
    const what = `leaves out ${after.leftOut} unchanged resources, and ${before.file} is of another stack (${before.project}/${before.stack}, not ${after.project}/${after.stack})`;
    throw new DocumentError(after.file, what, "preview with --show-sames");
  }
  const told = new Set((after.before?.records ?? []).map(({ urn }) => urn));
  const fresh = new Set(after.after.records.map(({ urn }) => urn));
  const untouched = before.after.records.filter(({ urn }) => !told.has(urn) && !fresh.has(urn));
  return {
    ...after,
    after: { ...after.after, records: [...untouched, ...after.after.records] },
    notes: [...after.notes, `unchanged resources are taken from ${before.file}`],
  };
}

/** What an update would do, as far as two states tell: another id is another resource. */
function compareSides(before: StackSide, after: StackSide): ChangeStep[] {
  return pairRecords(before.records, after.records).flatMap(({ before: was, after: is }): ChangeStep[] => {
    const record = is ?? was;
    if (!record) return [];
    const op = opOf(was, is);
    if (!op) return [];
    const { urn, type } = record;
    const name = readUrn(urn)?.name ?? record.name;
    return [{ op, urn, type, name, retained: false, protected: false }];
  });
}

function opOf(was: ResourceRecord | undefined, is: ResourceRecord | undefined): ChangeStep["op"] | undefined {
  if (!was) return "create";
  if (!is) return "delete";
  if (was.urn === is.urn && was.id !== undefined && is.id !== undefined && was.id !== is.id) return "replace";
  return JSON.stringify(was.inputs) === JSON.stringify(is.inputs) ? undefined : "update";
}
