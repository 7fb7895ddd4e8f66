import { UserError } from "../output";
import { describeChange, typeOf } from "./changes";
import { confirm } from "./confirm";
import { instanceUrn, isOnlyReplica, nodesOf, nodeTargets, replicaOf, templateType } from "./nodeTargets";
import type { Outcome } from "./outcome";
import type { Session } from "./session";
import { living, previewOnly, type ReplicaStep, runStep, targetsOf } from "./step";

/** Replaces the named nodes, replica by replica, and nothing else. */
export async function replaceNodes(session: Session, nodes: readonly number[], outcome: Outcome): Promise<void> {
  const steps = groupByReplica(session, nodes);
  await forgetVanished(session, steps);
  const plan: string[] = [];
  for (const step of steps) plan.push(...(await describeStep(session, step)));
  if (!(await confirm(session, plan))) {
    outcome.state = session.settings.dryRun ? "shown" : "declined";
    return;
  }
  for (const [at, step] of steps.entries()) {
    // What was shown is what is done, also for a replica whose turn comes an hour later.
    if (at > 0) await previewOnly(session, targetsOf(session, step), living(session, step));
    session.interrupt.check(session.settings.again);
    await runStep(session, step, living(session, step), outcome);
  }
}

function groupByReplica(session: Session, nodes: readonly number[]): ReplicaStep[] {
  for (const node of nodes) checkNode(session, node);
  const replicas = [...new Set(nodes.map((node) => replicaOf(node, session.stack)))].sort((a, b) => a - b);
  return replicas.map((replica) => ({
    replica,
    nodes: nodesOf(replica, session.stack).filter((node) => nodes.includes(node)),
  }));
}

function checkNode({ stack, state }: Session, node: number): void {
  const last = stack.layout.plan.nodes - 1;
  if (node > last) {
    throw new UserError(`--node ${node}: the plan has no such node. Fix: ${last === 0 ? "0" : `one of 0 to ${last}`}`);
  }
  if (nodeTargets(state, stack, node).some((urn) => state.ids.has(urn))) return;
  throw new UserError(`--node ${node}: was never made. Fix: run 'pulumi up'`);
}

/** A machine that AWS no longer has is taken out of the state: the engine cannot replace what is not there. */
async function forgetVanished(session: Session, steps: readonly ReplicaStep[]): Promise<void> {
  // A launch template outlives its machine.
  const known = steps
    .flatMap((step) => targetsOf(session, step))
    .filter((urn) => session.state.ids.has(urn) && typeOf(urn) !== templateType);
  session.say("asking AWS for these machines");
  if (known.length > 0) await session.refresh(known);
  for (const node of steps.flatMap((step) => step.nodes)) {
    if (!session.state.ids.has(instanceUrn(session.state, node))) session.say(`node-${node}: its machine is gone`);
  }
}

async function describeStep(session: Session, step: ReplicaStep): Promise<string[]> {
  const changes = await previewOnly(session, targetsOf(session, step), living(session, step));
  const rest = nodesOf(step.replica, session.stack).filter((node) => !step.nodes.includes(node));
  const lines = [`replica ${step.replica}: ${changes.map(describeChange).join(", ")}`];
  if (changes.some(({ name, op }) => name.endsWith("-template") && op !== "create")) {
    lines.push("  its launch template has changed in the stack file: the new machine will differ from the one before");
  }
  if (rest.length > 0) {
    lines.push(
      `  ${rest.map((node) => `node-${node}`).join(", ")} of the same replica keep their machines, and start their engines again`,
    );
  }
  if (isOnlyReplica(session.stack)) lines.push("  there is no other replica: nothing runs until it is ready");
  return lines;
}
