import { gpuOf } from "./catalogue";
import { type Decision, maxNodes, type ResolvedDecision } from "./decision";
import type { Machine } from "./hardware";
import { averageRequest } from "./load";
import {
  defaultGpuMemoryUtilization,
  judgeLoad,
  type LaidOut,
  type LiveRequests,
  layOut,
  replicaHolds,
  type Verdict,
} from "./memory";
import { layersOf } from "./model";
import { checkTensorParallel, type LayerSplit, layerSplits } from "./parallelism";
import {
  type Asked,
  bestReached,
  fitTargets,
  mostInTime,
  type Reached,
  type Served,
  type TargetFit,
  type TargetsReached,
} from "./targets";
import { curveOf } from "./throughput/curve";
import { shippedSpeed } from "./throughput/speed";

/** How a decision is laid over machines of one kind: each replica's split, and how many replicas. */
export interface Shape {
  laidOut: LaidOut;
  replicas: number;
  /** Live requests over all replicas: the decision's, or those that its rate of tokens takes. */
  concurrency: number;
  /** The most requests of one rank with which the times that are asked for hold; absent where none are, or none do. */
  letsIn?: number;
  /** What is reached of the targets; absent where nothing is asked, or nothing fits. */
  targets?: TargetsReached;
  /** The best of each target that some split reaches. Absent where nothing loads, or nothing is asked. */
  best?: Reached;
  /** Why this many stages and replicas, in words. */
  explanation: string[];
}

// Gangs longer than this are not proposed: each further machine adds a way to fail and a pipeline bubble.
const maxStages = 8;
// Pipeline stages are whole machines of one fast link; a gang of single-GPU machines would be slow and fragile.
const minGpusForGang = 4;

interface Option extends Shape {
  nodes: number;
  stages: number;
  verdict: Verdict;
}

/** Shapes that were found for other machines of the same GPUs: a plan over all machines asks for few different ones. */
export type KnownShapes = Map<string, readonly Option[]>;

/** Whether machines of this kind are put together for one replica: only whole link domains with a fabric between them. */
export function canFormGang({ gpus, fabric }: Machine): boolean {
  return gpus >= minGpusForGang && fabric !== "none";
}

/** What a replica must hold: its share of the live requests, at their expected length. */
export function liveRequestsOf(
  { concurrency, averageTokens, contextLength }: Decision,
  replicas: number,
  ranks = 1,
): LiveRequests {
  return { requests: Math.ceil(concurrency / (replicas * ranks)), tokensEach: averageTokens ?? contextLength };
}

/**
 * Chooses between independent replicas and pipeline stages. Stages store the weights once and pool what is left for
 * the KV cache; replicas fail alone. What carries the load with headroom wins (unless only the fewest machines are
 * asked for), then what reaches the targets, then the fewest machines, then the fewest stages, then the plainest
 * sharing of layers.
 */
export function chooseShape(
  resolved: ResolvedDecision,
  machine: Machine,
  prefer: "headroom" | "fewest machines",
  known: KnownShapes,
): Shape {
  const { decision } = resolved;
  const key = [machine.gpu, machine.gpus, canFormGang(machine), prefer, whatIsAsked(resolved)].join();
  const options = known.get(key) ?? rankOptions(resolved, machine, prefer);
  known.set(key, options);
  const best = options[0];
  if (!best) throw new Error(`shapes: no split of ${decision.model} over ${machine.id} was tried`);
  return {
    laidOut: best.laidOut,
    replicas: best.replicas,
    concurrency: best.concurrency,
    letsIn: best.letsIn,
    targets: best.targets,
    best: bestOf(options),
    explanation: [...best.explanation, ...explainChoice(best, options, machine, decision)],
  };
}

/** All of a decision that shapes depend on, and not where it is. */
function whatIsAsked({ decision, model, checkpoint, open }: ResolvedDecision): string {
  const { contextLength, concurrency, averageTokens, kvCacheDtype, targets, overrides } = decision;
  const load = { contextLength, concurrency, averageTokens, kvCacheDtype, targets, overrides, open: open.concurrency };
  return `${model.id} ${checkpoint.id} ${JSON.stringify(load)}`;
}

