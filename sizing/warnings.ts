import { gpuOf } from "./catalogue";
import type { Gpu, Machine } from "./hardware";
import type { Plan, PlanBase } from "./plan";
import { isReached, type TargetName } from "./targets";
import { round } from "./units";

/** Said of a machine that the recorded offerings do not have in the asked place. */
export const notListed = "is not listed in";
/** Said of a machine that is sized and compared, and that no component makes. */
export const notBuilt = "is not built by this package";
/** Said of a machine that has a price in a purchase mode, and cannot be ordered so. */
export const notSold = "is not sold by";

/** What a person should know before this plan is built: tight spots, unwise overrides, targets that are missed. */
export function warnAboutPlan(plan: Plan, machine: Machine, offered: boolean, tight?: string): string[] {
  // Where a machine cannot be had is the first thing to know about it.
  return [
    ...placeWarnings(plan, machine, offered),
    ...(tight && plan.verdict === "marginal" ? [tight] : []),
    ...capacityWarnings(plan),
    ...priceWarnings(plan),
    ...saleWarnings(plan, machine),
    ...buildWarnings(machine),
    ...overrideWarnings(plan, machine),
  ];
}

/** What there is to know of a machine, whatever it is for: whether it can be had, is built, and has a price. */
export function machineWarnings(plan: PlanBase, machine: Machine, offered: boolean): string[] {
  return [
    ...placeWarnings(plan, machine, offered),
    ...priceWarnings(plan),
    ...saleWarnings(plan, machine),
    ...buildWarnings(machine),
  ];
}

function buildWarnings(machine: Machine): string[] {
  return machine.notProvisionable ? [`${machine.id} ${notBuilt}: ${machine.notProvisionable}`] : [];
}

function capacityWarnings({ verdict, memory, kvCache, decision, nodesPerReplica }: Plan): string[] {
  const warnings: string[] = [];
  if (memory.kvCacheGiB === 0) {
    warnings.push(
      `the weights do not load: ${memory.weightsGiB} GiB a GPU and ${round(memory.activationsGiB + memory.nonTorchGiB, 2)} GiB beside them, of ${memory.usableGiB} GiB`,
    );
  } else if (memory.shortGiB > 0) {
    const words = verdict === "no" ? "not even one request of the context length fits" : "the rest queue";
    warnings.push(
      `the KV cache of a replica holds ${kvCache.tokensPerReplica} of ${kvCache.plannedTokensPerReplica} live tokens: ${words}`,
    );
  }
  if (
    decision.averageTokens !== undefined &&
    kvCache.worstCaseTokensPerReplica > kvCache.tokensPerReplica &&
    memory.kvCacheGiB > 0
  ) {
    warnings.push(
      `planned for an average of ${decision.averageTokens} tokens a request; if all grow to ${decision.contextLength}, the engine pauses some of them`,
    );
  }
  if (nodesPerReplica > 1) {
    warnings.push(
      "a replica over several machines stops whole when one of them stops, and vLLM releases of 2026 had start-up hangs there (vllm#52907): prove the pinned version first",
    );
  }
  return warnings;
}

function priceWarnings({ cost }: PlanBase): string[] {
  const warnings: string[] = [];
  if (cost.price.state === "unpriced") warnings.push(`${cost.price.reason}: the cost is unknown, not zero`);
  if (cost.price.state === "priced" && cost.price.row.newerElsewhere) {
    const { usd, asOf, confidence } = cost.price.row.newerElsewhere;
    warnings.push(
      `the price is of ${cost.price.row.asOf}; a rate of $${usd} an hour is reported for all regions from ${asOf} (confidence ${confidence})`,
    );
  }
  return warnings;
}

function saleWarnings({ decision: { capacity } }: PlanBase, machine: Machine): string[] {
  const why = machine.notSold?.[capacity.mode];
  return why ? [`${machine.id} ${notSold} ${capacity.mode}: ${why}`] : [];
}

