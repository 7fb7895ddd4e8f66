import { parseDecision } from "../../sizing/decision";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import type { Plan } from "../../sizing/plan";
import { planDecision } from "../../sizing/planner";

export function planOf(args: DecisionArgs): Plan {
  return planDecision(parseDecision(args)).plan;
}

/** One machine, one replica. */
export const singleNode: DecisionArgs = {
  model: "llama-3.1-8b",
  contextLength: 32_768,
  concurrency: 8,
  machine: "p5.4xlarge",
};

/** One replica over three machines. */
export const gang: DecisionArgs = {
  model: "llama-3.1-405b",
  precision: "fp8",
  contextLength: 131_072,
  concurrency: 32,
  kvCacheDtype: "fp8",
  machine: "p5.48xlarge",
};
