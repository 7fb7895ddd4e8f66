import { GB, GiB, round } from "../units";
import { countParameters } from "../weights";
import type { TrainingJudgement } from "./memory";
import { plannedShare } from "./memory";
import type { OffloadCost } from "./offload";
import { countTrained, frozenBytes } from "./partition";
import { nf4Bytes } from "./quantization";
import { gpusOf, type TrainingConfiguration, tokensAtATime } from "./recipe";
import { type Compute, longSequenceShare, recomputationShare } from "./speed";
import { bytesOfParameter } from "./states";
import type { Traffic } from "./traffic";

const billions = (count: number) => (count < 1e8 ? `${round(count / 1e6, 1)}M` : `${round(count / 1e9, 2)}B`);

/** The arithmetic of a training judgement, a line a step, with the source of each constant. */
export function explainTraining(
  config: TrainingConfiguration,
  { memory, phase, fullestStage }: TrainingJudgement,
): string[] {
  const { recipe, model, gpu, tensorParallel, pipelineParallel, dataParallel, expertParallel } = config;
  const each = bytesOfParameter(recipe);
  const trained = countTrained(model, recipe);
  const sum = each.weights + each.gradients + each.optimizer;
  const where = pipelineParallel > 1 ? `, stage ${fullestStage + 1} of ${pipelineParallel}` : "";
  const split = `${gpusOf(config)} GPUs = tensor ${tensorParallel} x pipeline ${pipelineParallel} x data ${dataParallel}${expertParallel > 1 ? `, experts over ${expertParallel}` : ""}`;
  return [
    `parameters: ${billions(countParameters(model).total)}, of which ${billions(trained)} are trained${recipe.method === "full" ? "" : ` (rank ${recipe.loraRank}, ${recipe.loraTargets})`} [${model.source}]`,
    `states: ${billions(trained)} x ${sum} bytes (${each.weights} weights + ${each.gradients} gradients + ${each.optimizer} ${recipe.optimizer}) = ${round((trained * sum) / GB, 1)} GB in all; ${recipe.sharding} over ${dataParallel} ranks`,
    ...explainFrozen(config),
    `activations: ${tokensAtATime(recipe)} tokens at a time, recomputation ${recipe.recomputation}: ${memory.activationsGiB} GiB on the fullest GPU of ${split}${where} [tensors that each layer's backward pass reads, in 16 bits, with flash attention and fused kernels; arXiv 2205.05198]`,
    phase === "loss"
      ? `at the peak the loss runs: ${memory.logitsGiB} GiB of logits (${recipe.logits}), ${memory.gatheredGiB} GiB of the head gathered with its gradients`
      : `at the peak a layer runs backwards: ${memory.gatheredGiB} GiB of weights gathered, widened or waiting to be reduced`,
    `peak: ${memory.weightsGiB} weights + ${memory.gradientsGiB} gradients + ${memory.optimizerGiB} optimizer + ${memory.activationsGiB} activations + ${memory.gatheredGiB} gathered + ${memory.logitsGiB} logits = ${memory.peakGiB} GiB of ${memory.capacityGiB} on ${gpu.id}, ${memory.nonTorchGiB} outside PyTorch; planned for are ${round(plannedShare * 100, 0)} %, ${round(plannedShare * memory.capacityGiB, 1)} GiB`,
  ];
}

function explainFrozen({ model, recipe }: TrainingConfiguration): string[] {
  if (recipe.method === "full") return [];
  const frozen = frozenBytes({ model, recipe });
  const how =
    recipe.method === "qlora"
      ? `linear layers in NF4, ${round(nf4Bytes(recipe), 4)} bytes a weight, embeddings in 16 bits`
      : "in 16 bits";
  return [`frozen weights: ${round(frozen / GB, 1)} GB a copy (${round(frozen / GiB, 1)} GiB), ${how}`];
}

/** How fast, and why. */
export function explainTrainingSpeed(
  { gpu, recipe, tensorParallel, pipelineParallel, dataParallel }: TrainingConfiguration,
  { utilization, flopsPerToken, seconds, tensorSeconds, pipelineShare, tokens }: Compute,
  tokensPerSecond: number,
  pace?: { traffic: Traffic; offload?: OffloadCost },
): string[] {
  const gpus = tensorParallel * pipelineParallel * dataParallel;
  const range =
    utilization.low === undefined
      ? ""
      : ` (nine of ten published runs above ${percent(utilization.low)}, one of ten above ${percent(utilization.high ?? 0)})`;
  const long = longSequenceShare(recipe.sequenceLength);
  const again = recomputationShare(recipe);
  const less = [
    long < 1 && utilization.low !== undefined ? ` x ${round(long, 3)} for sequences of ${recipe.sequenceLength}` : "",
    again < 1 && utilization.low !== undefined ? ` x ${again} for full recomputation` : "",
  ].join("");
  const waiting = [
    tensorSeconds > 0 ? ` + ${round(tensorSeconds, 3)} s of tensor-parallel exchanges` : "",
    pipelineShare < 1 ? `, / ${round(pipelineShare, 3)} that ${pipelineParallel} stages are at work` : "",
  ].join("");
  const arithmetic = seconds * pipelineShare - tensorSeconds;
  const whole = waiting === "" ? "" : `${waiting} = ${round(seconds, 3)} s`;
  const lines = [
    `speed: ${round(flopsPerToken / 1e9, 1)} GFLOP a token; ${gpus} x ${gpu.bf16Tflops} TFLOPS x ${percent(utilization.value)} utilisation${range}${less}: the arithmetic of a micro-batch of ${tokens} tokens takes ${round(arithmetic, 3)} s${whole} [${utilization.source}]`,
  ];
  if (utilization.assumed) lines.push(`utilisation: ${utilization.assumed}`);
  const { traffic, offload } = pace ?? {};
  if (traffic && traffic.bytes > 0) {
    lines.push(
      `between machines: ${round(traffic.bytes / GB, 1)} GB into each for a micro-batch, ${round(traffic.seconds, 3)} s at ${round(traffic.GBps, 1)} GB/s, while GPUs compute`,
    );
  }
  const longer = Math.max(seconds, traffic?.seconds ?? 0);
  const host = offload ? ` + ${round(offload.seconds, 3)} s for what is offloaded` : "";
  lines.push(
    `pace: ${tokens} tokens in ${round(longer, 3)} s${longer > seconds ? " (the network's)" : ""}${host} = ${round(tokensPerSecond, 0)} tokens/s`,
  );
  return lines;
}

const percent = (share: number) => `${round(100 * share, 1)} %`;
