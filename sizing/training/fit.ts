import { z } from "zod";
import { findGpu, suggestGpus } from "../catalogue";
import { Offload, Sharding, type TrainingArgs, Workload } from "../decisionArgs";
import type { Gpu } from "../hardware";
import type { Verdict } from "../memory";
import type { Model } from "../model";
import { findCheckpoint, resolveModel, suggestModels } from "../modelNames";
import { checkExpertParallel, checkPipelineParallel, checkTensorParallel } from "../parallelism";
import { type Problem, ProblemsError, type ReportProblem } from "../problems";
import { parseShape } from "../shape";
import { round, significant } from "../units";
import { explainTraining, explainTrainingSpeed } from "./explain";
import { judgeTraining, type TrainingJudgement, type TrainingMemoryBudget } from "./memory";
import { offloadCost } from "./offload";
import { countTrained, frozenBytes } from "./partition";
import { gpusOf, isTraining, settle, type TrainingConfiguration } from "./recipe";
import { checkTrainingPrecision, checkTrainingRules } from "./rules";
import { trainingShape } from "./schema";
import { computeOf, isTrainable, speedRange, type Utilization } from "./speed";
import { bytesOfParameter } from "./states";
import { whatWouldFit } from "./suggest";

const ways = z.number().int().min(1).max(65_536);

/** One given way to train, as `fit --workload` takes it on the command line (kebab-case) or as a line of a batch. */
export const trainingFitSchema = z.strictObject({
  model: z.string().min(1),
  workload: z.enum(Workload),
  precision: z.string().min(1).optional(),
  gpu: z.string().min(1),
  gpus: ways.optional(),
  tensorParallel: ways.optional(),
  pipelineParallel: ways.optional(),
  dataParallel: ways.optional(),
  expertParallel: ways.optional(),
  /** Stands for sequenceLength. */
  contextLength: z.number().int().min(1).max(100_000_000).optional(),
  ...trainingShape,
});
export type TrainingFitRequest = z.infer<typeof trainingFitSchema>;

export interface TrainingFitResult {
  verdict: Verdict;
  /** Memory of the fullest GPU. */
  memory: TrainingMemoryBudget;
  /** Nothing is served: no cache, no requests. */
  kvCacheTokens: 0;
  maxSequences: 0;
  /** How it is trained, with what was filled in. */
  training: {
    sequenceLength: number;
    microBatchSize: number;
    sharding: string;
    recomputation: string;
    optimizer: string;
    states: string;
    logits: string;
    offload: string;
    trainedParameters: number;
    /** Weights, gradients and optimizer of what is trained, over all GPUs and sharded without loss, decimal GB. */
    statesGB: number;
    frozenGB: number;
  };
  /** Absent where no published run is on GPUs of the kind. Nothing is known here of the network between machines. */
  throughput?: {
    tokensPerSecond: number;
    tokensPerSecondRange?: [number, number];
    tokensPerSecondPerGpu: number;
    modelFlopsUtilization: Utilization;
  };
  warnings: string[];
  explanation: string[];
}

/**
 * Judges one given way to train: does it fit, with how much to spare, and how fast is it. Throws a ProblemsError that
 * lists everything wrong with the request.
 * @param added models of the user's own beside the shipped ones
 */
export function judgeTrainingFit(input: unknown, added: readonly Model[] = []): TrainingFitResult {
  const shape = parseShape(trainingFitSchema, input, "");
  const problems: Problem[] = [...shape.problems];
  const report: ReportProblem = (path, value, message, fix) => problems.push({ path, value, message, fix });
  const request = shape.valid as Partial<TrainingFitRequest>;
  const { model, gpu } = findNames(request, added, report);
  checkRequest(request, model, report);
  const config = model && gpu && isTraining(request.workload) ? configure(request, model, gpu) : undefined;
  const faulty = new Set(shape.problems.map(({ path }) => path));
  if (config) checkLayout(request, config, faulty, report);
  if (!config || problems.length > 0) throw new ProblemsError(problems, "the configuration");
  return judge(request, config);
}

