import { shareAnswers } from "./answers";
import { checkBucket } from "./bucket";
import type { AwsClients } from "./clients";
import type { Finding, FindingState } from "./finding";
import { checkImage } from "./image";
import { listNotChecked } from "./notChecked";
import { checkOfferings, type Offering } from "./offerings";
import { checkOpenReservation } from "./openReservation";
import { checkQuota } from "./quota";
import { checkReservation } from "./reservation";
import { checkSecondZone } from "./secondZone";
import type { Subject } from "./subject";
import { checkSubnet } from "./subnet";
import { checkZone } from "./zone";

/** What preflight found out about a stack. */
export interface PreflightReport {
  findings: Finding[];
  /** Capacity blocks that AWS offers, where they were asked for. */
  offerings: Offering[];
  /** What was not asked, or what nobody can tell. */
  notChecked: string[];
}

/** What beside the stack file decides what is asked. */
export interface PreflightRequest {
  /** Whether capacity-block offerings are listed where the stack needs none. */
  offerings: boolean;
  /** Length of the blocks to list, hours. Default: the decision's, otherwise 24. */
  hours?: number;
  now: Date;
}

/** Runs every check that the subject calls for, all at once; their findings come in a fixed order. */
export async function runChecks(
  subject: Subject,
  clients: AwsClients,
  { offerings: listed, hours, now }: PreflightRequest,
): Promise<PreflightReport> {
  const answers = shareAnswers(clients);
  const [first, blocks, last] = await Promise.all([
    Promise.all([
      checkZone(subject, clients, answers),
      checkQuota(subject, clients, answers),
      checkReservation(subject, clients, answers, now),
      checkOpenReservation(subject, answers),
    ]),
    checkOfferings(subject, clients, answers, { hours, listed, now }),
    Promise.all([
      checkImage(subject, clients, now),
      checkSubnet(subject, clients, answers),
      checkSecondZone(subject, clients, answers),
      checkBucket(subject, clients),
    ]),
  ]);
  return {
    findings: [...first.flat(), ...blocks.findings, ...last.flat()],
    offerings: blocks.offerings,
    notChecked: listNotChecked(subject),
  };
}

/** How many findings there are of each state. */
export function countFindings({ findings }: PreflightReport): Record<FindingState, number> {
  const counts = { ok: 0, warns: 0, fails: 0, "could not check": 0 };
  for (const { state } of findings) counts[state]++;
  return counts;
}

/** Whether the report lets a pipeline go on. What could not be checked stops it only where that is asked for. */
export function passes(report: PreflightReport, { strict }: { strict: boolean }): boolean {
  const counts = countFindings(report);
  return counts.fails === 0 && !(strict && counts["could not check"] > 0);
}
