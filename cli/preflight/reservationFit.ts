import type { CapacityReservation } from "@aws-sdk/client-ec2";
import { CapacityMode } from "../../sizing/decisionArgs";
import { type Finding, findingsOf } from "./finding";
import type { Subject } from "./subject";
import { isInZone } from "./zone";

const say = findingsOf("reservation");

/**
 * Whether a reservation is of the kind, type, zone, platform, tenancy and placement that the cluster's machines have:
 * all of them must match (EC2 guide, "Launch instances into an existing Capacity Reservation").
 */
export function judgeFit(subject: Subject, reservation: CapacityReservation): Finding[] {
  return [
    ...judgeKind(subject, reservation),
    ...judgeMachine(subject, reservation),
    ...judgePlace(subject, reservation),
    ...judgePlacementGroup(subject, reservation),
  ];
}

function judgeKind({ capacity }: Subject, { CapacityReservationId: id, ReservationType }: CapacityReservation) {
  const isBlock = ReservationType === "capacity-block";
  if (capacity.mode === CapacityMode.capacityBlock && !isBlock) {
    const fact = `${id} is an on-demand reservation, and capacity.mode is capacityBlock`;
    return [say.fails(fact, "the market capacity-block starts machines in a block only", "set mode to reservation")];
  }
  if (capacity.mode === CapacityMode.reservation && isBlock) {
    const fact = `${id} is a capacity block, and capacity.mode is reservation`;
    return [say.fails(fact, "a block starts machines of the market capacity-block only", "set mode to capacityBlock")];
  }
  return [];
}

function judgeMachine(
  { machine }: Subject,
  { CapacityReservationId: id, InstanceType, InstancePlatform, Tenancy, Interruptible }: CapacityReservation,
): Finding[] {
  const findings: Finding[] = [];
  if (InstanceType !== machine) {
    const fix = `set decision.machine to ${InstanceType}, or name a reservation of ${machine}`;
    findings.push(say.fails(`${id} is of ${InstanceType}, and the plan has ${machine}`, undefined, fix));
  }
  if (InstancePlatform !== "Linux/UNIX") {
    const meaning = "the machine image is Linux/UNIX";
    findings.push(say.fails(`${id} is for ${InstancePlatform}`, meaning, "name a reservation for Linux/UNIX"));
  }
  if (Tenancy !== "default") {
    const meaning = "the cluster's machines have default tenancy";
    findings.push(say.fails(`${id} has tenancy ${Tenancy}`, meaning, "name a reservation of default tenancy"));
  }
  if (Interruptible) {
    const meaning = "its owner may take the machines back, with two minutes' notice";
    findings.push(say.warns(`${id} is interruptible`, meaning));
  }
  return findings;
}

function judgePlace({ zone }: Subject, reservation: CapacityReservation): Finding[] {
  const { CapacityReservationId: id, AvailabilityZone, AvailabilityZoneId } = reservation;
  const where = `${id} is in ${AvailabilityZone} (${AvailabilityZoneId})`;
  const inZone = isInZone(zone, reservation);
  if (inZone) return [say.ok(where)];
  if (inZone === undefined) return [say.unknown(`AWS does not say in which zone ${id} is`)];
  const fix = `set decision.zone to ${AvailabilityZoneId ?? AvailabilityZone}`;
  return [say.fails(`${where}, and decision.zone is ${zone}`, "machines start in their reservation's zone only", fix)];
}

/** Of a placement group's ARN, `arn:aws:ec2:REGION:ACCOUNT:placement-group/NAME`, the name. */
function groupName(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

/** A reservation was made in a placement group, or it was not, and that does not change (EC2 guide, "Use Capacity Reservations with cluster placement groups"). */
function judgePlacementGroup(
  { capacity }: Subject,
  { CapacityReservationId: id, PlacementGroupArn }: CapacityReservation,
): Finding[] {
  if (capacity.mode !== CapacityMode.reservation) return [];
  const wanted = capacity.placementGroup;
  const made = PlacementGroupArn === undefined ? undefined : groupName(PlacementGroupArn);
  if (made === wanted) return [];
  if (wanted === undefined) {
    const fact = `${id} was made in placement group ${made}, and capacity.placementGroup does not name it`;
    const meaning = "machines start there, but are not of the group, and those of another account do not see it";
    return [say.warns(fact, meaning, `set capacity.placementGroup to ${made}`)];
  }
  const fact = `${id} was made in ${made === undefined ? "no placement group" : `placement group ${made}`}, and capacity.placementGroup is ${wanted}`;
  const fix = made === undefined ? "remove capacity.placementGroup" : `set it to ${made}`;
  return [say.fails(fact, "RunInstances answers InsufficientInstanceCapacity", fix)];
}
