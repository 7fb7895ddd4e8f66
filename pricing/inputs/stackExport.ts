import { type ResourceRecord, readUrn } from "../records";
import { DocumentError } from "./documentError";
import type { StackChange } from "./stackChange";
import { isState, toRecord } from "./state";

/** What `pulumi stack export` prints, or a deployment as a checkpoint file holds it. */
export interface Deployment {
  resources?: unknown;
  pending_operations?: unknown[] | null;
}

/** Reads a stack's state. Throws a DocumentError where a resource is none. */
export function readExport(deployment: Deployment, file: string): StackChange {
  const resources = deployment.resources ?? [];
  if (!Array.isArray(resources)) {
    throw new DocumentError(file, "its deployment.resources is no list", "give what pulumi stack export printed");
  }
  const records: ResourceRecord[] = [];
  const pendingDeletion: ResourceRecord[] = [];
  let urn: string | undefined;
  resources.forEach((state: unknown, index) => {
    if (!isState(state)) {
      const fix = "give what pulumi stack export printed";
      throw new DocumentError(file, `resource ${index + 1} has no urn and type`, fix);
    }
    urn ??= state.urn;
    // Deleted by an update that then failed: the state keeps its place, and the cloud has nothing to bill.
    const record = state.pendingReplacement === true ? undefined : toRecord(state);
    if (record) (state.delete === true ? pendingDeletion : records).push(record);
  });
  const { project, stack } = readUrn(urn ?? "") ?? {};
  const pending = deployment.pending_operations?.length ?? 0;
  return {
    kind: "stack export",
    file,
    project,
    stack,
    config: {},
    after: { records, pendingDeletion },
    steps: [],
    failed: [],
    notes:
      pending > 0
        ? [
            `${pending} operations of an update that was cut short are pending: pulumi refresh tells what became of them`,
          ]
        : [],
  };
}
