import type { ResourceRecord } from "../records";
import type { ChangeStep } from "./stackChange";
import { type EngineState, toRecord } from "./state";
import { type EngineStep, readStep } from "./steps";

/** How far one replacement came, by its sub-steps. */
interface Replacement {
  old?: EngineState;
  fresh?: EngineState;
  /** The old one goes before the new one is there. */
  deletesFirst: boolean;
  created: boolean;
  createFailed: boolean;
  deleteFailed: boolean;
  /** The old one was marked for deletion before: a leftover, if nothing replaces it in this update. */
  wasMarked: boolean;
}

/**
 * Takes the sub-steps of replacements together. The engine makes the new one, marks the old one, and deletes it at the
 * end; or deletes the old one first. An update that fails in between leaves both, or neither.
 */
export class ReplacementTracker {
  private readonly known = new Map<string, Replacement>();

  /** Takes note of a sub-step; any other step is passed over. */
  add({ op, urn, oldState, newState }: EngineStep): void {
    if (op !== "create-replacement" && op !== "delete-replaced") return;
    const isDelete = op === "delete-replaced";
    const known = this.known.get(urn) ?? {
      deletesFirst: isDelete && oldState?.delete !== true,
      created: false,
      createFailed: false,
      deleteFailed: false,
      wasMarked: isDelete && oldState?.delete === true,
    };
    known.old = oldState ?? known.old;
    if (!isDelete) {
      known.created = true;
      known.fresh = newState ?? known.fresh;
    }
    this.known.set(urn, known);
  }

  /** Takes note of a sub-step that failed; false for any other operation. */
  fail(urn: string, op: string): boolean {
    const known = this.known.get(urn);
    if (!known || (op !== "create-replacement" && op !== "delete-replaced")) return false;
    if (op === "create-replacement") known.createFailed = true;
    else known.deleteFailed = true;
    return true;
  }

  /** Puts each replaced resource on the sides where it is, and its step among the steps. */
  settle(
    before: Map<string, ResourceRecord>,
    after: Map<string, ResourceRecord>,
    steps: Map<string, ChangeStep>,
  ): { pendingBefore: ResourceRecord[]; pendingAfter: ResourceRecord[] } {
    const pendingBefore: ResourceRecord[] = [];
    const pendingAfter: ResourceRecord[] = [];
    for (const [urn, replacement] of this.known) {
      const { old, fresh, deletesFirst, created, createFailed, deleteFailed, wasMarked } = replacement;
      const oldRecord = old && toRecord(old);
      if (wasMarked && !created && !steps.has(urn)) {
        // Replaced by an earlier update that was cut short: still there, still billed, removed by this one.
        if (oldRecord) pendingBefore.push(oldRecord);
        if (oldRecord && deleteFailed) pendingAfter.push(oldRecord);
        continue;
      }
      if (oldRecord) before.set(urn, oldRecord);
      const isMade = created && !createFailed;
      const stays = deletesFirst ? deleteFailed : createFailed;
      const freshRecord = isMade && fresh ? toRecord(fresh) : undefined;
      if (stays) {
        if (oldRecord) after.set(urn, oldRecord);
        steps.delete(urn);
      } else if (isMade) {
        if (freshRecord && !after.has(urn)) after.set(urn, freshRecord);
        steps.set(urn, { ...this.stepOf(urn, replacement, "replace"), deleteBeforeReplace: deletesFirst });
        if (!deletesFirst && deleteFailed && oldRecord) pendingAfter.push(oldRecord);
      } else {
        after.delete(urn);
        steps.set(urn, this.stepOf(urn, replacement, "delete"));
      }
    }
    return { pendingBefore, pendingAfter };
  }

  private stepOf(urn: string, { old, fresh }: Replacement, op: ChangeStep["op"]): ChangeStep {
    return readStep({ op, urn, oldState: old, newState: op === "delete" ? undefined : fresh });
  }
}
