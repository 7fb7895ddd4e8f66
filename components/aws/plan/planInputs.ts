import type { Plan } from "../../../sizing/plan";
import { isTrainingPlan, type TrainingPlan } from "../../../sizing/training/plan";
import { significant } from "../../../sizing/units";
import type { AwsLayout } from "./layout";

/** The plan in short: what the component shows as its input, so that a preview's diff names what changed. */
export function planInputs({ plan, weightsGB }: AwsLayout): Record<string, string | number> {
  const { cost } = plan;
  return {
    ...(isTrainingPlan(plan) ? trainingInputs(plan) : servingInputs(plan)),
    precision: plan.decision.precision,
    region: plan.decision.region,
    capacityMode: plan.decision.capacity.mode,
    verdict: plan.verdict,
    machine: plan.machine,
    nodes: plan.nodes,
    replicas: plan.replicas,
    tensorParallel: plan.tensorParallel,
    pipelineParallel: plan.pipelineParallel,
    weightsGB,
    machinesUsdPerHour: cost.hourlyCostUsd ?? "unknown",
    priceAsOf: cost.price.state === "priced" ? cost.price.row.asOf : "unknown",
  };
}

/** What a plan to serve shows beside: its output, which the cost of a token is made of. */
function servingInputs({ tokensPerSecond }: Plan): Record<string, number> {
  return tokensPerSecond === undefined ? {} : { outputTokensPerSecond: significant(tokensPerSecond) };
}

/** What a training plan shows beside what every plan does. */
function trainingInputs({ training, dataParallel, decision }: TrainingPlan): Record<string, string | number> {
  const { method, sharding, recomputation, microBatchSize, sequenceLength, statesGB, tokensPerSecond, checkpoints } =
    training;
  const shape = { workload: method, sharding, recomputation, dataParallel, microBatchSize, sequenceLength };
  const { hours } = decision.capacity;
  const block: Record<string, number> = hours === undefined ? {} : { capacityHours: hours };
  return { ...shape, ...block, statesGB, tokensPerSecond, checkpointGB: checkpoints.sizeGB };
}
