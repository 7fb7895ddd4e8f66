import { toDollars } from "../pricing/money";
import type { ConfigurationSummary } from "../sizing/plan";
import type { TrainingFitResult } from "../sizing/training/fit";
import { runUsd, type TrainingPlan } from "../sizing/training/plan";
import type { TrainingSizing } from "../sizing/training/planner";
import type { RunCost } from "../sizing/training/run";
import type { Utilization } from "../sizing/training/speed";
import { round } from "../sizing/units";
import { indent, table } from "./table";

/** A plan to train for a person: the decision in one line, the answer in the next, then what to know. */
export function describeTrainingPlan(plan: TrainingPlan, explain = false): string[] {
  const { decision, training, memory } = plan;
  const lines = [
    `${decision.model}, ${describeMethod(training)}, sequences of ${training.sequenceLength} tokens, ${training.microBatchSize} at a time`,
    `${plan.verdict}: ${plan.nodes} x ${plan.machine}, ${describeLayout(plan)}; ${describeHourly(plan)}`,
    describeTrainingMemory(memory),
    ...(plan.verdict === "no" ? [] : describePace(plan)),
  ];
  lines.push(...plan.warnings.map((words) => `warning: ${words}`));
  lines.push(...plan.assumptions.map((words) => `assumed: ${words}`));
  if (explain) lines.push("", "arithmetic:", ...indent(plan.explanation));
  return lines;
}

/** How fast it is, how long the run takes, and what it needs beside the GPUs. */
function describePace({ training, interconnect }: TrainingPlan): string[] {
  const { run, checkpoints } = training;
  const lines = [
    `speed: ${describeRate(training.tokensPerSecond, training.tokensPerSecondRange)}, ${round(training.tokensPerSecondPerGpu, 0)} a GPU; ${describeUtilization(training.modelFlopsUtilization)}`,
    `run: ${describeTokens(run.tokens)}${run.isTokensAssumed ? " (give --tokens for yours)" : ""} take ${describeTime(run.hours)}`,
    `checkpoints: ${checkpoints.sizeGB} GB every ${checkpoints.everyHours} h; storage that takes ${checkpoints.writeGBps} GB/s (${checkpoints.writeGBpsPerNode} a machine) keeps writing and repeated work below 1 % of the run`,
  ];
  if (training.hostMemoryGiB !== undefined)
    lines.push(`offload: ${training.hostMemoryGiB} GiB of each machine's own memory`);
  lines.push(`between GPUs: ${interconnect.reason}`);
  return lines;
}

function describeMethod({ method, lora, statesGB, frozenGB, states, optimizer }: TrainingPlan["training"]): string {
  const trained = `${statesGB} GB of states (${optimizer}, ${states})`;
  if (!lora) return `full training, ${trained}`;
  const frozen = method === "qlora" ? "4-bit weights" : "16-bit weights";
  return `${method === "qlora" ? "QLoRA" : "LoRA"} of rank ${lora.rank} (${lora.targets}) beside ${frozenGB} GB of ${frozen}, ${trained}`;
}

function describeLayout({
  tensorParallel,
  pipelineParallel,
  dataParallel,
  expertParallel,
  training,
}: TrainingPlan): string {
  const experts = expertParallel > 1 ? `, experts over ${expertParallel}` : "";
  const offload = training.offload === "none" ? "" : `, ${training.offload} offloaded`;
  return `${training.sharding}, tensor ${tensorParallel} x pipeline ${pipelineParallel} x data ${dataParallel}${experts}, recomputation ${training.recomputation}${offload}`;
}

function describeHourly({ cost, decision }: TrainingPlan): string {
  const { price, hourlyCostUsd } = cost;
  if (price.state !== "priced" || !hourlyCostUsd) return "machines of unknown price";
  return `machines ${toDollars(hourlyCostUsd)} an hour (${decision.capacity.mode}, ${price.row.region}, price of ${price.row.asOf}, confidence ${price.row.confidence})`;
}

function describeTrainingMemory(memory: TrainingPlan["memory"]): string {
  const spare = memory.shortGiB > 0 ? `${memory.shortGiB} missing` : `${memory.freeGiB} free`;
  return `memory a GPU, GiB: peak ${memory.peakGiB} = ${memory.weightsGiB} weights + ${memory.gradientsGiB} gradients + ${memory.optimizerGiB} optimizer + ${memory.gatheredGiB} gathered + ${memory.activationsGiB} activations + ${memory.logitsGiB} logits; ${memory.nonTorchGiB} outside PyTorch; of ${memory.capacityGiB} (${spare})`;
}

function describeRate(tokensPerSecond: number, range: [number, number] | undefined): string {
  if (!range) return `${tokensPerSecond} tokens/s`;
  const [low, high] = range;
  // However well GPUs are used, they wait for each other.
  if (tokensPerSecond === high) return `${tokensPerSecond} tokens/s (held by the network between machines)`;
  return `${tokensPerSecond} tokens/s (${low} to ${high} by published runs)`;
}

function describeUtilization({ value, low, high, assumed }: Utilization): string {
  const range = low === undefined || high === undefined ? "" : `, published ${percent(low)} to ${percent(high)}`;
  return `model FLOPs utilisation ${percent(value)}${range}${assumed ? `; ${assumed}` : ""}`;
}

const percent = (share: number) => `${round(100 * share, 1)} %`;

function describeTokens(tokens: number): string {
  return tokens >= 1e9 ? `${round(tokens / 1e9, 3)} billion tokens` : `${tokens} tokens`;
}