function findNames(request: Partial<TrainingFitRequest>, added: readonly Model[], report: ReportProblem) {
  const model = request.model === undefined ? undefined : resolveModel(request.model, added)?.model;
  const gpu = request.gpu === undefined ? undefined : findGpu(request.gpu);
  if (request.model !== undefined && !model) {
    const fix = `${suggestModels(request.model, added)} Or give the path of its config.json`;
    report("model", request.model, "is not in catalogue", fix);
  }
  if (request.gpu !== undefined && !gpu) report("gpu", request.gpu, "is not in catalogue", suggestGpus(request.gpu));
  return { model, gpu };
}

function checkRequest(request: Partial<TrainingFitRequest>, model: Model | undefined, report: ReportProblem) {
  const { workload, precision, contextLength, sequenceLength } = request;
  checkTrainingRules(workload, trainingOf(request), request, model, "", report);
  checkTrainingPrecision(workload, precision, report);
  // A length of its own wins; the context's stands for it where there is none.
  if (contextLength === undefined || sequenceLength !== undefined || !model || contextLength <= model.maxContext)
    return;
  const rule = `is above the ${model.maxContext} tokens that ${model.id} was made for`;
  report("contextLength", contextLength, rule, `give up to ${model.maxContext}`);
}

/** The part of a request that says how to train. */
function trainingOf(request: Partial<TrainingFitRequest>): TrainingArgs {
  const keys = Object.keys(trainingShape) as (keyof typeof trainingShape)[];
  return Object.fromEntries(keys.map((key) => [key, request[key]]));
}

/** Ranks with data of their own are what the other two leave of the GPUs. */
function configure(request: Partial<TrainingFitRequest>, model: Model, gpu: Gpu): TrainingConfiguration {
  const { tensorParallel = 1, pipelineParallel = 1, expertParallel = 1, gpus, workload, contextLength } = request;
  const rest = Math.max(1, Math.floor((gpus ?? 1) / (tensorParallel * pipelineParallel)));
  const dataParallel = request.dataParallel ?? rest;
  const layout = { tensorParallel, pipelineParallel, dataParallel, expertParallel };
  const sharding = request.sharding ?? usualSharding(layout, request.offload);
  const given = trainingOf(request);
  const sequenceLength = given.sequenceLength ?? contextLength;
  if (!isTraining(workload)) throw new Error("training: the request is to serve");
  return { model, gpu, ...layout, recipe: settle(workload, { ...given, sequenceLength }, sharding, model.maxContext) };
}

/** One GPU shards nothing; stages go with Megatron's optimizer; everything else, and weights on the host, is usually FSDP. */
function usualSharding(layout: Parameters<typeof gpusOf>[0], offload?: Offload): Sharding {
  if (offload === Offload.parameters) return Sharding.fsdp;
  if (gpusOf(layout) === 1) return Sharding.none;
  return layout.pipelineParallel > 1 ? Sharding.megatron : Sharding.fsdp;
}

function checkLayout(
  request: Partial<TrainingFitRequest>,
  config: TrainingConfiguration,
  faulty: ReadonlySet<string>,
  report: ReportProblem,
) {
  const { model, tensorParallel, pipelineParallel, dataParallel, expertParallel } = config;
  const product = gpusOf(config);
  if (["gpus", "tensorParallel", "pipelineParallel", "dataParallel"].some((path) => faulty.has(path))) return;
  if (request.gpus !== undefined && request.gpus !== product) {
    const rule = `is not tensor x pipeline x data parallel, ${tensorParallel} x ${pipelineParallel} x ${dataParallel} = ${product}`;
    report("gpus", request.gpus, rule, `give ${product}, or change the split`);
  }
  const bf16 = findCheckpoint(model, "bf16");
  const refusal = bf16 && checkTensorParallel(model, bf16, tensorParallel, expertParallel > 1);
  if (refusal) report("tensorParallel", tensorParallel, refusal.reason, refusal.fix);
  const tooLong = checkPipelineParallel(model, pipelineParallel);
  if (tooLong) report("pipelineParallel", pipelineParallel, tooLong.reason, tooLong.fix);
  const spread = checkExpertParallel(model, expertParallel, tensorParallel * dataParallel);
  if (spread) report("expertParallel", expertParallel, spread.reason, spread.fix);
}

