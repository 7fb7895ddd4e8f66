import { type Machine, type Model, machines, models, suggestMachines } from "./catalogue";
import { CapacityMode, Cloud, type DecisionArgs, Workload } from "./decisionArgs";
import { findCheckpoint, precisionNames, resolveModel, suggestModels } from "./modelNames";
import { checkTensorParallel } from "./parallelism";
import { type Problem, suggestNames } from "./problems";

type Report = (path: string, value: unknown, message: string, fix: string) => void;

/**
 * The rules that need more than one field, or the catalogue. They run on the fields whose own shape is right, so
 * that one mistyped number does not hide a mistyped model.
 */
export function checkRules(valid: Partial<DecisionArgs>, root: string, stackRegion?: string): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, value, message, fix) => problems.push({ path: `${root}.${path}`, value, message, fix });
  const model = checkModel(valid, report);
  const machine = checkMachine(valid, report);
  checkRegion(valid, machine, stackRegion, report);
  checkCapacity(valid, report);
  if (model) checkContext(valid, model, report);
  if (model) checkOverrides(valid, model, machine, report);
  return problems;
}

function checkModel(valid: Partial<DecisionArgs>, report: Report): Model | undefined {
  if (valid.workload && valid.workload !== Workload.inference) {
    report("workload", valid.workload, "is not sized in this version", "use inference");
  }
  if (typeof valid.model !== "string") return undefined;
  const found = resolveModel(valid.model);
  if (!found) {
    const isFile = /\.json$|^\.{0,2}\//.test(valid.model);
    report(
      "model",
      valid.model,
      isFile ? "is a file; this version sizes the models of its catalogue only" : "is not in the catalogue",
      suggestModels(valid.model),
    );
    checkAnyPrecision(valid, report);
    return undefined;
  }
  if (valid.precision && !findCheckpoint(found.model, valid.precision)) {
    report(
      "precision",
      valid.precision,
      `is not a precision of ${found.model.id}`,
      suggestNames(valid.precision, precisionNames(found.model)),
    );
  }
  return found.model;
}

/** Without a model nobody knows its checkpoints, but a precision that no model has is wrong all the same. */
function checkAnyPrecision({ precision }: Partial<DecisionArgs>, report: Report) {
  const known = [...new Set(models.flatMap(precisionNames))];
  if (precision && !known.includes(precision.toLowerCase())) {
    report("precision", precision, "is not a precision that is known", suggestNames(precision, known));
  }
}

function checkMachine(valid: Partial<DecisionArgs>, report: Report): Machine | undefined {
  if (valid.cloud === Cloud.gcp || valid.cloud === Cloud.azure) {
    report("cloud", valid.cloud, "has no machines in this version's catalogue", "use aws or any");
  }
  if (!valid.machine) return undefined;
  const machine = machines.find(({ id }) => id === valid.machine?.toLowerCase());
  if (!machine) report("machine", valid.machine, "is not in the catalogue", suggestMachines(valid.machine));
  return machine;
}

function checkRegion(
  valid: Partial<DecisionArgs>,
  machine: Machine | undefined,
  stackRegion: string | undefined,
  report: Report,
) {
  if (valid.region && stackRegion && valid.region !== stackRegion) {
    report(
      "region",
      valid.region,
      `differs from the stack's region, ${stackRegion}`,
      `remove it, or set aws:region to ${valid.region}`,
    );
  }
  const known = [...new Set(machines.flatMap(({ regions }) => regions))].sort();
  if (valid.zone && !isZoneName(valid.zone) && !isZoneId(valid.zone)) {
    report("zone", valid.zone, "is neither a zone name nor a zone id", "write us-east-1a or use1-az4, for example");
  }
  const region = valid.region ?? stackRegion;
  if (region && !known.includes(region)) {
    report("region", region, "has no machines in the recorded offerings", suggestNames(region, known));
  }
  const own = valid.zone === undefined ? undefined : regionOfZone(valid.zone);
  if (region && own !== undefined && own !== region) {
    report("zone", valid.zone, `is not in region ${region}`, `name a zone of ${region}, such as ${region}a`);
  }
  if (machine && valid.zone && isZoneId(valid.zone) && !machine.zoneIds.includes(valid.zone)) {
    report(
      "zone",
      valid.zone,
      `does not offer ${machine.id} (${machine.source})`,
      suggestNames(valid.zone, machine.zoneIds),
    );
  }
}

/** The region that a zone is in; undefined for a zone id of a region that no machine is offered in. */
export function regionOfZone(zone: string): string | undefined {
  if (isZoneName(zone)) return zone.slice(0, -1);
  const prefix = zone.slice(0, zone.lastIndexOf("-az"));
  return [...new Set(machines.flatMap(({ regions }) => regions))].find((region) => zoneIdPrefix(region) === prefix);
}

/** How the ids of a region's zones begin: use1 of us-east-1, apne2 of ap-northeast-2. */
function zoneIdPrefix(region: string): string {
  const [land = "", direction = "", number = ""] = region.split("-");
  return land + direction.replace(/(north|south|east|west|central)/g, (word) => word.charAt(0)) + number;
}

