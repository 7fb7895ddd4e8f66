import type { CapacityReservation } from "@aws-sdk/client-ec2";
import { CapacityMode } from "../../sizing/decisionArgs";
import type { SharedAnswers } from "./answers";
import { attempt, type Finding, findingsOf } from "./finding";
import type { Subject } from "./subject";
import { ownIn } from "./usage";
import { isInZone } from "./zone";

const say = findingsOf("reservation");

/** Whether open reservations have a slot for every machine: whichever has none starts on demand, if it starts. */
export async function checkOpenReservation(subject: Subject, answers: SharedAnswers): Promise<Finding[]> {
  if (subject.capacity.mode !== CapacityMode.openReservation) return [];
  return attempt("reservation", `open reservations of ${subject.machine}`, async () => {
    const matching = (await answers.reservations()).filter((reservation) => matches(subject, reservation));
    const free = matching.reduce((sum, { AvailableInstanceCount = 0 }) => sum + AvailableInstanceCount, 0);
    const ids = matching.map(({ CapacityReservationId }) => CapacityReservationId).join(", ");
    const fact = `${matching.length === 0 ? "no" : matching.length} open, active ${matching.length === 1 ? "reservation" : "reservations"} of ${subject.machine} in ${subject.zone}${ids === "" ? "" : ` (${ids})`}, ${free} slots free`;
    if (free >= subject.nodes) return [say.ok(`${fact}, for ${subject.nodes} machines`)];
    return judgeOwn(subject, matching, { fact, free }, answers);
  });
}

/**
 * What matches an open reservation: type, zone, platform and tenancy. One that was made in a placement group takes
 * machines of that group only (EC2 guide, "Use Capacity Reservations with cluster placement groups").
 */
function matches({ machine, zone }: Subject, reservation: CapacityReservation): boolean {
  const { InstanceType, InstanceMatchCriteria, InstancePlatform, Tenancy, State, ReservationType } = reservation;
  return (
    InstanceType === machine &&
    isInZone(zone, reservation) === true &&
    State === "active" &&
    InstanceMatchCriteria === "open" &&
    InstancePlatform === "Linux/UNIX" &&
    Tenancy === "default" &&
    ReservationType !== "capacity-block" &&
    reservation.PlacementGroupArn === undefined
  );
}

async function judgeOwn(
  subject: Subject,
  matching: readonly CapacityReservation[],
  { fact, free }: { fact: string; free: number },
  answers: SharedAnswers,
): Promise<Finding[]> {
  const meaning = "machines without a slot start on demand, if AWS has any, at the on-demand rate";
  const fix = "make an open reservation, or raise one (aws ec2 modify-capacity-reservation)";
  if (matching.length === 0) return [say.warns(fact, meaning, fix)];
  return attempt("reservation", `${fact}, and whether this cluster's machines use others`, async () => {
    const machines = await answers.machines();
    const own = matching.reduce(
      (sum, { CapacityReservationId }) => sum + ownIn(machines, CapacityReservationId, subject),
      0,
    );
    const told = `${fact}, ${own} used by this cluster's machines (tag llm-cluster-stack=${subject.cluster})`;
    if (free + own >= subject.nodes) return [say.ok(`${told}, for ${subject.nodes} machines`)];
    return [say.warns(`${told}, for ${subject.nodes} machines`, meaning, fix)];
  });
}
