import { CapacityMode, Cloud, type DecisionArgs, purchaseWords } from "./decisionArgs";
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
  const { mode = CapacityMode.onDemand, hours } = valid.capacity ?? {};
  const owner = modeOwner[mode];
  if (owner && cloud && cloud !== owner) {
    report("capacity.mode", mode, `is a purchase mode of ${owner}, and the machines are ${cloud}'s`, "use onDemand");
  }
  // Other clouds' reservations are names and paths of their own forms.
  checkReservation(valid, mode, mode === CapacityMode.capacityBlock || (cloud ?? "aws") === "aws", report);
  checkPurchase(valid, mode, report);
  checkPlacing(valid, mode, report);
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

const reservationForm = /^cr-[0-9a-f]{8,17}$/;
// RunInstances takes one reservation, or a resource group of several (CapacityReservationTarget).
const resourceGroupForm = /^arn:[\w-]+:resource-groups:[a-z0-9-]+:\d{12}:group\/.+$/;

function checkReservation(
  { capacity }: Partial<DecisionArgs>,
  mode: CapacityMode,
  isAws: boolean,
  report: ReportProblem,
): void {
  const { reservationId, offeringId } = capacity ?? {};
  const needsId = mode === CapacityMode.capacityBlock || mode === CapacityMode.reservation;
  if (!needsId && reservationId !== undefined) {
    report(
      "capacity.reservationId",
      reservationId,
      `is not used by ${mode}`,
      "remove it, or set capacity.mode to capacityBlock or reservation",
    );
  }
  if (!needsId) return;
  if (reservationId === undefined) {
    // A block that the stack buys has its id when it is bought.
    if (mode === CapacityMode.capacityBlock && offeringId !== undefined) return;
    report(
      "capacity.reservationId",
      undefined,
      `is missing, and ${mode} needs it`,
      mode === CapacityMode.capacityBlock
        ? "give the id of what you bought, such as cr-0123456789abcdef0; llm-cluster preflight lists what is offered"
        : "give the id of what you reserved, such as cr-0123456789abcdef0",
    );
    return;
  }
  const isGroup = mode === CapacityMode.reservation && resourceGroupForm.test(reservationId);
  if (isAws && !reservationForm.test(reservationId) && !isGroup) {
    report(
      "capacity.reservationId",
      reservationId,
      "is not the id of a capacity reservation",
      mode === CapacityMode.reservation
        ? "it looks like cr-0123456789abcdef0; a resource group of reservations is given by its ARN"
        : "it looks like cr-0123456789abcdef0",
    );
  }
}

/** Buying takes two things that nobody writes by accident: the offering, and the words. */
function checkPurchase({ capacity }: Partial<DecisionArgs>, mode: CapacityMode, report: ReportProblem): void {
  const { offeringId, purchase, reservationId } = capacity ?? {};
  const given = offeringId ?? purchase;
  if (given === undefined) return;
  const path = offeringId === undefined ? "capacity.purchase" : "capacity.offeringId";
  if (mode !== CapacityMode.capacityBlock) {
    report(path, given, `is not used by ${mode}`, "remove it, or set capacity.mode to capacityBlock");
    return;
  }
  if (reservationId !== undefined) {
    report(path, given, "is for a block that is still to be bought, and capacity.reservationId names one", "remove it");
    return;
  }
  if (offeringId === undefined) {
    report(
      "capacity.offeringId",
      undefined,
      "is missing, and capacity.purchase needs it",
      "llm-cluster preflight lists what is offered",
    );
  } else if (!/^cb-[0-9a-f]{8,17}$/.test(offeringId)) {
    report("capacity.offeringId", offeringId, "is not the id of an offering", "it looks like cb-0123456789abcdef0");
  }
  if (offeringId !== undefined && capacity?.hours === undefined) {
    report(
      "capacity.hours",
      undefined,
      "is missing, and what is bought must have a price before",
      "give the offering's length, such as 168",
    );
  }
  if (purchase !== purchaseWords) {
    report(
      "capacity.purchase",
      purchase,
      "is not the sentence that buys, and nothing is bought without it",
      `write "${purchaseWords}", or buy the block yourself and give capacity.reservationId`,
    );
  }
}

function checkPlacing({ capacity }: Partial<DecisionArgs>, mode: CapacityMode, report: ReportProblem): void {
  const { allOrNothing, placementGroup } = capacity ?? {};
  if (allOrNothing !== undefined && mode !== CapacityMode.onDemand) {
    const why = mode === CapacityMode.spot ? "spot has no such launch" : "what is reserved is there, all of it";
    report("capacity.allOrNothing", String(allOrNothing), `is not used by ${mode}: ${why}`, "remove it");
  }
  const reserved = mode === CapacityMode.reservation || mode === CapacityMode.openReservation;
  if (placementGroup !== undefined && !reserved) {
    report(
      "capacity.placementGroup",
      placementGroup,
      `is not used by ${mode}: it is the group that a reservation was made in`,
      "remove it",
    );
  }
}
