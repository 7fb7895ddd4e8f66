import { checkCapacity } from "./capacityRules";
import { findMachine, gpuOf, machines, models, suggestMachines } from "./catalogue";
import { Cloud, type DecisionArgs } from "./decisionArgs";
import type { Machine } from "./hardware";
import { expertsOf, type Model } from "./model";
import { findCheckpoint, precisionNames, resolveModel, suggestModels } from "./modelNames";
import { checkExpertParallel, checkPipelineParallel, checkTensorParallel } from "./parallelism";
import { cloudOfZone, knownRegions, lacksZone, regionOfZone } from "./places";
import { type Problem, type ReportProblem as Report, suggestNames } from "./problems";
import { isTraining } from "./training/recipe";
import { checkTrainingPrecision, checkTrainingRules } from "./training/rules";
import { isTrainable } from "./training/speed";

/**
 * The rules that need more than one field, or the catalogue. They run on the fields whose own shape is right, so
 * that one mistyped number does not hide a mistyped model.
 */
export function checkRules(
  valid: Partial<DecisionArgs>,
  root: string,
  stackRegion: string | undefined,
  added: readonly Model[],
): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, value, message, fix) => problems.push({ path: `${root}.${path}`, value, message, fix });
  const model = checkModel(valid, added, report);
  const machine = checkMachine(valid, report);
  checkRegion(valid, machine, stackRegion, report);
  checkCapacity(valid, machine?.cloud, report);
  checkWorkload(valid, model, machine, report);
  if (model) checkContext(valid, model, report);
  if (model) checkOverrides(valid, model, machine, added, report);
  return problems;
}

/** What training has and serving has not, and the other way about. */
function checkWorkload(
  valid: Partial<DecisionArgs>,
  model: Model | undefined,
  machine: Machine | undefined,
  report: Report,
) {
  const { workload, training = {}, overrides = {}, targets = {} } = valid;
  checkTrainingRules(workload, training, overrides, model, "training.", report);
  checkTrainingPrecision(workload, valid.precision, report);
  if (!isTraining(workload)) return;
  const served = {
    concurrency: valid.concurrency,
    averageTokens: valid.averageTokens,
    kvCacheDtype: valid.kvCacheDtype,
    "targets.timePerOutputTokenMs": targets.timePerOutputTokenMs,
    "targets.timeToFirstTokenMs": targets.timeToFirstTokenMs,
    "overrides.replicas": overrides.replicas,
    "overrides.gpuMemoryUtilization": overrides.gpuMemoryUtilization,
    "overrides.maxModelLen": overrides.maxModelLen,
  };
  for (const [path, value] of Object.entries(served)) {
    if (value !== undefined) report(path, value, `is for serving, and workload is ${workload}`, "remove it");
  }
  if (machine && !isTrainable(gpuOf(machine))) {
    const rule = "has GPUs that training is not sized for: published runs are on NVIDIA's";
    report("machine", machine.id, rule, "name a machine with NVIDIA GPUs");
  }
}