function overrideWarnings(plan: Plan, machine: Machine): string[] {
  const warnings: string[] = [];
  const { gpuMemoryUtilization } = plan.engine;
  const busy = plan.tensorParallel * plan.dataParallel;
  if (busy < machine.gpus) {
    warnings.push(
      `tensorParallel ${plan.tensorParallel} leaves ${machine.gpus - busy} of ${machine.gpus} GPUs of each machine idle, and they are paid for`,
    );
  }
  if (plan.replicas > plan.decision.concurrency) {
    warnings.push(
      `${plan.replicas} replicas for ${plan.decision.concurrency} live request${plan.decision.concurrency > 1 ? "s" : ""}: some have nothing to do, and are paid for`,
    );
  }
  if (plan.interconnect.verdict !== "fit") warnings.push(`${plan.interconnect.verdict}: ${plan.interconnect.reason}`);
  if (plan.pipelineParallel > 1 && machine.gpus === 1) {
    warnings.push(
      `${plan.pipelineParallel} stages of one GPU each pass every token over the network: slow, and a stop of one stops all`,
    );
  }
  if (gpuMemoryUtilization > 0.95) {
    warnings.push(
      `gpuMemoryUtilization ${gpuMemoryUtilization} leaves little for CUDA graphs and NCCL: engines have run out of memory there`,
    );
  }
  return [...warnings, ...formatWarnings(plan.decision.precision, gpuOf(machine))];
}

/** What a GPU lacks for a number format (the engine then widens it as it computes, which saves memory and not time), or for a sure verdict. */
export function formatWarnings(precision: string, gpu: Gpu): string[] {
  const words: string[] = [];
  if (gpu.vendor !== "nvidia")
    words.push(`memory is modelled on vLLM for NVIDIA: on ${gpu.id} take the verdict as near, not exact`);
  const isBlackwell = gpu.architecture.startsWith("blackwell");
  if (precision === "nvfp4" && !isBlackwell)
    words.push(`nvfp4 is native to Blackwell; on ${gpu.id} the engine emulates it, if it runs at all`);
  if (precision.startsWith("fp8") && gpu.fp8Tflops === undefined)
    words.push(`${gpu.id} has no FP8 units: FP8 weights save memory there, and no arithmetic`);
  return words;
}

function placeWarnings({ decision }: PlanBase, machine: Machine, offered: boolean): string[] {
  return offered ? [] : [`${machine.id} ${notListed} ${decision.zone ?? decision.region} (${machine.source})`];
}

/** What a plan misses of its targets, with the nearest that can be had, and what it reaches only by the estimate's middle. */
export function targetWarnings(plan: Plan): string[] {
  return [...missedWarnings(plan), ...rangeWarnings(plan)];
}

function missedWarnings({ targets, decision, replicas }: Plan): string[] {
  return (targets?.missed ?? []).map(({ target, asked, estimate, nearest }) => {
    const words = `target ${target} ${asked} is missed: the estimate is ${estimate}`;
    if (!nearest) return words;
    if (isReached(target, asked, nearest.value))
      return `${words}; by itself it can be reached: ${nearest.value}, on ${nearest.machine}`;
    return `${words}; the nearest that can be reached is ${nearest.value}, on ${nearest.machine} ${nearestHow(target, decision, replicas)}`;
  });
}

function nearestHow(target: TargetName, { concurrency, overrides }: Plan["decision"], replicas: number): string {
  if (overrides.replicas !== undefined || overrides.nodes !== undefined)
    return `with the ${replicas} replica${replicas > 1 ? "s" : ""} that ${replicas > 1 ? "are" : "is"} asked for`;
  if (target !== "tokensPerSecond") return "with one live request on each rank";
  return `with ${concurrency} live request${concurrency > 1 ? "s" : ""}; more of them would raise it`;
}

/** Times to the first token are known least well. */
function rangeWarnings({ targets, throughput, decision }: Plan): string[] {
  const asked = decision.targets?.timeToFirstTokenMs;
  const latest = throughput?.timeToFirstTokenRangeMs[1] ?? 0;
  if (asked === undefined || latest <= asked || targets?.missed.some(({ target }) => target === "timeToFirstTokenMs"))
    return [];
  return [`target timeToFirstTokenMs ${asked} is reached by the estimate, whose range goes up to ${round(latest, 0)}`];
}