/** `us-east-1a`: which building it is differs from account to account. */
export function isZoneName(zone: string): boolean {
  return /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/.test(zone);
}

/** `use1-az4`: the same building in every account. */
export function isZoneId(zone: string): boolean {
  return /^[a-z]{3,5}\d-az\d+$/.test(zone);
}

function checkCapacity(valid: Partial<DecisionArgs>, report: Report) {
  const { mode = CapacityMode.onDemand, reservationId, hours } = valid.capacity ?? {};
  const needsId = mode === CapacityMode.capacityBlock || mode === CapacityMode.reservation;
  if (needsId && reservationId === undefined) {
    report(
      "capacity.reservationId",
      undefined,
      `is missing, and ${mode} needs it`,
      "give the id of what you bought, such as cr-0123456789abcdef0",
    );
  }
  if (!needsId && reservationId !== undefined) {
    report(
      "capacity.reservationId",
      reservationId,
      `is not used by ${mode}`,
      "remove it, or set capacity.mode to capacityBlock or reservation",
    );
  }
  if (needsId && reservationId !== undefined && !/^cr-[0-9a-f]{8,17}$/.test(reservationId)) {
    report(
      "capacity.reservationId",
      reservationId,
      "is not the id of a capacity reservation",
      "it looks like cr-0123456789abcdef0",
    );
  }
  if ((mode === CapacityMode.flexStart || mode === CapacityMode.calendar) && valid.cloud !== Cloud.gcp) {
    report(
      "capacity.mode",
      mode,
      "is a purchase mode of Google Cloud, whose machines this version lacks",
      "use onDemand or capacityBlock",
    );
  }
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

function checkContext(valid: Partial<DecisionArgs>, model: Model, report: Report) {
  const lengths = { contextLength: valid.contextLength, "overrides.maxModelLen": valid.overrides?.maxModelLen };
  for (const [path, length] of Object.entries(lengths)) {
    if (length !== undefined && length > model.maxContext) {
      report(
        path,
        length,
        `is above the ${model.maxContext} tokens that ${model.id} was made for`,
        `give up to ${model.maxContext}`,
      );
    }
  }
  const context = valid.contextLength ?? valid.overrides?.maxModelLen ?? model.maxContext;
  if (valid.averageTokens !== undefined && valid.averageTokens > context) {
    report("averageTokens", valid.averageTokens, `is above contextLength, ${context}`, `give up to ${context}`);
  }
  const { maxModelLen } = valid.overrides ?? {};
  if (maxModelLen !== undefined && valid.contextLength !== undefined && maxModelLen < valid.contextLength) {
    report(
      "overrides.maxModelLen",
      maxModelLen,
      `is below contextLength, ${valid.contextLength}: such requests would be refused`,
      `give at least ${valid.contextLength}`,
    );
  }
}

function checkOverrides(valid: Partial<DecisionArgs>, model: Model, machine: Machine | undefined, report: Report) {
  const { nodes, tensorParallel, pipelineParallel, replicas } = valid.overrides ?? {};
  const implied = valid.model === undefined ? undefined : resolveModel(valid.model)?.impliedPrecision;
  const checkpoint = findCheckpoint(model, valid.precision ?? implied ?? model.nativePrecision);
  if (tensorParallel !== undefined && checkpoint) {
    const widest = Math.max(...(machine ? [machine] : machines).map(({ gpus }) => gpus));
    const refusal = checkTensorParallel(model, checkpoint, tensorParallel, model.kind === "moe", widest);
    if (refusal) report("overrides.tensorParallel", tensorParallel, refusal.reason, refusal.fix);
    if (tensorParallel > widest) {
      report(
        "overrides.tensorParallel",
        tensorParallel,
        `is more than the ${widest} GPUs that share one machine's NVLink`,
        `give up to ${widest}, and split layers between machines with pipelineParallel`,
      );
    }
  }
  const stages = pipelineParallel ?? (nodes !== undefined && replicas !== undefined ? nodes / replicas : 1);
  if (stages > model.layers) {
    report(
      pipelineParallel === undefined ? "overrides.nodes" : "overrides.pipelineParallel",
      pipelineParallel ?? nodes,
      `is more than the ${model.layers} layers of ${model.id}`,
      `give up to ${model.layers}`,
    );
  }
  const perReplica = pipelineParallel ?? 1;
  if (nodes !== undefined && (pipelineParallel ?? replicas) !== undefined) {
    const wanted = replicas === undefined ? undefined : perReplica * replicas;
    if (wanted !== undefined && pipelineParallel !== undefined && wanted !== nodes) {
      report(
        "overrides.nodes",
        nodes,
        `is not pipelineParallel x replicas, ${perReplica} x ${replicas} = ${wanted}`,
        `give ${wanted}, or remove it`,
      );
    } else if (nodes % (pipelineParallel ?? replicas ?? 1) !== 0) {
      report(
        "overrides.nodes",
        nodes,
        "does not divide into whole replicas",
        `give a multiple of ${pipelineParallel ?? replicas}`,
      );
    }
  }
}