function judge(request: Partial<TrainingFitRequest>, config: TrainingConfiguration): TrainingFitResult {
  const judgement = judgeTraining(config);
  const { recipe, model, gpu } = config;
  const compute = isTrainable(gpu) ? computeOf(config, request.modelFlopsUtilization) : undefined;
  // How many machines these are in is not said: as many as a link joins, at most eight, are one.
  const offloaded = offloadCost(config, Math.ceil(gpusOf(config) / Math.min(8, gpu.linkDomainGpus)));
  const tokensPerSecond = compute ? compute.tokens / (compute.seconds + (offloaded?.seconds ?? 0)) : 0;
  const each = bytesOfParameter(recipe);
  const trainedParameters = countTrained(model, recipe);
  const { sequenceLength, microBatchSize, sharding, recomputation, optimizer, states, logits, offload } = recipe;
  return {
    verdict: judgement.verdict,
    memory: judgement.memory,
    kvCacheTokens: 0,
    maxSequences: 0,
    training: {
      ...{ sequenceLength, microBatchSize, sharding, recomputation, optimizer, states, logits, offload },
      trainedParameters,
      statesGB: round((trainedParameters * (each.weights + each.gradients + each.optimizer)) / 1e9, 1),
      frozenGB: round(frozenBytes(config) / 1e9, 1),
    },
    throughput: compute && {
      tokensPerSecond: significant(tokensPerSecond),
      tokensPerSecondRange: speedRange(compute, 0, offloaded?.seconds ?? 0),
      tokensPerSecondPerGpu: significant(tokensPerSecond / gpusOf(config)),
      modelFlopsUtilization: compute.utilization,
    },
    warnings: [...warningsOf(config, request, judgement), ...hostWarnings(config)],
    explanation: [
      ...explainTraining(config, judgement),
      ...(compute
        ? explainTrainingSpeed(config, compute, tokensPerSecond, { traffic: noTraffic, offload: offloaded })
        : []),
    ],
  };
}

/** Nothing is known of it. */
const noTraffic = { bytes: 0, seconds: 0, GBps: 0, isRdma: true };

/** What is kept on hosts, which `fit` knows nothing of. */
function hostWarnings(config: TrainingConfiguration): string[] {
  const cost = offloadCost(config, 1);
  return cost ? [`offloaded states take ${round(cost.hostGiB, 0)} GiB of the machines' own memory, all together`] : [];
}

function warningsOf(
  config: TrainingConfiguration,
  request: Partial<TrainingFitRequest>,
  { verdict, tight }: TrainingJudgement,
): string[] {
  const { gpu, model, tensorParallel, recipe } = config;
  const words = tight === undefined ? [] : [tight];
  if (verdict !== "fits") {
    const options = whatWouldFit(
      config,
      { ...trainingOf(request), sequenceLength: recipe.sequenceLength },
      request.dataParallel !== undefined,
    );
    words.push(
      options.length > 0
        ? `it would fit with ${options.join(", or with ")}`
        : "no single option that was tried makes it fit",
    );
  }
  if (!isTrainable(gpu))
    words.push(`no published run of training on ${gpu.id} was read: memory is taken as on NVIDIA's`);
  if (tensorParallel > gpu.linkDomainGpus)
    words.push(
      `tensorParallel ${tensorParallel} leaves the ${gpu.link} domain of ${gpu.linkDomainGpus} GPUs: every layer waits`,
    );
  if (gpusOf(config) > gpu.linkDomainGpus && gpu.interNodeGBpsPerGpu === undefined && gpu.linkDomainGpus > 1)
    words.push(
      `no fabric between machines of ${gpu.id} is known: without RDMA published runs of FSDP were 26 to 45 times slower`,
    );
  if (model.extras && recipe.method === "full")
    words.push("vision or audio towers are counted as parameters that are trained; their activations are not modelled");
  return words;
}
