import { UserError } from "../output";
import { type Change, changesOf, describeChange, type PreviewStep } from "./changes";
import { confirm } from "./confirm";
import { instanceUrn, isOnlyReplica, nodesOf } from "./nodeTargets";
import type { Outcome } from "./outcome";
import { ReleaseInPlace } from "./releaseInPlace";
import type { Session } from "./session";
import { newBefore, previewOnly, type ReplicaStep, runStep, targetsOf, waitForMoved } from "./step";

/** What is to be moved, and what around it. */
interface Roll {
  steps: ReplicaStep[];
  /** What must be made first. */
  first: Change[];
  /** What is left for a plain update. */
  rest: Change[];
  release: ReleaseInPlace;
}

/** Replaces every machine that the stack file changes, one replica after the other, and reports what is left. */
export async function replaceChanged(session: Session, outcome: Outcome): Promise<void> {
  session.say("asking Pulumi what the stack file changes");
  const roll = planRoll(session, await session.preview());
  const moving = roll.steps.map(({ replica }) => replica);
  const replicas = Array.from({ length: session.stack.layout.plan.replicas }, (_, replica) => replica);
  outcome.skipped.push(...replicas.filter((replica) => !moving.includes(replica)));
  if (roll.steps.length > 0) {
    if (!(await confirm(session, describeRoll(session, roll, outcome.skipped)))) {
      outcome.state = session.settings.dryRun ? "shown" : "declined";
      outcome.leave(roll.rest);
      return;
    }
    await makeFirst(session, roll.first, outcome);
    // One that was replaced by a run that was cut short must serve before the next one stops.
    for (const replica of session.settings.wait ? outcome.skipped : []) await waitForMoved(session, replica);
    for (const step of roll.steps) await moveReplica(session, step, roll.release, outcome);
  }
  await reportRest(session, outcome);
}

/** A replica's own preview is looked at when its turn comes: an hour may have passed. */
async function moveReplica(session: Session, step: ReplicaStep, release: ReleaseInPlace, outcome: Outcome) {
  session.interrupt.check(session.settings.again);
  if (await release.bringUpWhenDue(session)) outcome.releaseFirst = true;
  await previewOnly(session, targetsOf(session, step));
  await runStep(session, step, [], outcome);
}

function planRoll(session: Session, steps: readonly PreviewStep[]): Roll {
  const changes = changesOf(steps);
  const moved = new Set(changes.filter(({ op }) => op === "replace" || op === "create").map(({ urn }) => urn));
  const replicas = Array.from({ length: session.stack.layout.plan.replicas }, (_, replica) => ({
    replica,
    nodes: nodesOf(replica, session.stack).filter((node) => moved.has(instanceUrn(session.state, node))),
  })).filter(({ nodes }) => nodes.length > 0);
  const targets = replicas.flatMap((step) => targetsOf(session, step));
  const first = newBefore(session, targets, steps);
  const own = new Set([...targets, ...first.map(({ urn }) => urn)]);
  const rest = changes.filter(({ urn }) => !own.has(urn));
  return { steps: replicas, first, rest, release: new ReleaseInPlace(session, steps) };
}

async function makeFirst(session: Session, first: readonly Change[], outcome: Outcome): Promise<void> {
  if (first.length === 0) return;
  const targets = first.map(({ urn }) => urn);
  await previewOnly(session, targets);
  session.interrupt.check(session.settings.again);
  session.say(`making what the machines need first: ${first.map(({ name }) => name).join(", ")}`);
  await session.update(targets);
  outcome.made.push(...first.map(({ name }) => name));
}

function describeRoll(session: Session, { steps, first, rest, release }: Roll, skipped: readonly number[]): string[] {
  const { stack, settings } = session;
  const lines: string[] = [];
  if (first.length > 0) lines.push(`first: ${first.map(describeChange).join(", ")}`);
  if (first.some(({ urn }) => urn.includes(":CapacityBlockReservation::")))
    lines.push("  this buys a capacity block, which is paid upfront and not refunded");
  for (const { replica, nodes } of steps)
    lines.push(`replica ${replica}: replace ${nodes.map((node) => `node-${node}`).join(", ")}`);
  if (skipped.length > 0) lines.push(`nothing to replace in replica ${skipped.join(", ")}`);
  lines.push(...release.describe(session));
  if (isOnlyReplica(stack)) lines.push("there is no other replica: nothing runs until it is ready");
  else if (!settings.wait) lines.push("nobody waits (--no-wait): all replicas may be down at once");
  if (rest.length > 0) lines.push(`left for 'pulumi up': ${rest.map(describeChange).join(", ")}`);
  lines.push(
    "A machine is stopped before the one that takes its place starts: see 'llm-cluster preflight' for whether there is room",
  );
  return lines;
}

/** A plain preview says what is left. Throws a UserError where that still touches machines. */
async function reportRest(session: Session, outcome: Outcome): Promise<void> {
  const changes = changesOf(await session.preview());
  outcome.leave(changes);
  const machines = changes.filter(({ urn, op }) => urn.includes(":Instance::") && op !== "update");
  if (machines.length === 0) return;
  throw new UserError(
    `stack ${session.stack.project.stack}: machines are still to change (${machines.map(describeChange).join(", ")}), because of something that they stand on. Fix: run 'pulumi preview' to see what, then 'pulumi up', which replaces them all at once`,
  );
}
