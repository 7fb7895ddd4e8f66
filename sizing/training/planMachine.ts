import type { PriceBook } from "../../pricing/priceBook";
import { costOf } from "../cost";
import type { Decision, ResolvedDecision } from "../decision";
import { CapacityMode, Offload } from "../decisionArgs";
import type { Machine } from "../hardware";
import { isOffered } from "../places";
import type { ConfigurationSummary } from "../plan";
import { GB, round, significant } from "../units";
import { checkpointsOf } from "./checkpoints";
import { explainTraining, explainTrainingSpeed } from "./explain";
import { judgeTrainingInterconnect } from "./interconnect";
import { chooseLayout, type KnownLayouts, type TrainingOption, type TrainingQuestion } from "./layouts";
import { countTrained, frozenBytes } from "./partition";
import type { TrainingPlan, TrainingSummary } from "./plan";
import { gpusOf, isTraining } from "./recipe";
import { blockHours, longestBlockHours, priceRun, type TrainingRun } from "./run";
import { speedRange } from "./speed";
import { bytesOfParameter } from "./states";
import { warnAboutTraining } from "./warnings";

/** What a decision asks of the search for a layout. */
export function questionOf({ decision, model }: ResolvedDecision): TrainingQuestion {
  const { workload, training = {}, overrides, targets } = decision;
  if (!isTraining(workload)) throw new Error("training: the decision is to serve");
  const { tensorParallel, pipelineParallel, nodes } = overrides;
  return {
    method: workload,
    model,
    given: training,
    wishes: { tensorParallel, pipelineParallel },
    nodes,
    tokensPerSecond: targets?.tokensPerSecond,
  };
}

/** The best way to train on machines of one kind, as a plan. Undefined where their GPUs do not divide as asked. */
export function planTrainingOn(
  resolved: ResolvedDecision,
  machine: Machine,
  prices: PriceBook,
  known: KnownLayouts,
): TrainingPlan | undefined {
  const question = questionOf(resolved);
  const option = chooseLayout(question, machine, "fits", known);
  // Where nothing fits with headroom, what only loads is the answer.
  const found =
    option?.judgement.verdict === "fits" ? option : (chooseLayout(question, machine, "marginal", known) ?? option);
  if (!found) return undefined;
  const plan = buildPlan(resolved, machine, found, question, prices);
  return { ...plan, loads: smallestThatLoads(resolved, machine, prices, known) };
}

/** The fewest machines that load one micro-batch. */
function smallestThatLoads(
  resolved: ResolvedDecision,
  machine: Machine,
  prices: PriceBook,
  known: KnownLayouts,
): ConfigurationSummary | undefined {
  const { decision } = resolved;
  const question = { ...questionOf(resolved), nodes: undefined, tokensPerSecond: undefined };
  const option = chooseLayout(question, machine, "marginal", known);
  if (!option || option.judgement.verdict === "no") return undefined;
  const { tensorParallel, pipelineParallel, dataParallel } = option.config;
  const { hourlyCostUsd } = costOf(decision, machine, option.nodes, prices);
  return {
    machine: machine.id,
    nodes: option.nodes,
    tensorParallel,
    pipelineParallel,
    dataParallel,
    replicas: 1,
    hourlyCostUsd,
  };
}

function buildPlan(
  resolved: ResolvedDecision,
  machine: Machine,
  option: TrainingOption,
  question: TrainingQuestion,
  prices: PriceBook,
): TrainingPlan {
  const { decision } = resolved;
  const { config, nodes, judgement } = option;
  const offered = isOffered(machine, decision.region, decision.zone);
  const run = runOf(decision, machine, option, prices);
  const longest = run.isTokensAssumed ? undefined : run.hours;
  const checkpoints = checkpointsOf(config.model, config.recipe, gpusOf(config), nodes, longest);
  const training = { ...summaryOf(option), checkpoints, run };
  const plan: TrainingPlan = {
    decision: withBlock(decision, run),
    verdict: offered || decision.machine !== undefined ? judgement.verdict : "no",
    machine: machine.id,
    nodes,
    nodesPerReplica: nodes,
    replicas: 1,
    tensorParallel: config.tensorParallel,
    pipelineParallel: config.pipelineParallel,
    dataParallel: config.dataParallel,
    expertParallel: config.expertParallel,
    memory: judgement.memory,
    training,
    interconnect: judgeTrainingInterconnect(machine, option),
    cost: costOf(withBlock(decision, run), machine, nodes, prices),
    warnings: [],
    explanation: [
      ...explainTraining(config, judgement),
      ...explainTrainingSpeed(config, option.compute, option.tokensPerSecond, option),
      ...explainRun(training, run, gpusOf(config)),
    ],
    assumptions: [...resolved.assumptions, ...assumptionsOf(option, question)],
  };
  return { ...plan, warnings: warnAboutTraining(plan, machine, option, question, offered) };
}

