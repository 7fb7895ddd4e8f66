import type { PriceBook } from "../pricing/priceBook";
import type { ResolvedDecision } from "./decision";
import { planDecision, type Sizing } from "./planner";
import type { KnownShapes } from "./shapes";
import { planTraining, type TrainingSizing } from "./training/planner";
import { isTraining } from "./training/recipe";

/** Plans a decision, to serve or to train, over every machine that it allows. */
export function sizeDecision(
  resolved: ResolvedDecision,
  prices?: PriceBook,
  known?: KnownShapes,
): Sizing | TrainingSizing {
  return isTraining(resolved.decision.workload)
    ? planTraining(resolved, prices)
    : planDecision(resolved, prices, known);
}
