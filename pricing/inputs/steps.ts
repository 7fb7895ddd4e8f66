import { type ResourceRecord, readUrn } from "../records";
import { ReplacementTracker } from "./replacements";
import type { ChangeStep, StackChange, StackSide } from "./stackChange";
import { type EngineState, toRecord } from "./state";

/** A step of a preview document, or what an event says of one. */
export interface EngineStep {
  op: string;
  urn: string;
  oldState?: EngineState | null;
  newState?: EngineState | null;
}

// What is before an update, and what is after it. Reads and refreshes are none of these; the sub-steps of a replacement
// are taken together with it (replacements.ts).
const hasBefore = new Set(["same", "update", "replace", "delete"]);
const hasAfter = new Set(["same", "create", "update", "replace", "import"]);
const changing = new Set(["create", "update", "replace", "delete", "import"]);

/** What is gathered step by step, so that a long document need not be held. */
export class StepCollector {
  private readonly before = new Map<string, ResourceRecord>();
  private readonly after = new Map<string, ResourceRecord>();
  private readonly steps = new Map<string, ChangeStep>();
  private readonly refreshed = new Map<string, EngineStep>();
  private readonly replacements = new ReplacementTracker();
  private readonly renamed = new Map<string, string>();
  private first: string | undefined;

  /** Takes one step; a later one of the same resource (an event after it is done) wins. */
  add(step: EngineStep): void {
    const { op, urn, oldState, newState } = step;
    this.first ??= urn;
    if (isSkippedCreate(step)) return;
    if (oldState && oldState.urn !== urn) this.renamed.set(urn, oldState.urn);
    if (op === "refresh") this.refreshed.set(urn, step);
    this.replacements.add(step);
    const old = hasBefore.has(op) && oldState ? toRecord(oldState) : undefined;
    const fresh = hasAfter.has(op) && newState ? toRecord(newState) : undefined;
    if (old) this.before.set(urn, old);
    if (fresh) this.after.set(urn, old && op !== "replace" ? keepAnswers(old, fresh) : fresh);
    if (changing.has(op)) this.steps.set(urn, readStep(step));
  }

  /** An operation that failed leaves its resource as it was; one of a replacement, as far as that had come. */
  fail(urn: string, op: string): void {
    if (this.replacements.fail(urn, op)) return;
    const old = this.before.get(urn);
    if (old) this.after.set(urn, old);
    else this.after.delete(urn);
    this.steps.delete(urn);
  }

  /** Whether there is nothing but what a refresh found. */
  isRefresh(): boolean {
    return this.before.size === 0 && this.after.size === 0 && this.refreshed.size > 0;
  }

  /** What all steps together say. */
  finish(): Pick<StackChange, "project" | "stack" | "before" | "after" | "steps" | "renamed" | "notes"> {
    const notes: string[] = [];
    if (this.isRefresh()) {
      notes.push("a refresh: before is what the state said, after is what the cloud has");
      this.takeRefresh();
    }
    const { pendingBefore, pendingAfter } = this.replacements.settle(this.before, this.after, this.steps);
    const { project, stack } = readUrn(this.first ?? "") ?? {};
    const before: StackSide = { records: [...this.before.values()], pendingDeletion: pendingBefore };
    const after: StackSide = { records: [...this.after.values()], pendingDeletion: pendingAfter };
    return { project, stack, before, after, steps: [...this.steps.values()], renamed: this.renamed, notes };
  }

  private takeRefresh(): void {
    for (const [urn, { oldState, newState }] of this.refreshed) {
      const old = oldState ? toRecord(oldState) : undefined;
      const fresh = newState ? toRecord(newState) : undefined;
      if (old) this.before.set(urn, old);
      if (fresh) this.after.set(urn, fresh);
    }
  }
}

/** With `--target`, what is not made and will not be is shown as unchanged: its state has no id. */
function isSkippedCreate({ op, oldState }: EngineStep): boolean {
  return op === "same" && oldState?.custom === true && !oldState.id && !oldState.type.startsWith("pulumi:");
}

/** A step in our words. */
export function readStep({ op, urn, oldState, newState }: EngineStep): ChangeStep {
  const state = newState ?? oldState;
  // A preview marks what it would delete before its successor is there.
  const order = op === "replace" && oldState?.pendingReplacement === true ? { deleteBeforeReplace: true } : {};
  return {
    op: op as ChangeStep["op"],
    urn,
    type: state?.type ?? "",
    name: readUrn(urn)?.name ?? urn,
    retained: (op === "delete" || op === "replace") && oldState?.retainOnDelete === true,
    protected: (op === "delete" || op === "replace") && oldState?.protect === true,
    ...order,
  };
}

/** A preview does not repeat what the cloud answered last; it stands until the program says otherwise. */
function keepAnswers(old: ResourceRecord, fresh: ResourceRecord): ResourceRecord {
  const answered = fresh.outputs && Object.keys(fresh.outputs).length > 0;
  return answered ? fresh : { ...fresh, id: fresh.id ?? old.id, outputs: old.outputs };
}
