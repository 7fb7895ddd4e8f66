import { UserError } from "../output";
import type { StackStore } from "../store/stackStore";
import type { ClusterState } from "./state";

/**
 * Which nodes form a replica is the release's, and replacing machines does not change it. Throws a UserError where the stack
 * file plans another number than the stack is up with.
 */
export function checkPlan({ layout, project }: StackStore, { planned }: ClusterState): void {
  const { plan } = layout;
  if (!planned || (planned.nodes === plan.nodes && planned.replicas === plan.replicas)) return;
  throw new UserError(
    `${project.stackFile}: decision: plans ${shape(plan)}, and the stack is up with ${shape(planned)}. Fix: run 'pulumi up' for the other number first; machines are replaced in a cluster that stays as large as it is`,
  );
}

/** A machine whose creation was cut off may run, and be billed, with nobody knowing of it. Throws a UserError. */
export function checkPending({ project }: StackStore, { pending }: ClusterState): void {
  if (pending.length === 0) return;
  throw new UserError(
    `stack ${project.stack}: an update was cut off while it created ${pending.join(", ")}. Fix: look in AWS for what it left, then run 'pulumi refresh', which asks about each`,
  );
}

function shape({ nodes, replicas }: { nodes: number; replicas: number }): string {
  return `${nodes} node${nodes === 1 ? "" : "s"} in ${replicas} replica${replicas === 1 ? "" : "s"}`;
}
