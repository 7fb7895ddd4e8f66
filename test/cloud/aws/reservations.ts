import { type Account, type BlockFacts, type ReservationFacts, timeIn } from "../account";
import type { Kind } from "../kinds";
import type { WorldResource } from "../world";
import { refuseMachines, refuseOffering, reservationType } from "./machines";
import { accountId, arn, errorCodes, model, provider } from "./sources";
import { zoneOf } from "./zones";

export const blockType = "aws:ec2/capacityBlockReservation:CapacityBlockReservation";
const groupType = "aws:ec2/placementGroup:PlacementGroup";

/** Capacity reservations, and capacity blocks that a stack buys. What they do to a launch is in launch/. */
export const reservations: Readonly<Record<string, Kind>> = {
  [reservationType]: {
    source: `${model("ec2", "CreateCapacityReservation")}: fails whole without capacity, or above the On-Demand quota; ${model("ec2", "CancelCapacityReservation")}: machines in it go on; ${errorCodes}: InsufficientInstanceCapacity, VcpuLimitExceeded, InvalidPlacementGroup.InUse`,
    id: "cr-",
    attributes: (resource) => ({ arn: arn("ec2", "capacity-reservation", resource), ownerId: accountId }),
    references: [
      {
        property: "placementGroupArn",
        kind: groupType,
        missing: "InvalidPlacementGroup.Unknown",
        holds: "InvalidPlacementGroup.InUse",
      },
    ],
    refuse: ({ inputs }, world, account) => {
      // The provider sends the name only (resourceCapacityReservationCreate, AvailabilityZone): an id is no zone's name.
      if (zoneOf({ name: inputs.availabilityZone }) === undefined)
        return `InvalidParameterValue: Invalid availability zone: [${inputs.availabilityZone}]`;
      const limited = inputs.endDateType === "limited";
      if (limited !== (inputs.endDate !== undefined))
        return "InvalidParameterCombination: an end date belongs to the end date type limited, and that to an end date";
      const type = String(inputs.instanceType);
      const zoneId = zoneOf({ name: inputs.availabilityZone })?.availabilityZoneId ?? "";
      return (
        refuseOffering(type, zoneId, account) ??
        refuseMachines({ type, zoneId, count: Number(inputs.instanceCount), spot: false }, world, account)
      );
    },
  },
  [blockType]: {
    source: `${model("ec2", "PurchaseCapacityBlock")}; ${errorCodes}: InvalidCapacityBlockOfferingIdNotFound and its neighbours; ${model("ec2", "CancelCapacityReservation")}: You can't modify or cancel a Capacity Block; ${provider("ec2 capacityBlockReservationResource")}: WithNoOpDelete, the provider only forgets it`,
    id: "cr-",
    kept: true,
    attributes: (resource, _, account) => blockAttributes(resource, account),
    refuse: ({ inputs }, world, { offerings }) => {
      const id = String(inputs.capacityBlockOfferingId);
      if (!/^cb-/.test(id)) return `InvalidCapacityBlockOfferingIdMalformed: ${id}`;
      if (offerings && !offerings[id]) return `InvalidCapacityBlockOfferingIdNotFound: ${id}`;
      const sold = world.some(({ type, inputs: other }) => type === blockType && other.capacityBlockOfferingId === id);
      return sold ? `InvalidCapacityBlockOfferingIdExpired: ${id} is no longer available` : undefined;
    },
  },
};

/** The open reservations that are there, of stacks and of the account, with their ids. */
export function openReservations(
  world: readonly WorldResource[],
  { reservations: facts = {} }: Account,
): [string, ReservationFacts][] {
  const made = world.filter(({ type }) => type === reservationType);
  const all = [
    ...made.map((resource): [string, ReservationFacts] => [resource.id, madeReservation(resource, world)]),
    ...Object.entries(facts),
  ];
  return all.filter(([, { open }]) => open);
}

/** An offering of which a test said nothing: one machine in use1-az6, begun when the account's clock was last asked. */
const anyOffering: BlockFacts = { instanceType: "p5.48xlarge", zoneId: "use1-az6", instanceCount: 1 };

function blockAttributes(resource: WorldResource, account: Account): Record<string, unknown> {
  const offer = account.offerings?.[String(resource.inputs.capacityBlockOfferingId)] ?? anyOffering;
  const { availabilityZone } = zoneOf({ id: offer.zoneId }) ?? {};
  const dates = resource.attributes as { createdDate?: string; startDate?: string };
  const begun = dates.createdDate ?? new Date(timeIn(account)).toISOString();
  return {
    arn: arn("ec2", "capacity-reservation", resource),
    availabilityZone,
    createdDate: begun,
    startDate: offer.startDate ?? dates.startDate ?? begun,
    endDate: offer.endDate ?? distantEnd,
    endDateType: "limited",
    ebsOptimized: false,
    instanceCount: offer.instanceCount,
    instanceType: offer.instanceType,
    outpostArn: "",
    placementGroupArn: "",
    reservationType: "capacity-block",
    tenancy: "default",
  };
}

/** Blocks end at 11:30 UTC (EC2 guide, "How Capacity Blocks work"). */
export const distantEnd = "2099-01-01T11:30:00.000Z";

/**
 * A reservation or block by its id, or a group of reservations by its ARN: a stack's own, or one of the account's facts.
 * `any` where nothing was said of reservations, `none` where it does not exist.
 */
export function findReservation(
  id: string,
  world: readonly WorldResource[],
  { reservations: facts }: Account,
): ReservationFacts | "any" | "none" {
  const made = world.find((other) => other.id === id && (other.type === reservationType || other.type === blockType));
  if (made) return made.type === blockType ? boughtBlock(made) : madeReservation(made, world);
  if (facts === undefined) return /^cr-|^arn:/.test(id) ? "any" : "none";
  return facts[id] ?? "none";
}

function boughtBlock({ attributes }: WorldResource): ReservationFacts {
  const { availabilityZone, instanceType, instanceCount, startDate, endDate } = attributes as Record<string, string>;
  const zoneId = zoneOf({ name: availabilityZone })?.availabilityZoneId ?? "";
  return {
    kind: "block",
    zoneId,
    instanceType,
    instanceCount: Number(instanceCount),
    startDate,
    endDate,
  } as ReservationFacts;
}

function madeReservation({ inputs }: WorldResource, world: readonly WorldResource[]): ReservationFacts {
  const group = world.find(({ type, attributes }) => type === groupType && attributes.arn === inputs.placementGroupArn);
  return {
    kind: "reservation",
    instanceType: String(inputs.instanceType),
    zoneId: zoneOf({ name: inputs.availabilityZone })?.availabilityZoneId ?? "",
    instanceCount: Number(inputs.instanceCount),
    endDate: inputs.endDate as string | undefined,
    // The provider's default is open (aws_ec2_capacity_reservation, instance_match_criteria).
    open: (inputs.instanceMatchCriteria ?? "open") === "open",
    placementGroup: group?.inputs.name as string | undefined,
  };
}
