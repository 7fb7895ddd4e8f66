import { z } from "zod";
import { findGpu, gpus, suggestGpus } from "./catalogue";
import { aboutFormat, aboutModel } from "./decision";
import { KvCacheDtype, Workload } from "./decisionArgs";
import { explainMemory } from "./explain";
import type { Gpu } from "./hardware";
import {
  type Configuration,
  defaultGpuMemoryUtilization,
  judgeMemory,
  layOut,
  longestRequestOf,
  type MemoryBudget,
  replicaHolds,
  type Verdict,
} from "./memory";
import { type Checkpoint, expertsOf, type Model } from "./model";
import { findCheckpoint, precisionNames, resolveModel, suggestModels } from "./modelNames";
import { checkExpertParallel, checkPipelineParallel, checkTensorParallel } from "./parallelism";
import { type Problem, ProblemsError, suggestNames } from "./problems";
import { parseShape } from "./shape";
import { engines } from "./throughput/engines";
import { estimateThroughput, type Throughput } from "./throughput/estimate";
import { explainThroughput } from "./throughput/explain";
import { type Speed, shippedSpeed } from "./throughput/speed";
import { significant } from "./units";
import { formatWarnings } from "./warnings";

const ways = z.number().int().min(1).max(4096);
const tokens = z.number().int().min(1).max(100_000_000);

/** One given configuration, as `fit` takes it on the command line (kebab-case) or as a line of a batch. */
export const fitSchema = z.strictObject({
  model: z.string().min(1),
  precision: z.string().min(1).optional(),
  workload: z.enum(Workload).optional(),
  gpu: z.string().min(1),
  gpus: ways.optional(),
  tensorParallel: ways.optional(),
  pipelineParallel: ways.optional(),
  dataParallel: ways.optional(),
  expertParallel: ways.optional(),
  contextLength: tokens.optional(),
  gpuMemoryUtilization: z.number().min(0.1).max(0.99).optional(),
  kvCacheDtype: z.enum(KvCacheDtype).optional(),
  engine: z.enum(engines).optional(),
  inputTokens: tokens.optional(),
  outputTokens: tokens.optional(),
  concurrency: z.number().int().min(1).max(1_000_000).optional(),
});
export type FitRequest = z.infer<typeof fitSchema>;

export interface FitResult {
  verdict: Verdict;
  /** Memory of the fullest GPU. */
  memory: MemoryBudget;
  /** Tokens that the KV cache of one replica holds (of one rank, when data-parallel ranks share experts), in requests of the context length. */
  kvCacheTokens: number;
  /** Longest single request that the cache holds; at most what the model was made for. */
  longestRequestTokens: number;
  /** Requests of the whole context length that fit at a time, over all ranks. */
  maxSequences: number;
  /** Absent when the weights do not load. */
  throughput?: Throughput;
  warnings: string[];
  explanation: string[];
}

/**
 * Judges one given configuration: weights, activations and one request of the context length. Concurrency enters
 * throughput only. Throws a ProblemsError that lists everything wrong with the request.
 * @param added models of the user's own beside the shipped ones
 * @param speed what throughput is estimated with; default: what ships
 */
