import { Logits, Offload, Optimizer, Recomputation, type TrainingArgs } from "../decisionArgs";
import type { Machine } from "../hardware";
import { chooseLayout, type TrainingQuestion } from "./layouts";
import type { Method } from "./recipe";

/** A decision changed in one thing, and the options of `size` that change it so. */
interface Change {
  flags: string;
  question: TrainingQuestion;
}

/**
 * Options of `size` that would make a decision fit on machines of a kind, each planned: first those that cost nothing but
 * time, then those that change what is trained, then more machines. Empty where nothing that is tried does.
 */
export function whatWouldFitOn(question: TrainingQuestion, machine: Machine): string[] {
  const changes = [...savings(question), ...otherMethods(question)];
  const enough = changes.filter((change) => nodesOf(change.question, machine) !== undefined).map(({ flags }) => flags);
  const more = question.nodes === undefined ? undefined : nodesOf({ ...question, nodes: undefined }, machine);
  return [...new Set([...enough, ...(more === undefined ? [] : [`--nodes ${more}`])])];
}

/** Machines on which it fits; undefined where it does on none. */
function nodesOf(question: TrainingQuestion, machine: Machine): number | undefined {
  const found = chooseLayout(question, machine, "fits", new Map());
  return found?.judgement.verdict === "fits" ? found.nodes : undefined;
}

/** What takes less memory and trains the same: of what the planner may not choose by itself. */
function savings(question: TrainingQuestion): Change[] {
  const { given } = question;
  const change = (flags: string, changes: TrainingArgs): Change => ({
    flags,
    question: { ...question, given: { ...given, ...changes } },
  });
  const changes: Change[] = [];
  if (given.sharding !== undefined && given.sharding !== "fsdp" && question.wishes.pipelineParallel === undefined)
    changes.push(change("--sharding fsdp", { sharding: "fsdp" }));
  if (given.recomputation !== undefined && given.recomputation !== Recomputation.full)
    changes.push(change("--recomputation full", { recomputation: Recomputation.full }));
  if (given.logits !== Logits.chunked) changes.push(change("--logits chunked", { logits: Logits.chunked }));
  if ((given.microBatchSize ?? 1) > 1) changes.push(change("--micro-batch-size 1", { microBatchSize: 1 }));
  for (let length = Math.floor((given.sequenceLength ?? 0) / 2); length >= 1024; length = Math.floor(length / 2))
    changes.push(change(`--sequence-length ${length}`, { sequenceLength: length }));
  if (given.optimizer !== Optimizer.adamw8bit)
    changes.push(change("--optimizer adamw8bit", { optimizer: Optimizer.adamw8bit }));
  if ((given.offload ?? Offload.none) === Offload.none)
    changes.push(change("--offload optimizer", { offload: Offload.optimizer }));
  return changes;
}

/** Fewer weights that are trained, or fewer bits of those that are frozen. */
function otherMethods(question: TrainingQuestion): Change[] {
  const others: Record<Method, readonly Method[]> = { full: ["lora", "qlora"], lora: ["qlora"], qlora: [] };
  const { tensorParallel = 1, pipelineParallel = 1 } = question.wishes;
  // 4-bit weights are not cut, and Megatron has none.
  const isCut = tensorParallel * pipelineParallel > 1 || question.given.sharding === "megatron";
  return others[question.method]
    .filter((method) => method !== "qlora" || !isCut)
    .map((method) => ({ flags: `--workload ${method}`, question: { ...question, method } }));
}
