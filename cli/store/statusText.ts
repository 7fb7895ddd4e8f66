import { table } from "../table";
import { showSeconds } from "../weights/progress";
import type { ClusterStatus, NodeStatus } from "./reports";

const columns = [
  { heading: "node" },
  { heading: "replica/rank" },
  { heading: "stage" },
  { heading: "since" },
  { heading: "release", right: true },
  { heading: "instance" },
  { heading: "notice" },
  { heading: "reason" },
];

/** The reports of all nodes as a table, and how many replicas are ready. */
export function describeStatus(status: ClusterStatus, releaseNumber: number, now: number): string[] {
  return [
    ...table(
      columns,
      status.nodes.map((node) => describeNode(node, now)),
    ),
    "",
    ...summarize(status, releaseNumber),
  ];
}

function describeNode({ node, replica, rank, report, stale }: NodeStatus, now: number): string[] {
  const place = [node, `${replica}/${rank}`];
  if (!report) return [...place, "no report", "", "", "", "", ""];
  const { stage, since, release, failedRelease, instanceId = "", notice, reason, updated } = report;
  return [
    ...place,
    stage,
    since === undefined ? "" : ago(since, now),
    release === undefined ? "" : String(release),
    instanceId,
    notice === undefined ? "" : `${notice.kind}${notice.at === undefined ? "" : ` at ${notice.at}`}`,
    [
      stale && updated !== undefined ? `STALE: last wrote ${ago(updated, now)}` : "",
      failedRelease === undefined ? "" : `release ${failedRelease} failed`,
      reason,
      notice?.what ?? "",
    ]
      .filter((words) => words !== "")
      .join("; ")
      // What a node wrote is not to steer the terminal.
      .replace(/[^\x20-\x7e]/g, " "),
  ].map((cell) => cell.replace(/[^\x20-\x7e]/g, " "));
}

function summarize({ nodes, replicas, readyReplicas, strays }: ClusterStatus, releaseNumber: number): string[] {
  const elsewhere = nodes.filter(({ report }) => report?.release !== undefined && report.release !== releaseNumber);
  const lines = [`${readyReplicas} of ${replicas} replicas ready at release ${releaseNumber}`];
  if (elsewhere.length > 0)
    lines.push(
      `${countNodes(elsewhere)} at another release than the stack file's, ${releaseNumber}: see that it was brought up ('pulumi up'), and the reasons above`,
    );
  const stale = nodes.filter((node) => node.stale);
  if (stale.length > 0)
    lines.push(`${countNodes(stale)} stale: nothing was written for 15 minutes; the machine may be gone`);
  const silent = nodes.filter(({ report }) => !report);
  if (silent.length > 0)
    lines.push(`${countNodes(silent)} without a report: never started, or cannot write to the store`);
  if (strays.length > 0)
    lines.push(`reports of nodes that the plan does not have: ${strays.join(", ").replace(/[^\x20-\x7e]/g, " ")}`);
  return lines;
}

function countNodes({ length }: readonly NodeStatus[]): string {
  return length === 1 ? "1 node" : `${length} nodes`;
}

function ago(time: string, now: number): string {
  return `${showSeconds((now - Date.parse(time)) / 1000)} ago`;
}
