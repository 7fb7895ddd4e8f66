import { UserError } from "../output";
import type { ClusterStatus, NodeReport, NodeStatus } from "../store/reports";
import type { Session } from "./session";

/** A node that is waited for. */
export interface Awaited {
  node: number;
  /** Id of its machine, when that was replaced: a report of the machine before it does not count. */
  instanceId?: string;
  /**
   * Whether its engine is to start again, although the machine is the same: the others of a replica do when one of them is
   * new. A report that says ready since the same time as before is then of the engine before.
   */
  restarts: boolean;
  /** What it reported before. */
  before?: NodeReport;
}

/** How long is waited between two looks: nodes ask for their release every minute. */
export const lookEveryMs = 15_000;

/**
 * Waits until every node reports that it serves, or trains. Throws a UserError when one fails, when time is up, or when the
 * user wants to stop.
 */
export async function waitUntilReady(session: Session, replica: number, nodes: readonly Awaited[]): Promise<void> {
  const { world, settings, stack, interrupt } = session;
  const deadline = world.store.now() + settings.timeoutMs;
  const next = `see 'llm-cluster status ${stack.project.stackFile} --watch'; ${settings.again}`;
  let shown = "";
  for (;;) {
    interrupt.check(next);
    const waiting = await look(session, nodes);
    const words = waiting?.map(describe).join(", ");
    if (words === "") return;
    if (words !== undefined && words !== shown) session.say(`replica ${replica}: ${words}`);
    shown = words ?? shown;
    const failed = waiting?.find((one) => hasFailed(one, session.release));
    if (failed) throw stopped(replica, `node-${failed.node} failed: ${failed.report?.reason ?? ""}`, next);
    if (world.store.now() >= deadline) {
      const minutes = Math.round(settings.timeoutMs / 60_000);
      throw stopped(replica, `is not ready after ${minutes} minutes (${shown || "no report could be read"})`, next);
    }
    // Ctrl-C ends the sleep; the next turn says so.
    await world.store.sleep(lookEveryMs, interrupt.signal).catch(() => undefined);
  }
}

function stopped(replica: number, why: string, next: string): UserError {
  return new UserError(`replica ${replica}: ${why}; nothing after it was touched. Fix: ${next}`);
}

interface Waiting extends Awaited {
  report?: NodeReport;
}

/** The nodes that are not ready yet; undefined when the reports cannot be read now. */
async function look(session: Session, nodes: readonly Awaited[]): Promise<Waiting[] | undefined> {
  let status: ClusterStatus;
  try {
    status = await session.world.readReports(session.stack, session.release);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // The machines come up whether or not they can be watched; a login that has expired can be renewed meanwhile.
    session.say(error.message);
    return undefined;
  }
  const found = nodes.map((one) => ({ ...one, status: status.nodes[one.node] }));
  return found.filter((one) => !isReady(one, one.status)).map((one) => ({ ...one, report: one.status?.report }));
}

function isReady(awaited: Awaited, status: NodeStatus | undefined): boolean {
  return status?.ready === true && status.report !== undefined && isNews(awaited, status.report);
}

/** Whether a report is of what was started now. No clock is compared: the nodes' and this one's may differ. */
function isNews({ instanceId, restarts, before }: Awaited, report: NodeReport): boolean {
  if (instanceId !== undefined && report.instanceId !== undefined) return report.instanceId === instanceId;
  const sameEngine = instanceId === undefined && !restarts;
  return sameEngine || before === undefined || report.since !== before.since;
}

/** A node leaves a release that never gets ready, and does not try it again. */
function hasFailed({ report, ...awaited }: Waiting, release: number): boolean {
  return report?.stage === "failed" && report.release === release && isNews(awaited, report);
}

function describe({ node, report, ...awaited }: Waiting): string {
  if (!report || !isNews({ node, ...awaited }, report)) return `node-${node} has not reported yet`;
  const reason = report.reason === "" ? "" : ` (${report.reason})`;
  return `node-${node} ${report.stage}${reason}`.replace(/[^\x20-\x7e]/g, " ");
}