export function judgeFit(input: unknown, added: readonly Model[] = [], speed: Speed = shippedSpeed()): FitResult {
  const shape = parseShape(fitSchema, input, "");
  const request = shape.valid as Partial<FitRequest>;
  const names = checkNames(request, added);
  // With a name that nobody knows, the rest is still checked, on stand-ins, so that all problems are said at once.
  const config = names.model && configure(request, names.model, names.checkpoint, names.gpu);
  const faulty = new Set(shape.problems.map(({ path }) => path));
  const problems = [...shape.problems, ...names.problems, ...(config ? checkSplit(request, config, faulty) : [])];
  const load = config && loadOf(request, config);
  const isLoadGiven = request.inputTokens !== undefined || request.outputTokens !== undefined;
  if (isLoadGiven && config && load && load.inputTokens + load.outputTokens > config.contextLength) {
    problems.push({
      path: request.inputTokens === undefined ? "outputTokens" : "inputTokens",
      value: request.inputTokens ?? request.outputTokens,
      message: `makes a request of ${load.inputTokens} + ${load.outputTokens} tokens, above contextLength, ${config.contextLength}`,
      fix: "shorten it, or raise contextLength",
    });
  }
  if (!config || !load || problems.length > 0) throw new ProblemsError(problems, "the configuration");

  const laidOut = layOut(config);
  const judgement = judgeMemory(laidOut);
  const admitted = replicaHolds(laidOut, load.inputTokens + load.outputTokens, false);
  const concurrency = Math.max(1, Math.min(request.concurrency ?? 1, admitted * config.dataParallel));
  const tight = judgement.tight === undefined ? [] : [judgement.tight];
  const vague = request.precision === undefined ? aboutFormat(names.vagueFormat, config.checkpoint) : [];
  const warnings = [...tight, ...vague, ...warn(request, config), ...releaseWarnings(config, judgement.verdict)];
  const throughput = judgement.weightsLoad
    ? estimateThroughput(config, { ...load, concurrency }, request.engine, speed)
    : undefined;
  if (request.concurrency && concurrency < request.concurrency && throughput) {
    // Little's law: what waits, by how many are answered.
    const waitSeconds = (request.concurrency - concurrency) / throughput.requestsPerSecond;
    warnings.push(
      `the KV cache admits ${concurrency} of ${request.concurrency} requests at a time; the rest queue, each for about ${significant(waitSeconds)} s if as many are always asked for`,
    );
  }
  return {
    verdict: judgement.verdict,
    memory: judgement.memory,
    kvCacheTokens: judgement.kvCacheTokens,
    longestRequestTokens: longestRequestOf(laidOut),
    maxSequences: replicaHolds(laidOut, config.contextLength, false) * config.dataParallel,
    throughput,
    warnings,
    explanation: [
      ...explainMemory(laidOut, judgement, { requests: 1, tokensEach: config.contextLength }),
      ...(throughput ? explainThroughput(config, throughput, request.engine, speed) : []),
    ],
  };
}

/** What a request looks like: as given, and what is not given is 1024 tokens, or what the context leaves. */
function loadOf({ inputTokens, outputTokens }: Partial<FitRequest>, { contextLength }: Configuration) {
  const usual = 1024;
  const half = Math.floor(contextLength / 2);
  const rest = (given: number | undefined) =>
    Math.max(1, Math.min(usual, given === undefined ? half : contextLength - given));
  return { inputTokens: inputTokens ?? rest(outputTokens), outputTokens: outputTokens ?? rest(inputTokens) };
}

interface Names {
  problems: Problem[];
  model?: Model;
  checkpoint?: Checkpoint;
  gpu?: Gpu;
  vagueFormat?: string;
}

function checkNames(request: Partial<FitRequest>, added: readonly Model[]): Names {
  const problems: Problem[] = [];
  const resolved = request.model === undefined ? undefined : resolveModel(request.model, added);
  const gpu = request.gpu === undefined ? undefined : findGpu(request.gpu);
  if (request.model !== undefined && !resolved) {
    problems.push({
      path: "model",
      value: request.model,
      message: "is not in catalogue",
      fix: `${suggestModels(request.model, added)} Or give the path of its config.json`,
    });
  }
  if (request.gpu !== undefined && !gpu) {
    problems.push({
      path: "gpu",
      value: request.gpu,
      message: "is not in catalogue",
      fix: suggestGpus(request.gpu),
    });
  }
  if (request.workload !== undefined && request.workload !== Workload.inference) {
    problems.push({
      path: "workload",
      value: request.workload,
      message: "is not sized in this version",
      fix: "use inference",
    });
  }
  if (!resolved) return { problems, gpu };
  const { model, impliedPrecision, vagueFormat } = resolved;
  const precision = request.precision ?? impliedPrecision ?? model.nativePrecision;
  const checkpoint = findCheckpoint(model, precision);
  if (!checkpoint) {
    problems.push({
      path: "precision",
      value: precision,
      message: `is not a precision of ${model.id}`,
      fix: suggestNames(precision, precisionNames(model)),
    });
  }
  return { problems, model, checkpoint, gpu, vagueFormat };
}

/** Stands in for one that nobody knows, so that the rest can be checked. */
const anyCheckpoint: Checkpoint = { id: "bf16", precision: "bf16", repositories: [] };

