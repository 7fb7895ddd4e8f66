import { gpuOf, type Machine } from "./catalogue";
import type { Decision, ResolvedDecision } from "./decision";
import { tokensHeld, tokensTaken } from "./kvCache";
import {
  type Configuration,
  cacheWithHeadroomGiB,
  defaultGpuMemoryUtilization,
  judgeMemory,
  type Verdict,
} from "./memory";
import { widestTensorParallel } from "./parallelism";
import { GiB } from "./units";

/** How a decision is laid over machines of one kind: each replica's split, and how many replicas. */
export interface Shape {
  config: Configuration;
  replicas: number;
  /** Why this many stages and replicas, in words. */
  explanation: string[];
}

// Gangs longer than this are not proposed: each further machine adds a way to fail and a pipeline bubble.
const maxStages = 8;
// Pipeline stages are whole machines of one NVLink domain; a gang of single-GPU machines would be slow and fragile.
const minGpusForGang = 8;

interface Option extends Shape {
  nodes: number;
  verdict: Verdict;
}

/** Whether machines of this kind are put together for one replica: only whole NVLink domains with a fabric between them. */
export function canFormGang({ gpus, fabric }: Machine): boolean {
  return gpus >= minGpusForGang && fabric !== "none";
}

/**
 * Chooses between independent replicas and pipeline stages. Stages store the weights once and pool what is left for
 * the KV cache; replicas fail alone. What carries the load with headroom wins (unless only the fewest machines are
 * asked for), then the fewest machines, then the fewest stages.
 */
export function chooseShape(
  resolved: ResolvedDecision,
  machine: Machine,
  prefer: "headroom" | "fewest machines",
): Shape {
  const { decision } = resolved;
  const options = stagesToTry(decision, machine).flatMap((stages) => optionsWith(resolved, machine, stages));
  const rank = ({ verdict }: Option) =>
    verdict === "no" ? 2 : verdict === "marginal" && prefer === "headroom" ? 1 : 0;
  const best = options.sort(
    (left, right) =>
      rank(left) - rank(right) ||
      left.nodes - right.nodes ||
      left.config.pipelineParallel - right.config.pipelineParallel,
  )[0];
  if (!best) throw new Error(`shapes: no split of ${decision.model} over ${machine.id} was tried`);
  return { config: best.config, replicas: best.replicas, explanation: explainChoice(best, options, machine) };
}

function stagesToTry({ overrides }: Decision, machine: Machine): number[] {
  if (overrides.pipelineParallel !== undefined) return [overrides.pipelineParallel];
  if (overrides.nodes !== undefined && overrides.replicas !== undefined) return [overrides.nodes / overrides.replicas];
  const longest = canFormGang(machine) ? maxStages : 1;
  return Array.from({ length: longest }, (_, index) => index + 1);
}

function optionsWith(resolved: ResolvedDecision, machine: Machine, stages: number): Option[] {
  const { decision } = resolved;
  const { overrides } = decision;
  if (overrides.nodes !== undefined && overrides.nodes % stages !== 0) return [];
  const config = configure(resolved, machine, stages);
  const one = judgeMemory(config);
  const perRequest = tokensTaken(decision.averageTokens ?? decision.contextLength);
  const holds = (cacheGiB: number) =>
    Math.floor(tokensHeld(cacheGiB * GiB, one.kvCacheBytesPerTokenPerGpu) / perRequest);
  // Plan for what fits with headroom; where only the bare cache holds a request, propose that, and it is marginal.
  const requests = holds(cacheWithHeadroomGiB(one.memory.kvCacheGiB)) || holds(one.memory.kvCacheGiB);
  const replicas =
    overrides.replicas ??
    (overrides.nodes !== undefined
      ? overrides.nodes / stages
      : Math.max(1, Math.ceil(decision.concurrency / Math.max(1, requests))));
  const live = Math.max(Math.ceil(decision.concurrency / replicas) * perRequest, tokensTaken(config.contextLength));
  const all = judgeMemory(config, live);
  // Requests that queue are tight, not impossible, as long as one fits.
  const tight = all.verdict === "no" ? "marginal" : all.verdict;
  return [
    { config, replicas, nodes: replicas * stages, verdict: one.verdict === "no" ? "no" : tight, explanation: [] },
  ];
}

function configure({ decision, model, checkpoint }: ResolvedDecision, machine: Machine, stages: number): Configuration {
  const { overrides } = decision;
  const widest = widestTensorParallel(model, checkpoint, machine.gpus);
  const tensorParallel = overrides.tensorParallel ?? widest.tensorParallel;
  const spreadExperts = model.moe && tensorParallel > 1 && widest.expertParallel > 1;
  return {
    model,
    checkpoint,
    gpu: gpuOf(machine),
    kvCacheDtype: decision.kvCacheDtype,
    gpuMemoryUtilization: overrides.gpuMemoryUtilization ?? defaultGpuMemoryUtilization,
    contextLength: overrides.maxModelLen ?? decision.contextLength,
    tensorParallel,
    pipelineParallel: stages,
    dataParallel: 1,
    expertParallel: spreadExperts ? tensorParallel : 1,
  };
}

function explainChoice(best: Option, options: readonly Option[], machine: Machine): string[] {
  const stages = best.config.pipelineParallel;
  const words = `layout: ${best.replicas} replica${best.replicas > 1 ? "s" : ""} of ${stages} machine${stages > 1 ? "s" : ""}, ${best.nodes} x ${machine.id}`;
  const rival = options.find((option) => option.verdict !== "no" && option.config.pipelineParallel > 1 !== stages > 1);
  if (!rival || best.verdict === "no") return [words];
  const name =
    rival.config.pipelineParallel > 1 ? `${rival.config.pipelineParallel} pipeline stages` : "independent replicas";
  const why =
    stages > 1
      ? "stages store the weights once and pool the rest for the KV cache"
      : "replicas fail alone and need no network between machines";
  return [`${words}; ${name} would take ${rival.nodes} (${why})`];
}
