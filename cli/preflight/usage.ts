import type { CapacityReservation, Instance, Tag } from "@aws-sdk/client-ec2";
import { knownVcpus, type Subject } from "./subject";

/** Which quota a machine counts towards. A capacity block's counts towards neither. */
export type Market = "on demand" | "spot";

/** vCPU of P machines that run in the region, of one market. */
export interface Usage {
  /** Of machines that are not this cluster's. */
  others: number;
  /** Of this cluster's own, by their tag. */
  own: number;
}

/** Counts what runs. vCPU are the machine's cores times its threads, which DescribeInstances tells of every type. */
export function countUsage(machines: readonly Instance[], market: Market, cluster: string): Usage {
  const usage = { others: 0, own: 0 };
  for (const machine of machines) {
    if (marketOf(machine) !== market || machine.Placement?.Tenancy === "host") continue;
    usage[isOwn(machine, cluster) ? "own" : "others"] += vcpusOf(machine);
  }
  return usage;
}

function marketOf({ InstanceLifecycle }: Instance): Market | undefined {
  if (InstanceLifecycle === undefined) return "on demand";
  return InstanceLifecycle === "spot" ? "spot" : undefined;
}

function vcpusOf({ CpuOptions, InstanceType }: Instance): number {
  const { CoreCount, ThreadsPerCore } = CpuOptions ?? {};
  if (CoreCount !== undefined && ThreadsPerCore !== undefined) return CoreCount * ThreadsPerCore;
  return knownVcpus(InstanceType ?? "") ?? 0;
}

/** Whether a machine or a reservation is this cluster's: its tag `llm-cluster-stack` has the stack's name. */
export function isOwn({ Tags = [] }: { Tags?: Tag[] }, cluster: string): boolean {
  return Tags.some(({ Key, Value }) => Key === "llm-cluster-stack" && Value === cluster);
}

/** How many of a reservation's slots this cluster's machines take already. */
export function ownIn(machines: readonly Instance[], reservationId: string | undefined, { cluster }: Subject): number {
  return machines.filter((machine) => machine.CapacityReservationId === reservationId && isOwn(machine, cluster))
    .length;
}

/**
 * vCPU that unused slots of on-demand reservations hold: they count towards the quota (EC2 guide, "Capacity
 * Reservations", limitations). Only of types whose vCPU are known here, and not of a reservation that the cluster has
 * made for its own machines: those are its need.
 */
export function reservedVcpus(reservations: readonly CapacityReservation[], cluster: string): number {
  return reservations
    .filter((reservation) => reservation.ReservationType !== "capacity-block" && !isOwn(reservation, cluster))
    .reduce((sum, { InstanceType = "", AvailableInstanceCount = 0 }) => {
      return sum + AvailableInstanceCount * (knownVcpus(InstanceType) ?? 0);
    }, 0);
}