function configure(request: Partial<FitRequest>, model: Model, checkpoint?: Checkpoint, gpu?: Gpu): Configuration {
  const pipelineParallel = request.pipelineParallel ?? 1;
  const dataParallel = request.dataParallel ?? 1;
  const others = pipelineParallel * dataParallel;
  const tensorParallel = request.tensorParallel ?? Math.max(1, Math.floor((request.gpus ?? others) / others));
  return {
    model,
    checkpoint: checkpoint ?? anyCheckpoint,
    gpu: gpu ?? (gpus[0] as Gpu),
    kvCacheDtype: request.kvCacheDtype ?? KvCacheDtype.auto,
    gpuMemoryUtilization: request.gpuMemoryUtilization ?? defaultGpuMemoryUtilization,
    contextLength: request.contextLength ?? model.maxContext,
    tensorParallel,
    pipelineParallel,
    dataParallel,
    expertParallel: request.expertParallel ?? 1,
  };
}

/** The rules between the numbers. Those that need a number whose own shape is wrong are left out. */
function checkSplit(request: Partial<FitRequest>, config: Configuration, faulty: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  const { model, checkpoint, tensorParallel, pipelineParallel, dataParallel, expertParallel, contextLength } = config;
  const report = (path: string, value: unknown, message: string, fix: string) =>
    problems.push({ path, value, message, fix });
  const product = tensorParallel * pipelineParallel * dataParallel;
  const isSplitKnown = ["gpus", "tensorParallel", "pipelineParallel", "dataParallel"].every(
    (path) => !faulty.has(path),
  );
  if (isSplitKnown && request.gpus !== undefined && request.gpus !== product) {
    report(
      "gpus",
      request.gpus,
      `is not tensor x pipeline x data parallel, ${tensorParallel} x ${pipelineParallel} x ${dataParallel} = ${product}`,
      `give ${product}, or change the split`,
    );
  }
  const refusal = isSplitKnown ? checkTensorParallel(model, checkpoint, tensorParallel, expertParallel > 1) : undefined;
  if (refusal) report("tensorParallel", tensorParallel, refusal.reason, refusal.fix);
  const tooLong = checkPipelineParallel(model, pipelineParallel);
  if (tooLong) report("pipelineParallel", pipelineParallel, tooLong.reason, tooLong.fix);
  const spread = isSplitKnown && checkExpertParallel(model, expertParallel, tensorParallel * dataParallel);
  if (spread) report("expertParallel", expertParallel, spread.reason, spread.fix);
  if (contextLength > model.maxContext) {
    report(
      "contextLength",
      contextLength,
      `is above the ${model.maxContext} tokens that ${model.id} was made for`,
      `give up to ${model.maxContext}`,
    );
  }
  return problems;
}

/** A start that only fails because older releases sort when they sample is worth a try on a later one. */
function releaseWarnings(config: Configuration, verdict: Verdict): string[] {
  if (verdict !== "no") return [];
  const later = judgeMemory(layOut(config, "fused"));
  if (later.verdict === "no") return [];
  return [
    `releases that do not sort when they sample (vLLM from 0.17 on, or with FlashInfer) may load it, with ${later.memory.freeGiB} GiB a GPU to spare; the verdict is for the kind that takes more`,
  ];
}

function warn(request: Partial<FitRequest>, config: Configuration): string[] {
  const { model, checkpoint, gpu, tensorParallel, dataParallel, expertParallel } = config;
  const warnings = [...aboutModel(model, checkpoint)];
  const engine = request.engine ?? "vllm";
  if (engine !== "vllm") {
    warnings.push(`memory is modelled on vLLM; ${engine} reserves differently, so take the verdict as near, not exact`);
  }
  const expertRanks = tensorParallel * dataParallel;
  if (engine === "vllm" && expertParallel > 1 && expertParallel !== expertRanks) {
    warnings.push(
      `vLLM spreads experts over all ${expertRanks} ranks or none; expertParallel ${expertParallel} is for sglang and trtllm`,
    );
  }
  if (dataParallel > 1 && !expertsOf(model)) {
    warnings.push(
      `${model.id} is dense: data-parallel ranks are copies of the model, which independent replicas do as well`,
    );
  }
  if (dataParallel > 8 && expertsOf(model)) {
    warnings.push(
      "experts shared over several machines need buffers that are not modelled: one start over 16 ranks took 13 GiB a GPU more (vllm#25683)",
    );
  }
  if (tensorParallel > gpu.linkDomainGpus) {
    warnings.push(
      gpu.link === "pcie"
        ? `tensorParallel ${tensorParallel} crosses PCIe: ${gpu.id} has no NVLink, and every layer waits for it`
        : `tensorParallel ${tensorParallel} leaves the ${gpu.link} domain of ${gpu.linkDomainGpus} GPUs: every layer waits for the network`,
    );
  }
  return [...warnings, ...formatWarnings(checkpoint.id, gpu)];
}
