import { z } from "zod";
import { findMachine } from "./catalogue";
import {
  type CapacityArgs,
  CapacityMode,
  Cloud,
  type DecisionArgs,
  KvCacheDtype,
  type TrainingArgs,
  Workload,
} from "./decisionArgs";
import { checkRules } from "./decisionRules";
import type { Checkpoint, Model } from "./model";
import { findCheckpoint, resolveModel } from "./modelNames";
import { homeRegion, regionOfZone, usualRegion } from "./places";
import { type Problem, ProblemsError } from "./problems";
import { parseShape } from "./shape";
import { isTraining, usualSequenceLength } from "./training/recipe";
import { trainingSchema } from "./training/schema";

// Far beyond any machine or request there is; above them a number is a slip of the keyboard.
const maxTokens = 100_000_000;
/** Live requests that a decision may name. */
export const maxRequests = 1_000_000;
/** Machines in all that a decision may take. */
export const maxNodes = 10_000;
const maxWays = 1_024;

const count = (max: number) => z.number().int().min(1).max(max);
// Beyond any cluster there is.
const mostOfTarget = 1e9;
const positive = z.number().gt(0).max(mostOfTarget);

/** The decision's shape: types, ranges and closed sets. What depends on several fields stands in decisionRules.ts. */
export const decisionSchema = z.strictObject({
  model: z.string().min(1),
  precision: z.string().min(1).optional(),
  workload: z.enum(Workload).optional(),
  contextLength: count(maxTokens).optional(),
  concurrency: count(maxRequests).optional(),
  averageTokens: count(maxTokens).optional(),
  kvCacheDtype: z.enum(KvCacheDtype).optional(),
  targets: z
    .strictObject({
      tokensPerSecond: positive.optional(),
      timePerOutputTokenMs: positive.optional(),
      timeToFirstTokenMs: positive.optional(),
    })
    .optional(),
  training: trainingSchema.optional(),
  cloud: z.enum(Cloud).optional(),
  machine: z.string().min(1).optional(),
  region: z.string().min(1).optional(),
  zone: z.string().min(1).optional(),
  capacity: z
    .strictObject({
      mode: z.enum(CapacityMode).optional(),
      reservationId: z.string().min(1).optional(),
      hours: count(4368).optional(),
      offeringId: z.string().min(1).optional(),
      purchase: z.string().min(1).optional(),
      allOrNothing: z.boolean().optional(),
      placementGroup: z.string().min(1).max(255).optional(),
    })
    .optional(),
  overrides: z
    .strictObject({
      nodes: count(maxNodes).optional(),
      tensorParallel: count(maxWays).optional(),
      pipelineParallel: count(maxWays).optional(),
      replicas: count(maxNodes).optional(),
      gpuMemoryUtilization: z.number().min(0.1).max(0.99).optional(),
      maxModelLen: count(maxTokens).optional(),
    })
    .optional(),
});

/** A decision with every default filled in and every name resolved: what the plan repeats, and all that planning reads. */
export interface Decision {
  model: string;
  precision: string;
  workload: Workload;
  contextLength: number;
  concurrency: number;
  averageTokens?: number;
  kvCacheDtype: KvCacheDtype;
  targets?: NonNullable<DecisionArgs["targets"]>;
  /** As given, with its sequence length. Absent for inference. */
  training?: TrainingArgs;
  cloud: Cloud;
  machine?: string;
  region: string;
  zone?: string;
  capacity: CapacityArgs & { mode: CapacityMode };
  overrides: NonNullable<DecisionArgs["overrides"]>;
}

/** A decision together with the catalogue rows that it names. */
export interface ResolvedDecision {
  decision: Decision;
  model: Model;
  checkpoint: Checkpoint;
  /** Nobody named a region: machines of other clouds are looked at in the home regions of theirs. */
  regionAssumed: boolean;
  /** What nobody named, so that it may be chosen (concurrency, by targets) or compared (precision, purchase mode). */
  open: { concurrency: boolean; precision: boolean; capacityMode: boolean };
  /** Defaults that were filled in and that a reader should know of. */
  assumptions: string[];
}

export interface ParseOptions {
  /** What the problems' paths start with; default `decision`. */
  path?: string;
  /** The stack's region, used when the decision names none. */
  region?: string;
  /** Models of the user's own beside the shipped ones. */
  models?: readonly Model[];
}

/**
 * Reads a decision from untrusted input. Throws a ProblemsError that lists everything wrong with it at once:
 * shape, names that the catalogue lacks, and rules between fields.
 */
export function parseDecision(input: unknown, options: ParseOptions = {}): ResolvedDecision {
  const { resolved, problems } = readDecision(input, options);
  if (!resolved) throw new ProblemsError(problems, "the decision");
  return resolved;
}

