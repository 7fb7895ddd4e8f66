import { type FitResult, judgeFit } from "./fit";
import type { Model } from "./model";
import { judgeTrainingFit, type TrainingFitResult } from "./training/fit";

/** Judges one given configuration, to serve or to train: what `fit` does. */
export function judgeConfiguration(input: unknown, added: readonly Model[] = []): FitResult | TrainingFitResult {
  return isToTrain(input) ? judgeTrainingFit(input, added) : judgeFit(input, added);
}

/** A workload that nobody knows is told from the serving side, whose schema lists them all. */
function isToTrain(input: unknown): boolean {
  const workload = typeof input === "object" && input !== null ? (input as { workload?: unknown }).workload : undefined;
  return workload === "lora" || workload === "qlora" || workload === "full";
}
