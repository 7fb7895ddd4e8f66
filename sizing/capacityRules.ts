import { CapacityMode, Cloud, type DecisionArgs } from "./decisionArgs";
import type { Machine } from "./hardware";
import type { ReportProblem } from "./problems";

/** Whose purchase mode a mode is; a mode that is not listed exists on all clouds. */
export const modeOwner: Readonly<Partial<Record<CapacityMode, Machine["cloud"]>>> = {
  [CapacityMode.capacityBlock]: "aws",
  [CapacityMode.flexStart]: "gcp",
  [CapacityMode.calendar]: "gcp",
};

/** The rules of how machines are bought: what a mode needs, and whose mode it is. */
export function checkCapacity(
  valid: Partial<DecisionArgs>,
  machineCloud: Machine["cloud"] | undefined,
  report: ReportProblem,
) {
  const cloud = machineCloud ?? (valid.cloud === Cloud.any ? undefined : valid.cloud);
  const { mode = CapacityMode.onDemand, reservationId, hours } = valid.capacity ?? {};
  const needsId = mode === CapacityMode.capacityBlock || mode === CapacityMode.reservation;
  if (needsId && reservationId === undefined) {
    report(
      "capacity.reservationId",
      undefined,
      `is missing, and ${mode} needs it`,
      "give the id of what you bought, such as cr-0123456789abcdef0",
    );
  }
  if (!needsId && reservationId !== undefined) {
    report(
      "capacity.reservationId",
      reservationId,
      `is not used by ${mode}`,
      "remove it, or set capacity.mode to capacityBlock or reservation",
    );
  }
  // Other clouds' reservations are names and paths of their own forms.
  const isAws = mode === CapacityMode.capacityBlock || (cloud ?? "aws") === "aws";
  if (needsId && isAws && reservationId !== undefined && !/^cr-[0-9a-f]{8,17}$/.test(reservationId)) {
    report(
      "capacity.reservationId",
      reservationId,
      "is not the id of a capacity reservation",
      "it looks like cr-0123456789abcdef0",
    );
  }
  const owner = modeOwner[mode];
  if (owner && cloud && cloud !== owner) {
    report("capacity.mode", mode, `is a purchase mode of ${owner}, and the machines are ${cloud}'s`, "use onDemand");
  }
  if (hours !== undefined && mode !== CapacityMode.capacityBlock) {
    report("capacity.hours", hours, `is not used by ${mode}`, "remove it, or set capacity.mode to capacityBlock");
  }
  // EC2 guide, Capacity Blocks: one-day steps up to 14 days, then seven-day steps up to 182 days.
  if (
    hours !== undefined &&
    mode === CapacityMode.capacityBlock &&
    (hours > 336 ? hours % 168 !== 0 : hours % 24 !== 0)
  ) {
    report(
      "capacity.hours",
      hours,
      "is not a length that a capacity block has",
      "whole days (24) up to 14 days, then whole weeks (168) up to 26",
    );
  }
}
