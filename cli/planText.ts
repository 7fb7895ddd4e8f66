import { toDollars } from "../pricing/money";
import type { Plan } from "../sizing/plan";
import { isTrainingPlan, type TrainingPlan } from "../sizing/training/plan";
import { describeSpeed } from "./speedText";
import { indent } from "./table";
import { describeRunCosts, describeTrainingPlan } from "./trainingText";

/** A plan to serve or to train. */
export function describeAnyPlan(plan: Plan | TrainingPlan): string[] {
  if (!isTrainingPlan(plan)) return describePlan(plan);
  const costs = describeRunCosts(plan);
  return [...describeTrainingPlan(plan), ...(costs.length > 0 ? ["", ...costs] : [])];
}

/** A plan to serve for a person: the decision in one line, the answer in the next, then what to know. */
export function describePlan(plan: Plan, explain = false): string[] {
  const { decision } = plan;
  const average = decision.averageTokens === undefined ? "" : ` averaging ${decision.averageTokens}`;
  const lines = [
    `${decision.model} in ${decision.precision}, up to ${decision.contextLength} tokens a request${average}, ${decision.concurrency} live`,
    `${plan.verdict}: ${plan.nodes} x ${plan.machine}, ${describeLayout(plan)}; ${describeCost(plan)}`,
    describeMemory(plan),
  ];
  if (plan.throughput) lines.push(...describeSpeed("speed of a replica", plan.throughput));
  lines.push(...plan.warnings.map((words) => `warning: ${words}`));
  lines.push(...plan.assumptions.map((words) => `assumed: ${words}`));
  if (explain) lines.push("", "arithmetic:", ...indent(plan.explanation));
  return lines;
}

function describeLayout({ replicas, nodesPerReplica, tensorParallel, pipelineParallel, dataParallel }: Plan): string {
  const copies = replicas === 1 ? "1 replica" : `${replicas} replicas`;
  const machines = nodesPerReplica === 1 ? "on one machine" : `over ${nodesPerReplica} machines`;
  return `${copies} ${machines}${replicas > 1 ? " each" : ""}, tensor ${tensorParallel} x pipeline ${pipelineParallel}${dataParallel > 1 ? ` x data ${dataParallel}` : ""}`;
}

function describeCost({ cost, decision }: Plan): string {
  const { price, hourlyCostUsd, monthlyCostUsd, oneOffCostUsd } = cost;
  if (price.state !== "priced" || !hourlyCostUsd) return "machines of unknown price";
  const source = `${decision.capacity.mode}, ${price.row.region}, price of ${price.row.asOf}, confidence ${price.row.confidence}`;
  if (monthlyCostUsd)
    return `machines ${toDollars(hourlyCostUsd)} an hour, ${toDollars(monthlyCostUsd)} a month (${source})`;
  const upfront = oneOffCostUsd
    ? `${toDollars(oneOffCostUsd)} upfront`
    : "an unknown sum upfront (capacity.hours is not given)";
  return `machines ${toDollars(hourlyCostUsd)} an hour, ${upfront} (${source})`;
}

function describeMemory({ memory, kvCache }: Plan): string {
  const spare = memory.shortGiB > 0 ? `${memory.shortGiB} missing` : `${memory.freeGiB} of it free`;
  return `memory a GPU, GiB: ${memory.usableGiB} usable = ${memory.weightsGiB} weights + ${memory.activationsGiB} activations + ${memory.nonTorchGiB} outside PyTorch + ${memory.kvCacheGiB} KV cache (${spare}); a replica's cache holds ${kvCache.tokensPerReplica} tokens, ${kvCache.maxSequences} whole requests at a time`;
}
