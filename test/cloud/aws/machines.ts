import { awsInstanceTypes, awsMachines } from "../../../sizing/machinesAws";
import type { Account } from "../account";
import type { WorldResource } from "../world";
import { launchOf } from "./launchRequest";
import { zoneOf } from "./zones";

const instanceType = "aws:ec2/instance:Instance";
export const reservationType = "aws:ec2/capacityReservation:CapacityReservation";

/** EC2 API reference, error codes: Unsupported, "an Availability Zone that currently has constraints on that instance type". */
export function refuseOffering(
  instanceType: string,
  zoneId: string | undefined,
  { zoneIds }: Account,
): string | undefined {
  const offered = zoneIds?.[instanceType] ?? zonesWith(instanceType);
  if (zoneId === undefined || offered.length === 0 || offered.includes(zoneId)) return undefined;
  return `Unsupported: Your requested instance type (${instanceType}) is not supported in your requested Availability Zone (${zoneId})`;
}

interface Machines {
  type: string;
  zoneId: string;
  count: number;
  spot: boolean;
}

/** Whether AWS has machines outside of reservations, or for a new one, and the account may have them. */
export function refuseMachines(
  { type, zoneId, count, spot }: Machines,
  world: readonly WorldResource[],
  account: Account,
): string | undefined {
  const taken = machinesTaken(world);
  const limit = spot ? account.spotVcpus : account.onDemandVcpus;
  const vcpus = taken
    .filter((machine) => machine.spot === spot)
    .reduce((sum, machine) => sum + machine.count * vcpusOf(machine.type), 0);
  // EC2 API reference, error codes: VcpuLimitExceeded, MaxSpotInstanceCountExceeded.
  if (limit !== undefined && vcpus + count * vcpusOf(type) > limit)
    return spot
      ? "MaxSpotInstanceCountExceeded: Max spot instance count exceeded"
      : `VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of ${limit} allows`;
  const there = account.capacity?.[`${type} ${zoneId}`];
  const used = taken
    .filter((machine) => machine.type === type && machine.zoneId === zoneId)
    .reduce((sum, machine) => sum + machine.count, 0);
  // EC2 API reference, error codes: for a launch and for a reservation alike.
  return there !== undefined && used + count > there
    ? `InsufficientInstanceCapacity: We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zoneId}).`
    : undefined;
}

/** What reservations that stacks made keep, and the machines that run outside of any. */
function machinesTaken(world: readonly WorldResource[]): Machines[] {
  const kept = world
    .filter(({ type }) => type === reservationType)
    .map(({ inputs }) => ({
      type: String(inputs.instanceType),
      zoneId: zoneOf({ name: inputs.availabilityZone })?.availabilityZoneId ?? "",
      count: Number(inputs.instanceCount),
      spot: false,
    }));
  const outside = world
    .filter(({ type, attributes }) => type === instanceType && attributes.reservedSlot === undefined)
    .map((instance) => {
      const { instanceType: type = "", zoneId = "", marketType } = launchOf(instance, world);
      return { type, zoneId, count: 1, spot: marketType === "spot" };
    });
  return [...kept, ...outside];
}

function vcpusOf(type: string): number {
  const machine = awsInstanceTypes[type] as { VCpuInfo?: { DefaultVCpus: number } } | undefined;
  return machine?.VCpuInfo?.DefaultVCpus ?? 0;
}

function zonesWith(type: string): readonly string[] {
  return awsMachines.find(({ id }) => id === type)?.zoneIds ?? [];
}
