import { modeOwner } from "./capacityRules";
import { machines } from "./catalogue";
import type { ResolvedDecision } from "./decision";
import { Cloud } from "./decisionArgs";
import type { Machine } from "./hardware";
import { cloudOfZone, knownRegions, usualRegion } from "./places";
import { canFormGang } from "./shapes";
import { isTraining } from "./training/recipe";

/** The machines that a decision allows. */
export function allowedMachines(resolved: ResolvedDecision): Machine[] {
  return machines.filter((machine) => isAllowed(machine, resolved));
}

/** What the decision names, or all that can be what it asks for. A rule has refused a decision that leaves nothing. */
function isAllowed(machine: Machine, { decision, regionAssumed }: ResolvedDecision): boolean {
  const { machine: named, cloud, overrides, region, zone, capacity } = decision;
  if (named !== undefined) return named === machine.id;
  if (cloud !== Cloud.any && cloud !== machine.cloud) return false;
  // A region, and some ways of buying, are one cloud's.
  const bought = cloud === Cloud.any && capacity.reservationId?.startsWith("cr-") ? "aws" : modeOwner[capacity.mode];
  const placed = zone === undefined ? undefined : cloudOfZone(zone);
  const owner = bought ?? placed ?? (regionAssumed ? undefined : knownRegions().get(region));
  if (owner !== undefined && owner !== machine.cloud) return false;
  const { tensorParallel = 1, nodes, replicas } = overrides;
  if (isTraining(decision.workload)) return tensorParallel <= machine.gpus;
  const stages = overrides.pipelineParallel ?? (nodes !== undefined && replicas !== undefined ? nodes / replicas : 1);
  return tensorParallel <= machine.gpus && (stages === 1 || canFormGang(machine));
}

/** The decision as it reads for one machine: where nobody named a region, the one that this machine is looked at in. */
export function decisionFor(resolved: ResolvedDecision, machine: Machine): ResolvedDecision {
  if (!resolved.regionAssumed) return resolved;
  return { ...resolved, decision: { ...resolved.decision, region: usualRegion(machine) } };
}