/** Every way that was tried, the best first. */
function rankOptions(resolved: ResolvedDecision, machine: Machine, prefer: "headroom" | "fewest machines"): Option[] {
  // A verdict weighs more than all targets together.
  const rank = ({ verdict, targets }: Option) =>
    (verdict === "no" ? 8 : verdict === "marginal" && prefer === "headroom" ? 4 : 0) + (targets?.missed.length ?? 0);
  const options: Option[] = [];
  let fewest = Number.POSITIVE_INFINITY;
  for (const stages of stagesToTry(resolved, machine)) {
    // A gang of more machines than the whole answer so far cannot be better.
    if (stages > fewest) break;
    const tried = splitsToTry(resolved, machine, stages).flatMap((split) =>
      optionsWith(resolved, machine, stages, split),
    );
    options.push(...tried);
    fewest = Math.min(fewest, ...tried.filter((option) => rank(option) === 0).map(({ nodes }) => nodes));
  }
  // Sorting is stable, and options come plainest first.
  return options.sort(
    (left, right) => rank(left) - rank(right) || left.nodes - right.nodes || left.stages - right.stages,
  );
}

/** Of what loads, the best of each. */
function bestOf(options: readonly Option[]): Reached | undefined {
  const reached = options.flatMap(({ verdict, best }) => (verdict === "no" || !best ? [] : [best]));
  if (reached.length === 0) return undefined;
  return {
    tokensPerSecond: Math.max(...reached.map(({ tokensPerSecond }) => tokensPerSecond)),
    timePerOutputTokenMs: Math.min(...reached.map(({ timePerOutputTokenMs }) => timePerOutputTokenMs)),
    timeToFirstTokenMs: Math.min(...reached.map(({ timeToFirstTokenMs }) => timeToFirstTokenMs)),
  };
}

function stagesToTry({ decision: { overrides }, model }: ResolvedDecision, machine: Machine): number[] {
  if (overrides.pipelineParallel !== undefined) return [overrides.pipelineParallel];
  if (overrides.nodes !== undefined && overrides.replicas !== undefined) return [overrides.nodes / overrides.replicas];
  const longest = canFormGang(machine) ? Math.min(maxStages, layersOf(model).length) : 1;
  return Array.from({ length: longest }, (_, index) => index + 1);
}

/** Ways to share a layer. Data-parallel ranks are tried on one machine only: across machines engines differ too much in it. */
function splitsToTry(
  { decision, model, checkpoint }: ResolvedDecision,
  machine: Machine,
  stages: number,
): readonly LayerSplit[] {
  const { tensorParallel } = decision.overrides;
  const splits = layerSplits(model, checkpoint, machine.gpus);
  if (tensorParallel !== undefined) {
    const spread = checkTensorParallel(model, checkpoint, tensorParallel, false) !== undefined;
    return [{ tensorParallel, dataParallel: 1, expertParallel: spread ? tensorParallel : 1 }];
  }
  return stages === 1 ? splits : splits.slice(0, 1);
}

function optionsWith(resolved: ResolvedDecision, machine: Machine, stages: number, split: LayerSplit): Option[] {
  const { decision, model, checkpoint } = resolved;
  const { overrides } = decision;
  if (overrides.nodes !== undefined && overrides.nodes % stages !== 0) return [];
  const laidOut = layOut({
    model,
    checkpoint,
    gpu: gpuOf(machine),
    kvCacheDtype: decision.kvCacheDtype,
    gpuMemoryUtilization: overrides.gpuMemoryUtilization ?? defaultGpuMemoryUtilization,
    contextLength: overrides.maxModelLen ?? decision.contextLength,
    pipelineParallel: stages,
    ...split,
  });
  const ranks = split.dataParallel;
  const { tokensEach } = liveRequestsOf(decision, 1);
  // Plan for what fits with headroom; where only the bare cache holds a request, propose that, and it is marginal.
  const perRank = replicaHolds(laidOut, tokensEach, true) || replicaHolds(laidOut, tokensEach, false);
  const given = overrides.replicas ?? (overrides.nodes !== undefined ? overrides.nodes / stages : undefined);
  // Where not one request fits, more replicas would not help.
  const fewest = given ?? Math.max(1, Math.ceil(decision.concurrency / (perRank * ranks || decision.concurrency)));
  const served = perRank > 0 && decision.targets ? servedBy(laidOut, decision, perRank) : undefined;
  const asked = served && askedOf(resolved, fewest, given, stages);
  const fit = asked && fitTargets(served, asked);
  const { replicas, concurrency } = fit ?? { replicas: fewest, concurrency: decision.concurrency };
  const live = liveRequestsOf({ ...decision, concurrency }, replicas, ranks);
  return [
    {
      laidOut,
      replicas,
      concurrency,
      stages,
      nodes: replicas * stages,
      verdict: judgeLoad(laidOut, live).verdict,
      targets: fit?.targets,
      letsIn: asked && mostInTime(served, asked.targets),
      best: asked && bestReached(served, asked),
      explanation: fit ? [explainTargets(fit, live.requests, given !== undefined)] : [],
    },
  ];
}

