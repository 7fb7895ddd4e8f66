import { CapacityMode } from "../../../sizing/decisionArgs";
import type { Plan } from "../../../sizing/plan";
import type { TrainingPlan } from "../../../sizing/training/plan";

/** How machines are bought, as the fields of a launch template and what must be there before them. */
export interface CapacityPlan {
  mode: CapacityMode;
  /** A market of its own; absent for machines at the on-demand rate. */
  marketType?: "capacity-block" | "spot";
  /** The reservation that the machines are to run in, by its id. */
  reservationId?: string;
  /** The resource group of reservations that the machines are to run in, by its ARN. */
  reservationGroupArn?: string;
  /** The offering of a capacity block that is bought. */
  offeringId?: string;
  /** Whether a reservation for all machines is made first, so that all of them start or none. */
  allOrNothing: boolean;
  /** The cluster placement group: one of the cluster's own, one that a reservation was made in, or none. */
  placement: "own" | "brought" | "none";
  /** Name of the one that a reservation was made in. */
  placementGroup?: string;
}

/**
 * The fields of each purchase mode, and no others (EC2 guide, "Capacity Blocks" and "Capacity Reservations").
 *
 * A capacity block is close together by itself and refuses a placement group. A reservation has capacity inside a group
 * only if it was made in that group: asked for elsewhere AWS finds none (terraform-aws-eks#3730), and of an open one,
 * which whatever matches takes and nothing names, the machines would start beside it, and both be billed.
 */
export function planCapacity({ decision, nodesPerReplica }: Plan | TrainingPlan): CapacityPlan {
  const { mode, reservationId, offeringId, placementGroup } = decision.capacity;
  const none = { mode, allOrNothing: false };
  switch (mode) {
    case CapacityMode.capacityBlock:
      return { ...none, marketType: "capacity-block", reservationId, offeringId, placement: "none" };
    case CapacityMode.reservation:
    case CapacityMode.openReservation: {
      const placement = placementGroup === undefined ? "none" : "brought";
      const isGroup = reservationId?.startsWith("arn:");
      const target = isGroup ? { reservationGroupArn: reservationId } : { reservationId };
      return { ...none, ...target, placement, placementGroup };
    }
    case CapacityMode.spot:
      return { ...none, marketType: "spot", placement: "own" };
    default: {
      // Half a gang serves nobody, and is billed.
      const allOrNothing = decision.capacity.allOrNothing ?? nodesPerReplica > 1;
      return { mode, allOrNothing, placement: "own" };
    }
  }
}
