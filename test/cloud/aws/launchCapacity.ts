import { type Account, type ReservationFacts, timeIn } from "../account";
import type { WorldResource } from "../world";
import { type Launch, launchOf } from "./launchRequest";
import { refuseMachines } from "./machines";
import { findReservation, openReservations } from "./reservations";

const instanceType = "aws:ec2/instance:Instance";
const markets = [undefined, "on-demand", "spot", "capacity-block", "interruptible-capacity-reservation"];

/** What EC2 refuses of how a machine is bought: the market, what it names, and how much of it there is. */
export function refuseCapacity(launch: Launch, world: readonly WorldResource[], account: Account): string | undefined {
  return (
    refuseMarket(launch) ??
    (launch.target === undefined
      ? refuseUntargeted(launch, world, account)
      : refuseTarget(launch, launch.target, world, account))
  );
}

function refuseMarket({ marketType, target, preference, placementGroup }: Launch): string | undefined {
  // The enum is botocore's (MarketType); the words are those of terraform-aws-modules/terraform-aws-ec2-instance#404.
  if (!markets.includes(marketType)) return invalidMarket;
  // botocore 1.44.5, CapacityReservationSpecification. The codes here and below are guesses where no source is named.
  if (target !== undefined && preference !== undefined && preference !== "capacity-reservations-only")
    return "InvalidParameterCombination: You can only specify CapacityReservationPreference and CapacityReservationTarget if the CapacityReservationPreference is capacity-reservations-only";
  if (marketType === "capacity-block" && target === undefined)
    return "InvalidParameterCombination: the market type capacity-block needs the ID of a Capacity Block";
  // aws/aws-parallelcluster#6311.
  if (marketType === "capacity-block" && placementGroup !== undefined)
    return "InvalidParameterCombination: a Capacity Block is not used with a placement group";
  if (marketType === "spot" && (target !== undefined || preference === "capacity-reservations-only"))
    return "InvalidParameterCombination: a Spot Instance does not run in a Capacity Reservation";
  return undefined;
}

const invalidMarket =
  "InvalidParameterValue: The market type (purchasing) option is not valid. Choose a different market type and try again";

function refuseTarget(launch: Launch, target: string, world: readonly WorldResource[], account: Account) {
  const found = findReservation(target, world, account);
  if (found === "any") return undefined;
  // terraform-provider-aws v6.58.0 ec2/errors.go has the code.
  if (found === "none")
    return `InvalidCapacityReservationId.NotFound: The Capacity Reservation ID '${target}' does not exist`;
  // A block without its market: terraform-aws-modules/terraform-aws-ec2-instance#404. The reverse is taken to be the same.
  if ((found.kind === "block") !== (launch.marketType === "capacity-block")) return invalidMarket;
  return refuseTime(found, account) ?? refuseMatch(launch, found) ?? refuseSlots(target, found, world);
}

/** A block takes machines from its start to 30 minutes before its end (EC2 guide, "Capacity Blocks for ML"). */
function refuseTime({ kind, state = "active", startDate, endDate }: ReservationFacts, account: Account) {
  const now = timeIn(account);
  const begun = startDate === undefined || Date.parse(startDate) <= now;
  // EC2 API reference, error codes: "Your Capacity Block is not active yet."
  if (state === "scheduled" || state === "payment-pending" || !begun)
    return "InvalidCapacityReservationState.PendingActivation: Your Capacity Block is not active yet.";
  const margin = kind === "block" ? 30 * 60 * 1000 : 0;
  const over = endDate !== undefined && now >= Date.parse(endDate) - margin;
  return state !== "active" || over ? "InvalidCapacityReservationState: The Capacity Reservation has ended" : undefined;
}

/** "Has matching attributes" (EC2 guide, "Launch instances into an existing Capacity Reservation"). */
function refuseMatch({ instanceType: type, zoneId, placementGroup }: Launch, found: ReservationFacts) {
  if (found.instanceType !== type)
    return `InvalidParameterValue: the Capacity Reservation is for ${found.instanceType}, not for ${type}`;
  if (found.zoneId !== zoneId)
    return `InvalidParameterValue: the Capacity Reservation is in ${found.zoneId}, not in ${zoneId}`;
  // terraform-aws-modules/terraform-aws-eks#3730 has the code.
  return found.placementGroup !== placementGroup
    ? `InsufficientInstanceCapacity: the Capacity Reservation was made in ${found.placementGroup ?? "no placement group"}, not in ${placementGroup ?? "none"}`
    : undefined;
}

/** EC2 API reference, error codes: ReservationCapacityExceeded. */
function refuseSlots(id: string, found: ReservationFacts, world: readonly WorldResource[]): string | undefined {
  return freeSlots(id, found, world) > 0
    ? undefined
    : "ReservationCapacityExceeded: The targeted Capacity Reservation does not have enough available instance capacity to fulfill your request.";
}

function freeSlots(id: string, { instanceCount, used = 0 }: ReservationFacts, world: readonly WorldResource[]): number {
  const held = world.filter(({ type, attributes }) => type === instanceType && attributes.reservedSlot === id);
  return instanceCount - used - held.length;
}

function refuseUntargeted(launch: Launch, world: readonly WorldResource[], account: Account): string | undefined {
  if (openSlot(launch, world, account) !== undefined) return undefined;
  // botocore 1.44.5, CapacityReservationPreference: "If capacity isn't available, the instance will fail to launch".
  if (launch.preference === "capacity-reservations-only" && account.reservations !== undefined)
    return "InsufficientInstanceCapacity: no open Capacity Reservation matches and has room";
  const { instanceType: type = "", zoneId = "", marketType } = launch;
  return refuseMachines({ type, zoneId, count: 1, spot: marketType === "spot" }, world, account);
}

/** The open reservation whose slot a machine takes by itself. */
function openSlot(launch: Launch, world: readonly WorldResource[], account: Account): string | undefined {
  if (launch.marketType === "spot" || launch.preference === "none") return undefined;
  return openReservations(world, account).find(
    ([id, found]) =>
      refuseTime(found, account) === undefined &&
      refuseMatch(launch, found) === undefined &&
      freeSlots(id, found, world) > 0,
  )?.[0];
}

/** The reservation or block in which an instance runs, if any. */
export function slotOf(instance: WorldResource, world: readonly WorldResource[], account: Account): string | undefined {
  const launch = launchOf(instance, world);
  return launch.target ?? openSlot(launch, world, account);
}
