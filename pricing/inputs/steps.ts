import { type ResourceRecord, readUrn } from "../records";
import type { ChangeStep, StackChange, StackSide } from "./stackChange";
import { type EngineState, toRecord } from "./state";

/** A step of a preview document, or what an event says of one. */
export interface EngineStep {
  op: string;
  urn: string;
  oldState?: EngineState | null;
  newState?: EngineState | null;
}

// What is before an update, and what is after it. Sub-steps of a replacement (create-replacement, delete-replaced), reads
// and refreshes are none of these: `replace` stands for the first, and the others change nothing that is billed.
const hasBefore = new Set(["same", "update", "replace", "delete"]);
const hasAfter = new Set(["same", "create", "update", "replace", "import"]);

/** What is gathered step by step, so that a long document need not be held. */
export class StepCollector {
  private readonly before = new Map<string, ResourceRecord>();
  private readonly after = new Map<string, ResourceRecord>();
  private readonly pending: ResourceRecord[] = [];
  private readonly steps = new Map<string, ChangeStep>();
  private readonly refreshed = new Map<string, EngineStep>();
  private readonly deletedFirst = new Map<string, boolean>();
  private readonly leftovers = new Map<string, EngineState>();
  private first: string | undefined;

  /** Takes one step; a later one of the same resource (an event after it is done) wins. */
  add(step: EngineStep): void {
    const { op, urn, oldState, newState } = step;
    this.first ??= urn;
    if (op === "refresh") this.refreshed.set(urn, step);
    if (op === "create-replacement") this.noteOrder(urn, false);
    if (op === "delete-replaced") {
      this.noteOrder(urn, true);
      if (oldState) this.leftovers.set(urn, oldState);
    }
    const old = hasBefore.has(op) && oldState ? toRecord(oldState) : undefined;
    const fresh = hasAfter.has(op) && newState ? toRecord(newState) : undefined;
    if (old) this.before.set(urn, old);
    if (fresh) this.after.set(urn, old && op !== "replace" ? keepAnswers(old, fresh) : fresh);
    if (op in changing) this.steps.set(urn, readStep(step));
  }

  private noteOrder(urn: string, deleted: boolean): void {
    if (!this.deletedFirst.has(urn)) this.deletedFirst.set(urn, deleted);
  }

  /** An update that failed leaves its resource as it was. */
  fail(urn: string): void {
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
  finish(): Pick<StackChange, "project" | "stack" | "before" | "after" | "steps" | "notes"> {
    const notes: string[] = [];
    if (this.isRefresh()) {
      notes.push("a refresh: before is what the state said, after is what the cloud has");
      for (const [urn, { oldState, newState }] of this.refreshed) {
        const old = oldState ? toRecord(oldState) : undefined;
        const fresh = newState ? toRecord(newState) : undefined;
        if (old) this.before.set(urn, old);
        if (fresh) this.after.set(urn, fresh);
      }
    }
    for (const [urn, deleteBeforeReplace] of this.deletedFirst) {
      const step = this.steps.get(urn);
      if (step) step.deleteBeforeReplace = deleteBeforeReplace;
    }
    // Replaced by an earlier update that was cut short: still there, still billed, removed by this one.
    for (const [urn, state] of this.leftovers) {
      const record = toRecord(state);
      if (record && this.steps.get(urn)?.op !== "replace") this.pending.push(record);
    }
    const { project, stack } = readUrn(this.first ?? "") ?? {};
    const before: StackSide = { records: [...this.before.values()], pendingDeletion: this.pending };
    const after: StackSide = { records: [...this.after.values()], pendingDeletion: [] };
    return { project, stack, before, after, steps: [...this.steps.values()], notes };
  }
}

const changing = { create: true, update: true, replace: true, delete: true, import: true };

function readStep({ op, urn, oldState, newState }: EngineStep): ChangeStep {
  const state = newState ?? oldState;
  return {
    op: op as ChangeStep["op"],
    urn,
    type: state?.type ?? "",
    name: readUrn(urn)?.name ?? urn,
    retained: op === "delete" && oldState?.retainOnDelete === true,
    protected: (op === "delete" || op === "replace") && oldState?.protect === true,
  };
}

/** A preview does not repeat what the cloud answered last; it stands until the program says otherwise. */
function keepAnswers(old: ResourceRecord, fresh: ResourceRecord): ResourceRecord {
  const answered = fresh.outputs && Object.keys(fresh.outputs).length > 0;
  return answered ? fresh : { ...fresh, id: fresh.id ?? old.id, outputs: old.outputs };
}