/** As parseDecision, but hands the problems back, so that a caller can list them with those of its other inputs. */
export function readDecision(
  input: unknown,
  { path = "decision", region, models = [] }: ParseOptions = {},
): { resolved?: ResolvedDecision; problems: Problem[] } {
  const shape = parseShape(decisionSchema, input, path);
  const problems = [...shape.problems, ...checkRules(shape.valid, path, region, models)];
  const args = shape.valid as unknown as DecisionArgs;
  const found = problems.length === 0 ? resolveModel(args.model, models) : undefined;
  if (!found) return { problems };
  const published = found.impliedPrecision ?? found.model.nativePrecision;
  // Training computes in 16 bits, whatever the checkpoint that it starts from has.
  const precision = isTraining(args.workload) ? "bf16" : (args.precision?.toLowerCase() ?? published);
  const checkpoint = findCheckpoint(found.model, precision);
  if (!checkpoint) throw new Error(`decision: no checkpoint for ${precision}, though the rules passed it`);
  const isNamed = found.impliedPrecision !== undefined || isTraining(args.workload);
  const resolved = fillDefaults(args, found.model, checkpoint, isNamed, region);
  const vague =
    args.precision === undefined && !isTraining(args.workload) ? aboutFormat(found.vagueFormat, checkpoint) : [];
  return { problems, resolved: { ...resolved, assumptions: [...resolved.assumptions, ...vague] } };
}

function fillDefaults(
  args: DecisionArgs,
  model: Model,
  checkpoint: Checkpoint,
  isPrecisionNamed: boolean,
  stackRegion?: string,
): ResolvedDecision {
  const assumptions: string[] = [];
  const assume = <T>(value: T | undefined, otherwise: T, words: string): T => {
    if (value !== undefined) return value;
    assumptions.push(words);
    return otherwise;
  };
  const machine = args.machine === undefined ? undefined : findMachine(args.machine);
  const cloud = args.cloud ?? Cloud.any;
  const region = args.region ?? stackRegion ?? (args.zone && regionOfZone(args.zone));
  const home = machine ? usualRegion(machine) : homeRegion[cloud];
  const elsewhere = machine === undefined ? "; a machine that is not offered there is looked at where it is" : "";
  // Then the planner finds how many live requests the rate takes.
  const isRateAsked = args.concurrency === undefined && args.targets?.tokensPerSecond !== undefined;
  const isTrained = isTraining(args.workload);
  const training = isTrained ? fillTraining(args, model, assume) : undefined;
  const decision: Decision = {
    model: model.id,
    precision: checkpoint.id,
    workload: args.workload ?? Workload.inference,
    contextLength:
      training?.sequenceLength ??
      assume(
        args.contextLength ?? args.overrides?.maxModelLen,
        model.maxContext,
        `contextLength: the model's maximum, ${model.maxContext} tokens`,
      ),
    concurrency: isRateAsked || isTrained ? 1 : assume(args.concurrency, 1, "concurrency: one live request"),
    averageTokens: args.averageTokens,
    kvCacheDtype: args.kvCacheDtype ?? KvCacheDtype.auto,
    targets: args.targets,
    training,
    cloud,
    machine: machine?.id,
    region: assume(region, home, `region: ${home}, for prices and offerings${elsewhere}`),
    zone: args.zone,
    capacity: { ...args.capacity, mode: args.capacity?.mode ?? CapacityMode.onDemand },
    overrides: args.overrides ?? {},
  };
  assumptions.push(...(isTrained ? aboutTrainedModel(model, checkpoint) : aboutModel(model, checkpoint)));
  const open = {
    concurrency: isRateAsked && !isTrained,
    precision: args.precision === undefined && !isPrecisionNamed,
    capacityMode: args.capacity?.mode === undefined && args.capacity?.reservationId === undefined,
  };
  return {
    decision: dropUndefined(decision),
    model,
    checkpoint,
    regionAssumed: region === undefined,
    open,
    assumptions,
  };
}

/** How it is trained, with the length of a sequence. */
function fillTraining(
  { contextLength, training = {} }: DecisionArgs,
  { maxContext }: Model,
  assume: (value: number | undefined, otherwise: number, words: string) => number,
): TrainingArgs {
  const usual = Math.min(usualSequenceLength, maxContext);
  const words = `training.sequenceLength: ${usual} tokens`;
  return { ...training, sequenceLength: assume(training.sequenceLength ?? contextLength, usual, words) };
}

/** A name that says "quantised" and not in what is sized as published, and that is said. */
export function aboutFormat(vagueFormat: string | undefined, { id }: Checkpoint): string[] {
  if (vagueFormat === undefined) return [];
  return [`precision: ${id}, as published; ${vagueFormat} in the name does not say how many bits: give precision`];
}

/** What a reader should know of the model's own row: what is not published, not modelled, or not sure. */
export function aboutModel(model: Model, checkpoint: Checkpoint): string[] {
  const words: string[] = [];
  if (checkpoint.repositories.length === 0) {
    words.push(
      `${checkpoint.id}: no published checkpoint is in the catalogue; computed as every linear layer in ${checkpoint.precision}, embeddings in bf16`,
    );
  }
  for (const what of model.unmodelled ?? []) words.push(`${model.id}: not modelled: ${what}`);
  if (model.confidence !== "high") words.push(`${model.id}: confidence ${model.confidence} (${model.source})`);
  return words;
}

/** The same of a model that is trained, whose weights must be had in 16 bits first. */
function aboutTrainedModel(model: Model, checkpoint: Checkpoint): string[] {
  const words = aboutModel(model, { ...checkpoint, repositories: ["any"] });
  if (checkpoint.repositories.length > 0) return words;
  const converted = `${model.id} is published in ${model.nativePrecision}: training starts from weights in bf16, which you convert and put into the model store`;
  return [converted, ...words];
}

/** A plan is compared and stored as JSON, where an undefined field and an absent one must be the same. */
function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