function checkModel(valid: Partial<DecisionArgs>, added: readonly Model[], report: Report): Model | undefined {
  if (typeof valid.model !== "string") return undefined;
  const found = resolveModel(valid.model, added);
  if (!found) {
    const fix = `${suggestModels(valid.model, added)} Or give the path of its config.json`;
    report("model", valid.model, "is not in catalogue", fix);
    checkAnyPrecision(valid, report);
    return undefined;
  }
  if (valid.precision && !isTraining(valid.workload) && !findCheckpoint(found.model, valid.precision)) {
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

function checkMachine({ machine: named, cloud }: Partial<DecisionArgs>, report: Report): Machine | undefined {
  if (!named) return undefined;
  const machine = findMachine(named);
  if (!machine) report("machine", named, "is not in catalogue", suggestMachines(named));
  if (machine && cloud && cloud !== Cloud.any && cloud !== machine.cloud) {
    const fix = `name a machine of ${cloud}, or set cloud to ${machine.cloud}`;
    report("machine", named, `is ${machine.cloud}'s, and cloud is ${cloud}`, fix);
  }
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
  const own = valid.zone === undefined ? undefined : regionOfZone(valid.zone);
  const region = valid.region ?? stackRegion ?? own;
  const known = knownRegions();
  const named = valid.region ?? stackRegion;
  if (named && !known.has(named)) {
    report("region", named, "has no machines in the recorded offerings", suggestNames(named, [...known.keys()]));
  }
  // A machine of another cloud than the asked one is a problem of its own; what is asked for stays the measure.
  const asked = valid.cloud && valid.cloud !== Cloud.any ? valid.cloud : machine?.cloud;
  const owner = named === undefined ? undefined : known.get(named);
  if (owner && asked && owner !== asked) {
    const theirs = [...known].filter(([, whose]) => whose === asked).map(([name]) => name);
    const what = machine?.cloud === asked ? machine?.id : "cloud";
    report("region", named, `is a region of ${owner}, and ${what} is ${asked}`, suggestNames("", theirs));
  }
  checkZone(valid, machine, { region, own, cloud: asked ?? owner }, report);
}

/** A zone must be one, of the cloud and the region that everything else is in, and offer a machine that is named. */
function checkZone(
  { zone }: Partial<DecisionArgs>,
  machine: Machine | undefined,
  { region, own, cloud }: { region?: string; own?: string; cloud?: Machine["cloud"] },
  report: Report,
) {
  if (!zone) return;
  const owner = cloudOfZone(zone);
  if (!owner) {
    report("zone", zone, "is neither a zone name nor a zone id", "write us-east-1a or use1-az4, for example");
  } else if (cloud && owner !== cloud) {
    report(
      "zone",
      zone,
      `is a zone of ${owner}, and the rest of the decision is ${cloud}'s`,
      `name a zone of ${cloud}`,
    );
  } else if (own !== undefined && region !== own) {
    report("zone", zone, `is not in region ${region}`, `name a zone of ${region}`);
  } else if (owner !== "azure" && (own === undefined || !knownRegions().has(own))) {
    report(
      "zone",
      zone,
      "is in no region that has machines in the recorded offerings",
      "name a zone of another region",
    );
  } else if (machine?.cloud === owner && lacksZone(machine, zone)) {
    report("zone", zone, `does not offer ${machine.id} (${machine.source})`, suggestNames(zone, machine.zoneIds));
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

function checkOverrides(
  valid: Partial<DecisionArgs>,
  model: Model,
  machine: Machine | undefined,
  added: readonly Model[],
  report: Report,
) {
  const { nodes, tensorParallel, pipelineParallel, replicas } = valid.overrides ?? {};
  const implied = valid.model === undefined ? undefined : resolveModel(valid.model, added)?.impliedPrecision;
  const isTrained = isTraining(valid.workload);
  const checkpoint = findCheckpoint(model, isTrained ? "bf16" : (valid.precision ?? implied ?? model.nativePrecision));
  if (tensorParallel !== undefined && checkpoint) {
    const widest = Math.max(...(machine ? [machine] : machines).map(({ gpus }) => gpus));
    const refusal = checkTensorParallel(model, checkpoint, tensorParallel, expertsOf(model) !== undefined, widest);
    // Where slices would be uneven, whole experts are spread over as many ranks.
    const sliced = checkTensorParallel(model, checkpoint, tensorParallel, false, widest);
    const uneven = sliced && (refusal ?? checkExpertParallel(model, tensorParallel, tensorParallel));
    if (refusal) report("overrides.tensorParallel", tensorParallel, refusal.reason, refusal.fix);
    else if (uneven) report("overrides.tensorParallel", tensorParallel, sliced.reason, sliced.fix);
    if (tensorParallel > widest) {
      report(
        "overrides.tensorParallel",
        tensorParallel,
        `is more than the ${widest} GPUs that share one machine's fast link`,
        `give up to ${widest}, and split layers between machines with pipelineParallel`,
      );
    }
  }
  const stages =
    pipelineParallel ?? (nodes !== undefined && replicas !== undefined && !isTrained ? nodes / replicas : 1);
  const tooLong = checkPipelineParallel(model, stages);
  if (tooLong) {
    const path = pipelineParallel === undefined ? "overrides.nodes" : "overrides.pipelineParallel";
    report(path, pipelineParallel ?? nodes, tooLong.reason, tooLong.fix);
  }
  if (!isTrained) checkNodes(valid, report);
  else checkTrainingNodes(valid, machine, report);
}

/** Machines' GPUs must be whole groups of ranks: the named machine's, or those of some machine that the cloud has. */
function checkTrainingNodes(
  { overrides = {}, cloud = Cloud.any }: Partial<DecisionArgs>,
  machine: Machine | undefined,
  report: Report,
) {
  const { nodes, tensorParallel = 1, pipelineParallel = 1 } = overrides;
  const group = tensorParallel * pipelineParallel;
  const isAllowed = (each: Machine) => isTrainable(gpuOf(each)) && (cloud === Cloud.any || each.cloud === cloud);
  const counts = [...new Set((machine ? [machine] : machines.filter(isAllowed)).map(({ gpus }) => gpus))];
  const divides = (count: number) => counts.some((gpus) => gpus >= tensorParallel && (count * gpus) % group === 0);
  if (nodes === undefined || divides(nodes)) return;
  const next = Array.from({ length: group }, (_, index) => nodes + index + 1).find(divides);
  const rule = `${machine ? `of ${machine.id} have ${nodes * machine.gpus} GPUs, which are` : "machines of no kind have GPUs that are"} not whole groups of tensor x pipeline parallel, ${tensorParallel} x ${pipelineParallel} = ${group}`;
  report("overrides.nodes", nodes, rule, next === undefined ? "name fewer stages" : `the next that are is ${next}`);
}

/** Machines must be whole replicas of whole stages. */
function checkNodes({ overrides = {} }: Partial<DecisionArgs>, report: Report) {
  const { nodes, pipelineParallel, replicas } = overrides;
  if (nodes === undefined) return;
  if (pipelineParallel !== undefined && replicas !== undefined && pipelineParallel * replicas !== nodes) {
    const wanted = pipelineParallel * replicas;
    const rule = `is not pipelineParallel x replicas, ${pipelineParallel} x ${replicas} = ${wanted}`;
    report("overrides.nodes", nodes, rule, `give ${wanted}, or remove it`);
    return;
  }
  const multiple = pipelineParallel ?? replicas ?? 1;
  if (nodes % multiple !== 0) {
    report("overrides.nodes", nodes, "does not divide into whole replicas", `give a multiple of ${multiple}`);
  }
}
