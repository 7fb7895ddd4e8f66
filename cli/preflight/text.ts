import { indent, table } from "../table";
import type { Finding } from "./finding";
import type { Offering } from "./offerings";
import { countFindings, type PreflightReport } from "./report";
import type { Subject } from "./subject";
import { showTime } from "./times";

/** A report for people: each finding with what it means and what to do, then what nobody looked at. */
export function describeReport(subject: Subject, report: PreflightReport, asked: string): string[] {
  const { project } = subject;
  return [
    `${project.name}, stack ${project.stack} (${project.stackFile}): ${describeSubject(subject)}`,
    `AWS was asked ${asked}; nothing was changed, and nothing bought`,
    "",
    ...describeFindings(report.findings),
    ...describeOfferings(report.offerings),
    "",
    "Not checked:",
    ...report.notChecked.map((what) => `  - ${what}`),
    "",
    describeCounts(report),
  ];
}

/** What the stack is about to ask for: `2 x p5.48xlarge (384 vCPU), onDemand, in us-west-2a of us-west-2`. */
function describeSubject({ nodes, machine, vcpus, capacity, zone, region }: Subject): string {
  return `${nodes} x ${machine} (${nodes * vcpus} vCPU), ${capacity.mode}, in ${zone} of ${region}`;
}

const stateWidth = "could not check".length + 2;
const checkWidth = "reservation".length + 2;

/** A line for each finding. What helps against several at once, such as signing in, is said after the last of them. */
function describeFindings(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ check, state, fact, meaning, fix }, index) => {
    const below = " ".repeat(stateWidth + checkWidth);
    const isSaidLater = findings[index + 1]?.fix === fix;
    return [
      `${state.padEnd(stateWidth)}${check.padEnd(checkWidth)}${fact}`,
      ...(meaning === undefined ? [] : [`${below}${meaning}`]),
      ...(fix === undefined || isSaidLater ? [] : [`${below}fix: ${fix}`]),
    ];
  });
}

function describeOfferings(offerings: readonly Offering[]): string[] {
  if (offerings.length === 0) return [];
  const columns = [
    { heading: "OFFERING" },
    { heading: "ZONE" },
    { heading: "MACHINES", right: true },
    { heading: "HOURS", right: true },
    { heading: "START" },
    { heading: "END" },
    { heading: "UPFRONT", right: true },
  ];
  const rows = offerings.map(({ id, zone, zoneId, machines, hours, start, end, upfrontFee, currency }) => [
    id,
    zoneId === undefined ? zone : `${zone} (${zoneId})`,
    String(machines),
    String(hours),
    start === "" ? "" : showTime(new Date(start)),
    end === "" ? "" : showTime(new Date(end)),
    `${upfrontFee} ${currency}`,
  ]);
  return ["", "Capacity blocks that AWS offers now:", ...indent(table(columns, rows))];
}

function describeCounts(report: PreflightReport): string {
  const { ok, warns, fails, "could not check": unknown } = countFindings(report);
  const parts = [
    ...(fails > 0 ? [`${fails} fail${fails === 1 ? "s" : ""}`] : []),
    ...(warns > 0 ? [`${warns} warn${warns === 1 ? "s" : ""}`] : []),
    ...(unknown > 0 ? [`${unknown} could not be checked`] : []),
    `${ok} ok`,
  ];
  return parts.join(", ");
}