/** A capacity block whose length nobody gave is as long as the run. */
function withBlock(decision: Decision, { hours, isTokensAssumed }: TrainingRun): Decision {
  const { capacity } = decision;
  if (capacity.mode !== CapacityMode.capacityBlock || capacity.hours !== undefined || isTokensAssumed) return decision;
  const block = blockHours(hours);
  return block > longestBlockHours ? decision : { ...decision, capacity: { ...capacity, hours: block } };
}

/** What a run is measured by where nobody says how many tokens it has. */
const usualTokens = 1e9;

function runOf(
  { training = {}, region, capacity }: Decision,
  machine: Machine,
  option: TrainingOption,
  prices: PriceBook,
): TrainingRun {
  const tokens = training.tokens ?? usualTokens;
  const hours = tokens / option.tokensPerSecond / 3600;
  return {
    tokens,
    isTokensAssumed: training.tokens === undefined,
    hours: significant(hours),
    days: significant(hours / 24),
    costs: priceRun(machine, option.nodes, region, hours, capacity, prices),
  };
}

function summaryOf(option: TrainingOption): Omit<TrainingSummary, "checkpoints"> {
  const { config, compute, tokensPerSecond, offload, traffic } = option;
  const { recipe, model } = config;
  const trained = countTrained(model, recipe);
  const each = bytesOfParameter(recipe);
  const gpus = gpusOf(config);
  const { sharding, recomputation, optimizer, states, logits, method } = recipe;
  return {
    method,
    sequenceLength: recipe.sequenceLength,
    microBatchSize: recipe.microBatchSize,
    sharding,
    recomputation,
    optimizer,
    states,
    logits,
    offload: recipe.offload,
    lora: method === "full" ? undefined : loraOf(option),
    trainedParameters: trained,
    statesGB: round((trained * (each.weights + each.gradients + each.optimizer)) / GB, 1),
    frozenGB: round(frozenBytes(config) / GB, 1),
    hostMemoryGiB: recipe.offload === Offload.none ? undefined : round(offload?.hostGiB ?? 0, 1),
    tokensPerSecond: significant(tokensPerSecond),
    tokensPerSecondRange: speedRange(compute, traffic.seconds, offload?.seconds ?? 0),
    tokensPerSecondPerGpu: significant(tokensPerSecond / gpus),
    modelFlopsUtilization: compute.utilization,
    boundBy: traffic.seconds > compute.seconds ? "network" : "arithmetic",
  };
}

function loraOf({ config: { recipe } }: TrainingOption): TrainingSummary["lora"] {
  const { loraRank: rank, loraTargets: targets, doubleQuantization, method } = recipe;
  return method === "qlora" ? { rank, targets, doubleQuantization } : { rank, targets };
}

function explainRun(
  { checkpoints, statesGB }: TrainingSummary,
  { tokens, hours, days }: TrainingRun,
  gpus: number,
): string[] {
  const { sizeGB, everyHours, writeGBps, writeSeconds, hoursBetweenFailures } = checkpoints;
  return [
    `run: ${tokens} tokens take ${hours} hours, ${days} days`,
    `checkpoint: ${sizeGB} GB (weights and optimizer of ${statesGB} GB of states); ${gpus} GPUs stop about every ${hoursBetweenFailures} hours [Llama 3: 419 unexpected interruptions of 16,384 H100 in 54 days]; one every ${everyHours} hours, written in ${writeSeconds} s at ${writeGBps} GB/s, keeps writing and repeated work below 1 % of the run`,
  ];
}

function assumptionsOf({ config: { recipe, model }, offload }: TrainingOption, { given }: TrainingQuestion): string[] {
  const chosen = given.microBatchSize === undefined && recipe.microBatchSize > 1;
  const words = [
    ...(chosen ? [`training.microBatchSize: ${recipe.microBatchSize}, so that GPUs have enough to do`] : []),
    "sequences are packed: every token is trained on",
    "kernels are fused (torch.compile, Liger, Megatron): unfused ones of plain Transformers took up to 1.9 times the memory that is computed here",
  ];
  if (model.kind === "moe")
    words.push("routing is even: a rank that gets more tokens than others needs more memory and time");
  if (recipe.method === "qlora" && model.kind === "moe")
    words.push(
      "experts are quantised like other linear layers: where a framework keeps them as one tensor (Transformers v5), bitsandbytes leaves them in 16 bits",
    );
  if (offload) words.push("offloaded states are updated once for each micro-batch: more of them a step cost less");
  return words;
}
