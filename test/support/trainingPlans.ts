import { parseDecision } from "../../sizing/decision";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import type { TrainingPlan } from "../../sizing/training/plan";
import { planTraining, type TrainingSizing } from "../../sizing/training/planner";

/** What is planned for a decision to train, with the shipped prices. */
export function sizeOf(args: DecisionArgs): TrainingSizing {
  return planTraining(parseDecision(args));
}

/** The plan on one kind of machine. */
export function planOn(machine: string, args: Omit<DecisionArgs, "machine">): TrainingPlan {
  return sizeOf({ ...args, machine }).plan;
}

/** GPUs that a plan's ranks are on. */
export function gpusOf({ tensorParallel, pipelineParallel, dataParallel }: TrainingPlan): number {
  return tensorParallel * pipelineParallel * dataParallel;
}
