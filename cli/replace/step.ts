import { UserError } from "../output";
import type { NodeReport } from "../store/reports";
import { type Change, changesOf, describeChange, neededBy, type PreviewStep } from "./changes";
import { instanceUrn, nodesOf, nodeTargets } from "./nodeTargets";
import type { Outcome, ReplacedNode, StepDone } from "./outcome";
import type { Session } from "./session";
import { type Awaited, waitUntilReady } from "./wait";

/** Nodes of one replica that are replaced together. */
export interface ReplicaStep {
  replica: number;
  nodes: number[];
}

/** URNs that a step may touch. */
export function targetsOf(session: Session, { nodes }: ReplicaStep): string[] {
  return nodes.flatMap((node) => nodeTargets(session.state, session.stack, node));
}

/** Machines of a step that the engine can be told to replace: a machine that is gone is made anyway. */
export function living(session: Session, { nodes }: ReplicaStep): string[] {
  return nodes.map((node) => instanceUrn(session.state, node)).filter((urn) => session.state.ids.has(urn));
}

/** Previews an update of targets. Throws a UserError when it would touch anything else. */
export async function previewOnly(
  session: Session,
  targets: readonly string[],
  replaced: readonly string[] = [],
): Promise<Change[]> {
  const changes = changesOf(await session.preview(targets, replaced));
  const allowed = new Set(targets);
  const others = changes.filter(({ urn, op }) => !allowed.has(urn) || op === "delete");
  if (others.length === 0) return changes;
  throw new UserError(
    `stack ${session.stack.project.stack}: this would change more than the machines: ${others.map(describeChange).join(", ")}. Fix: run 'pulumi up', or take back what was changed in the stack file`,
  );
}

/** What must be made before targets can be. Throws a UserError where something there must give way first. */
export function newBefore(session: Session, targets: readonly string[], steps: readonly PreviewStep[]): Change[] {
  const needed = neededBy(targets, steps, changesOf(steps));
  // A new subnet is another zone, where the endpoint of the old one would not find the machines.
  const isMove = (change: Change) => change.op === "create" && change.urn.includes("aws:ec2/subnet:Subnet::");
  const inTheWay = needed.filter((change) => (change.op !== "create" && change.op !== "update") || isMove(change));
  if (inTheWay.length > 0) {
    throw new UserError(
      `stack ${session.stack.project.stack}: the machines stand on what would be another, too (${inTheWay.map(describeChange).join(", ")}), so they cannot move one replica at a time. Fix: run 'pulumi up', which replaces all of them at once`,
    );
  }
  return needed.filter(({ op }) => op === "create");
}

/**
 * Replaces a step's machines, and waits until their replica is ready. What was done is noted also where it fails.
 * @param replaced URNs that are replaced although the program has not changed them
 */
export async function runStep(
  session: Session,
  step: ReplicaStep,
  replaced: readonly string[],
  outcome: Outcome,
): Promise<void> {
  const { state, settings, interrupt } = session;
  const before = settings.wait ? await readBefore(session) : new Map<number, NodeReport>();
  interrupt.check(settings.again);
  session.say(`replica ${step.replica}: replacing ${step.nodes.map((node) => `node-${node}`).join(", ")}`);
  const done: StepDone = { replica: step.replica, nodes: [], ready: settings.wait ? false : null };
  outcome.steps.push(done);
  try {
    await session.update(targetsOf(session, step), replaced);
  } finally {
    done.nodes = step.nodes.map((node) => describeNode(session, node, state.ids.get(instanceUrn(state, node))));
  }
  if (!settings.wait) return;
  await waitForReplica(session, step, before);
  done.ready = true;
}

/** What the nodes say now; that it can be read at all is known before anything is replaced. */
async function readBefore(session: Session): Promise<Map<number, NodeReport>> {
  const { nodes } = await session.world.readReports(session.stack, session.release);
  return new Map(nodes.flatMap(({ report }, index) => (report ? [[index, report] as const] : [])));
}

function describeNode({ state }: Session, node: number, before: string | undefined): ReplacedNode {
  return { node: `node-${node}`, before: before ?? null, after: state.ids.get(instanceUrn(state, node)) ?? null };
}

/** Waits for all nodes of a replica, the new machines and those whose engines start again because of them. */
async function waitForReplica(session: Session, { replica, nodes }: ReplicaStep, before: Map<number, NodeReport>) {
  const all = nodesOf(replica, session.stack);
  if (all.length > nodes.length)
    session.say(`replica ${replica}: its other nodes notice, and start their engines again`);
  const awaited = all.map((node): Awaited => {
    const instanceId = nodes.includes(node) ? session.state.ids.get(instanceUrn(session.state, node)) : undefined;
    return { node, instanceId, restarts: instanceId === undefined, before: before.get(node) };
  });
  await waitUntilReady(session, replica, awaited);
  session.say(`replica ${replica}: ready`);
}

/** Waits for a replica whose machines were replaced earlier, by a run of this command that was cut short. */
export async function waitForMoved(session: Session, replica: number): Promise<void> {
  const { state, stack } = session;
  const awaited = nodesOf(replica, stack).map((node): Awaited => {
    return { node, instanceId: state.ids.get(instanceUrn(state, node)), restarts: false };
  });
  await waitUntilReady(session, replica, awaited);
}