function servedBy(laidOut: LaidOut, decision: Decision, holds: number): Served {
  const tokens = averageRequest(decision);
  const { config } = laidOut;
  const curve = curveOf(config, tokens, "vllm", shippedSpeed());
  const admits = Math.max(holds, replicaHolds(laidOut, tokens.inputTokens + tokens.outputTokens, false));
  return { curve, outputTokens: tokens.outputTokens, ranks: config.dataParallel, holds, admits };
}

function askedOf(
  { decision, open }: ResolvedDecision,
  fewest: number,
  given: number | undefined,
  stages: number,
): Asked {
  return {
    targets: decision.targets ?? {},
    concurrency: open.concurrency ? undefined : decision.concurrency,
    fewest,
    given,
    most: Math.floor(maxNodes / stages),
  };
}

function explainTargets({ targets, replicas, concurrency }: TargetFit, live: number, isGiven: boolean): string {
  const how = `${replicas} replica${replicas > 1 ? "s" : ""}${isGiven ? ", as asked," : ""} with ${live} of ${concurrency} live requests on each rank`;
  const missed = targets.missed.map(({ target }) => target).join(", ");
  return targets.met ? `targets: reached by ${how}` : `targets: ${missed} not reached; planned for the rest: ${how}`;
}

function explainChoice(best: Option, options: readonly Option[], machine: Machine, decision: Decision): string[] {
  const lines = [`layout: ${describeOption(best, machine)}`];
  if (best.verdict === "no") return lines;
  const rival = options.find((option) => option.verdict !== "no" && option.stages > 1 !== best.stages > 1);
  if (rival) {
    const name = rival.stages > 1 ? `${rival.stages} pipeline stages` : "independent replicas";
    const why =
      best.stages > 1
        ? "stages store the weights once and pool the rest for the KV cache"
        : "replicas fail alone and need no network between machines";
    lines[0] += `; ${name} would take ${rival.nodes} (${why})`;
  }
  const asked = decision.overrides.tensorParallel;
  lines.push(asked === undefined ? explainSplit(best, options) : `layers: each is cut over ${asked} GPUs, as asked`);
  return lines;
}

function describeOption({ replicas, stages, nodes }: Option, machine: Machine): string {
  return `${replicas} replica${replicas > 1 ? "s" : ""} of ${stages} machine${stages > 1 ? "s" : ""}, ${nodes} x ${machine.id}`;
}

/** Why layers are shared as they are, where there was a choice. */
function explainSplit({ laidOut: { config }, stages, nodes }: Option, options: readonly Option[]): string {
  const { tensorParallel, dataParallel, expertParallel } = config;
  if (dataParallel > 1) {
    const sliced = options.find((option) => option.stages === stages && option.laidOut.config.dataParallel === 1);
    const rest =
      sliced && sliced.verdict !== "no"
        ? `; slices of ${sliced.laidOut.config.tensorParallel} would take ${sliced.nodes} machines, not ${nodes}`
        : "";
    return `layers: ${dataParallel} ranks each run attention on requests of their own and share the experts, ${expertParallel} ways${rest}`;
  }
  if (expertParallel > 1)
    return `layers: whole experts are spread over ${expertParallel} GPUs, because slices of them would not be whole quantisation blocks`;
  return `layers: each is cut over ${tensorParallel} GPU${tensorParallel > 1 ? "s, the most that the model's heads and widths allow inside one machine" : ""}`;
}
