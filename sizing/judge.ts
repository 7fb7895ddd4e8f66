import { Workload } from "./decisionArgs";
import { type FitResult, fitSchema, judgeFit } from "./fit";
import type { Model } from "./model";
import { type Problem, ProblemsError } from "./problems";
import { judgeTrainingFit, type TrainingFitResult, trainingFitSchema } from "./training/fit";
import { isTraining } from "./training/recipe";

/**
 * Judges one given configuration, to serve or to train: what `fit` does. Options of the other purpose are problems by
 * their own names, beside everything else that is wrong.
 */
export function judgeConfiguration(input: unknown, added: readonly Model[] = []): FitResult | TrainingFitResult {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return judgeFit(input, added);
  const { workload } = input as { workload?: unknown };
  const trains = isTraining(workload as Workload) && Object.values(Workload).includes(workload as Workload);
  const [own, others] = trains ? [trainingFitSchema, fitSchema] : [fitSchema, trainingFitSchema];
  const isForeign = (key: string) => key in others.shape && !(key in own.shape);
  const entries = Object.entries(input);
  const kept = Object.fromEntries(entries.filter(([key]) => !isForeign(key)));
  // Where nobody knows what the workload is, nobody knows whose options these are.
  const isKnown = workload === undefined || Object.values(Workload).includes(workload as Workload);
  const foreign = isKnown
    ? entries.filter(([key]) => isForeign(key)).map((entry) => foreignProblem(entry, trains))
    : [];
  const result = withProblems(foreign, () => (trains ? judgeTrainingFit(kept, added) : judgeFit(kept, added)));
  if (foreign.length > 0) throw new ProblemsError(foreign, "the configuration");
  return result;
}

function foreignProblem([path, value]: [string, unknown], trains: boolean): Problem {
  return trains
    ? { path, value, message: "is for serving, and workload trains", fix: "remove it" }
    : {
        ...{ path, value, message: "is for training, and workload is inference" },
        fix: "remove it, or set workload to lora, qlora or full",
      };
}

/** What goes wrong is said together with what is known to be wrong already. */
function withProblems<T>(known: readonly Problem[], judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    if (error instanceof ProblemsError) throw new ProblemsError([...known, ...error.problems], "the configuration");
    throw error;
  }
}