function describeTime(hours: number): string {
  if (hours < 1) return `${round(60 * hours, hours < 0.02 ? 2 : 1)} minutes`;
  return hours < 48 ? `${round(hours, 1)} hours` : `${round(hours / 24, 1)} days`;
}

/** What the run costs in each way to buy its machines. */
export function describeRunCosts({ training, machine, nodes, verdict }: TrainingPlan): string[] {
  if (verdict === "no") return [];
  const { run } = training;
  return [
    `what ${describeTokens(run.tokens)} cost on ${nodes} x ${machine}, by how it is bought:`,
    ...indent(run.costs.map(describeRunCost)),
  ];
}

function describeRunCost({ capacityMode, paidHours, usd, why, priceAsOf, priceConfidence }: RunCost): string {
  if (usd === undefined) return `${capacityMode}: ${why ?? "unknown"}`;
  const upfront = capacityMode === "capacityBlock" ? ", paid upfront; blocks are whole days, or weeks" : "";
  const stopped = capacityMode === "spot" ? ", and may be stopped at any time" : "";
  return `${capacityMode}: ${toDollars(usd)} for ${describeTime(paidHours ?? 0)}${upfront}${stopped} (price of ${priceAsOf}, confidence ${priceConfidence})`;
}

/** The smallest clusters of each cloud. */
export function describeClouds({ clouds, decision }: TrainingSizing): string[] {
  const words = (found: ConfigurationSummary | undefined) =>
    found
      ? `${found.nodes} x ${found.machine} (${found.hourlyCostUsd === undefined ? "price unknown" : `${toDollars(found.hourlyCostUsd)} an hour`})`
      : `nothing that is sold ${decision.capacity.mode}`;
  return [
    "the smallest of each cloud, by cost an hour:",
    ...indent(
      clouds.map(
        ({ cloud, trains, loads }) => `${cloud}: trains with headroom on ${words(trains)}; loads on ${words(loads)}`,
      ),
    ),
  ];
}

/** Every machine's best, the cheapest run first; without `all` the first of each cloud and the rest by count. */
export function describeTrainingCandidates(candidates: readonly TrainingPlan[], all: boolean): string[] {
  const shown = candidates.filter((plan, index) => all || plan.verdict !== "no" || index === 0);
  const columns = [
    { heading: "#", right: true },
    { heading: "VERDICT" },
    { heading: "MACHINES" },
    { heading: "LAYOUT" },
    { heading: "PEAK GiB", right: true },
    { heading: "TOKENS/s", right: true },
    { heading: "RUN", right: true },
    { heading: "$/HOUR", right: true },
    { heading: "$/RUN", right: true },
    { heading: "LOADS ON", right: true },
    { heading: "REMARK" },
  ];
  const rest = candidates.length - shown.length;
  return [
    "by machine, the fewest that train it with headroom, the cheapest run first; LOADS ON: the fewest that load it",
    ...table(columns, shown.map(candidateCells)),
    ...(rest > 0 ? [`${rest} more do not fit; --all lists them`] : []),
  ];
}

function candidateCells(plan: TrainingPlan, index: number): string[] {
  const { training, tensorParallel, pipelineParallel, dataParallel, cost, memory, loads } = plan;
  const hourly = cost.hourlyCostUsd;
  return [
    String(index + 1),
    plan.verdict,
    `${plan.nodes} x ${plan.machine}`,
    `${training.sharding} T${tensorParallel} P${pipelineParallel} D${dataParallel}, ${training.recomputation}`,
    String(round(memory.peakGiB, 1)),
    plan.verdict === "no" ? "" : String(round(training.tokensPerSecond, 0)),
    plan.verdict === "no" ? "" : describeTime(training.run.hours),
    hourly === undefined ? "unknown" : toDollars(hourly),
    plan.verdict === "no" ? "" : describeUsd(runUsd(plan)),
    loads ? String(loads.nodes) : "none",
    plan.warnings[0] ?? "",
  ];
}

function describeUsd(usd: string | undefined): string {
  return usd === undefined ? "unknown" : toDollars(usd);
}

/** A judged way to train for a person. */
export function describeTrainingFit(result: TrainingFitResult, explain: boolean): string[] {
  const { verdict, memory, training, throughput, warnings, explanation } = result;
  const spare =
    memory.shortGiB > 0 ? `${memory.shortGiB} GiB a GPU are missing` : `${memory.freeGiB} GiB a GPU to spare`;
  const lines = [
    `${verdict}: ${spare}`,
    describeTrainingMemory(memory),
    `training: ${training.sharding}, recomputation ${training.recomputation}, ${training.optimizer} with ${training.states} states, ${training.logits} logits, sequences of ${training.sequenceLength} tokens, ${training.microBatchSize} at a time; ${training.statesGB} GB of states${training.frozenGB > 0 ? ` beside ${training.frozenGB} GB of frozen weights` : ""}`,
  ];
  if (throughput) {
    const { tokensPerSecond, tokensPerSecondRange, tokensPerSecondPerGpu, modelFlopsUtilization } = throughput;
    lines.push(
      `speed: ${describeRate(tokensPerSecond, tokensPerSecondRange)}, ${round(tokensPerSecondPerGpu, 0)} a GPU, the network between machines left out; ${describeUtilization(modelFlopsUtilization)}`,
    );
  }
  lines.push(...warnings.map((words) => `warning: ${words}`));
  if (explain) lines.push("", "arithmetic:", ...indent(explanation));
  return lines;
}
