import type { AwsLayout } from "../../components/aws/plan/layout";
import type { Bucket } from "./bucket";

/** What a node says of itself, as it stands in `status/<replica>/rank-<k>.json`. Older agents say less. */
export interface NodeReport {
  stage: string;
  reason: string;
  /** Since when it is at this stage, ISO 8601. */
  since?: string;
  /** Number of the release that it runs or prepares. */
  release?: number;
  /** A release that it gave up. */
  failedRelease?: number;
  instanceId?: string;
  /** When the node last wrote, ISO 8601. */
  updated?: string;
  /** What is about to happen to its machine. */
  notice?: { kind: string; at?: string; what?: string };
}

/** One node of the plan, and its report. */
export interface NodeStatus {
  /** `node-<index>`, as its resources are called. */
  node: string;
  replica: number;
  rank: number;
  report?: NodeReport;
  /** It has not written for so long that it may be gone. */
  stale: boolean;
  /** It does what this release asks, and said so lately. */
  ready: boolean;
}

/** A cluster by the reports of its nodes. */
export interface ClusterStatus {
  nodes: NodeStatus[];
  replicas: number;
  readyReplicas: number;
  /** Reports of nodes that the plan does not have: keys. */
  strays: string[];
}

/** Nodes renew their report every 5 minutes: three that did not come are no accident. */
export const staleAfterMs = 15 * 60_000;

/** Stages of a node that does what it is for. */
const readyStages = { serving: new Set(["ready"]), training: new Set(["ready", "training-running"]) };

/** Reads what every node of the plan reported. Throws a UserError when the bucket cannot be read. */
export async function readClusterStatus(
  { plan, releaseNumber, serves }: AwsLayout,
  bucket: Bucket,
  prefix: string,
  now: number,
): Promise<ClusterStatus> {
  const listed = new Set((await bucket.list(`${prefix}status/`)).map(({ key }) => key));
  const expected = Array.from({ length: plan.nodes }, (_, index) => {
    const replica = Math.floor(index / plan.nodesPerReplica);
    const rank = index % plan.nodesPerReplica;
    return { node: `node-${index}`, replica, rank, key: `${prefix}status/${replica}/rank-${rank}.json` };
  });
  const nodes = await Promise.all(
    expected.map(async ({ key, ...place }): Promise<NodeStatus> => {
      const text = listed.has(key) ? await bucket.text(key) : undefined;
      const report = text === undefined ? undefined : parseReport(text);
      const stale = isStale(report, now);
      const ready =
        !stale &&
        report?.release === releaseNumber &&
        (serves ? readyStages.serving : readyStages.training).has(report.stage);
      return { ...place, report, stale, ready };
    }),
  );
  const replicas = Array.from({ length: plan.replicas }, (_, index) =>
    nodes.filter(({ replica }) => replica === index),
  );
  const strays = [...listed].filter((key) => !expected.some((one) => one.key === key)).sort();
  const readyReplicas = replicas.filter((members) => members.every(({ ready }) => ready)).length;
  return { nodes, replicas: plan.replicas, readyReplicas, strays };
}

function isStale(report: NodeReport | undefined, now: number): boolean {
  // An agent that does not say when it wrote may be as alive as ever.
  return report?.updated !== undefined && Math.abs(now - Date.parse(report.updated)) > staleAfterMs;
}

/** A report, taken as far as it can be read: what a node wrote is not to stop the table of all others. */
function parseReport(text: string): NodeReport {
  let content: Record<string, unknown>;
  try {
    content = JSON.parse(text) ?? {};
  } catch {
    return { stage: "unreadable", reason: "the report is no JSON" };
  }
  const { stage, reason, notice } = content;
  return {
    stage: typeof stage === "string" ? stage : "unreadable",
    reason: typeof reason === "string" ? reason : "",
    since: dateOf(content.since),
    release: numberOf(content.release),
    failedRelease: numberOf(content.failedRelease),
    instanceId: textOf(content.instanceId),
    updated: dateOf(content.updated),
    notice: noticeOf(notice),
  };
}

function noticeOf(value: unknown): NodeReport["notice"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, at, what } = value as Record<string, unknown>;
  return typeof kind === "string" ? { kind, at: dateOf(at), what: textOf(what) } : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function dateOf(value: unknown): string | undefined {
  return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined;
}
