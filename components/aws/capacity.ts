import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { checkBlock, checkBought, type DescribedBlock } from "./block";
import type { Network } from "./network/network";
import type { AwsLayout } from "./plan/layout";
import { childName, inZone, placed, type Scope } from "./scope";

/** What machines are launched into. */
export interface Capacity {
  /** Fields of every launch template that say how the machine is bought. */
  launch: Pick<ec2.LaunchTemplateArgs, "instanceMarketOptions" | "capacityReservationSpecification">;
  /** Name of the placement group; absent where there is none. */
  placementGroup?: pulumi.Output<string>;
  /** When the machines are taken away, ISO 8601; absent where nothing says. */
  endsAt?: pulumi.Output<string>;
  /** What must be there before a machine starts: a reservation that holds room for all of them. */
  ready: pulumi.Resource[];
}

/** The placement group, the reservation that is made or bought, and the fields that name them. */
export function createCapacity(scope: Scope, layout: AwsLayout, network: Network): Capacity {
  const { capacity } = layout;
  const group = createPlacementGroup(scope, layout);
  const brought = capacity.placementGroup === undefined ? undefined : pulumi.output(capacity.placementGroup);
  const placementGroup = group ? group.name : brought;
  if (group && capacity.allOrNothing) {
    return { launch: {}, placementGroup, ready: [createReservation(scope, layout, network, group)] };
  }
  if (capacity.marketType === "capacity-block") {
    const { id, endsAt } = findBlock(scope, layout);
    const launch = { instanceMarketOptions: { marketType: "capacity-block" }, ...inReservation(id) };
    return { launch, endsAt, ready: [] };
  }
  return { launch: launchInto(layout), placementGroup, ready: [] };
}

function launchInto({ capacity }: AwsLayout): Capacity["launch"] {
  const { marketType, reservationId, reservationGroupArn } = capacity;
  if (marketType === "spot") {
    // A machine that is taken back is gone: stopped ones would keep their address and come back without their disks.
    const spotOptions = { spotInstanceType: "one-time", instanceInterruptionBehavior: "terminate" };
    return { instanceMarketOptions: { marketType, spotOptions } };
  }
  if (reservationGroupArn !== undefined) {
    const capacityReservationTarget = { capacityReservationResourceGroupArn: reservationGroupArn };
    return { capacityReservationSpecification: { capacityReservationTarget } };
  }
  return reservationId === undefined ? {} : inReservation(reservationId);
}

function inReservation(capacityReservationId: pulumi.Input<string>): Capacity["launch"] {
  return { capacityReservationSpecification: { capacityReservationTarget: { capacityReservationId } } };
}

function createPlacementGroup(scope: Scope, { capacity, zoneName }: AwsLayout): ec2.PlacementGroup | undefined {
  if (capacity.placement !== "own") return undefined;
  // A cluster group cannot hold machines of two zones, as a cluster that moves has for a while.
  const suffix = inZone("placement", zoneName);
  return new ec2.PlacementGroup(
    childName(scope, suffix),
    { ...placed(scope, suffix), strategy: "cluster" },
    { parent: scope.parent },
  );
}

/**
 * All machines of the cluster, reserved at once or not at all: an update that finds too little capacity fails here, with
 * nothing started and nothing billed. A machine that is replaced finds its slot free.
 *
 * It is made inside the placement group, so that only machines of that group can take it; so it needs to be named by no
 * template, and making or dropping it touches no machine (EC2 guide, "Capacity Reservations in cluster placement groups").
 */
function createReservation(
  scope: Scope,
  { plan, zoneName }: AwsLayout,
  network: Network,
  group: ec2.PlacementGroup,
): ec2.CapacityReservation {
  const suffix = inZone("capacity", zoneName);
  return new ec2.CapacityReservation(
    childName(scope, suffix),
    {
      ...placed(scope, suffix),
      instanceType: plan.machine,
      instanceCount: plan.nodes,
      instancePlatform: "Linux/UNIX",
      availabilityZone: network.zoneName,
      instanceMatchCriteria: "open",
      endDateType: "unlimited",
      tenancy: "default",
      placementGroupArn: group.arn,
    },
    // The provider sends no other group when it updates (aws_ec2_capacity_reservation, v6.58.0).
    { parent: scope.parent, replaceOnChanges: ["placementGroupArn"] },
  );
}

interface FoundBlock {
  id: pulumi.Output<string>;
  endsAt: pulumi.Output<string>;
}

/** The block that was bought, or the one that is bought now because the decision says so in words. */
function findBlock(scope: Scope, layout: AwsLayout): FoundBlock {
  const { parent, region } = scope;
  const { reservationId, offeringId } = layout.capacity;
  if (reservationId === undefined && offeringId !== undefined) return buyBlock(scope, layout, offeringId);
  const found = ec2.getCapacityBlockReservationOutput({ id: reservationId, region }, { parent });
  const block = found.apply((described: DescribedBlock) => checkBlock(described, layout));
  return { id: pulumi.output(reservationId ?? ""), endsAt: block.endDate };
}

/** Pays upfront. Neither a destroy nor a changed program gives it back, so neither may look as if it did. */
function buyBlock(scope: Scope, layout: AwsLayout, capacityBlockOfferingId: string): FoundBlock {
  const block = new ec2.CapacityBlockReservation(
    childName(scope, "block"),
    { ...placed(scope, "block"), capacityBlockOfferingId, instancePlatform: "Linux/UNIX" },
    { parent: scope.parent, protect: true, retainOnDelete: true, ignoreChanges: ["capacityBlockOfferingId"] },
  );
  const { id, instanceType, instanceCount, availabilityZone, endDate } = block;
  const described = pulumi.all([id, instanceType, instanceCount, availabilityZone, endDate]);
  const bought = described.apply(([blockId, type, count, zone, end]) =>
    checkBought(
      { id: blockId, instanceType: type, instanceCount: count, availabilityZone: zone, endDate: end },
      layout,
    ),
  );
  return { id: bought.id, endsAt: bought.endDate };
}
