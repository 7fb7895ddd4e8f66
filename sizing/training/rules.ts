import { LoraTargets, Offload, Sharding, type TrainingArgs, type Workload } from "../decisionArgs";
import { expertsOf, type Model } from "../model";
import type { ReportProblem } from "../problems";
import { isTraining } from "./recipe";

/** How GPUs share a model, as far as it is given. */
interface GivenLayout {
  tensorParallel?: number;
  pipelineParallel?: number;
}

/**
 * The rules between a workload and how it is trained: what a method does not have, and what no framework does.
 * @param prefix what goes before a training property's name: `training.` in a decision, nothing in `fit`
 */
export function checkTrainingRules(
  workload: Workload | undefined,
  given: TrainingArgs,
  layout: GivenLayout,
  model: Model | undefined,
  prefix: string,
  report: ReportProblem,
) {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  if (!isTraining(workload)) {
    for (const [key, value] of named) {
      report(
        `${prefix}${key}`,
        value,
        "is for training, and workload is inference",
        "remove it, or set workload to lora, qlora or full",
      );
    }
    return;
  }
  const say = (key: keyof TrainingArgs, message: string, fix: string) =>
    report(`${prefix}${key}`, given[key], message, fix);
  if (workload === "full") {
    if (given.loraRank !== undefined)
      say("loraRank", "is for adapters, and full training has none", "remove it, or set workload to lora");
    if (given.loraTargets !== undefined)
      say("loraTargets", "is for adapters, and full training has none", "remove it, or set workload to lora");
  }
  if (workload !== "qlora" && given.doubleQuantization !== undefined) {
    say(
      "doubleQuantization",
      `is of 4-bit weights, and ${workload} keeps 16 bits`,
      "remove it, or set workload to qlora",
    );
  }
  if (workload === "qlora" && given.sharding === Sharding.megatron) {
    say(
      "sharding",
      "has no 4-bit weights: Megatron's adapters stand beside 16-bit ones",
      "use fsdp, or set workload to lora",
    );
  }
  if (workload === "qlora") checkUncut(layout, report, prefix === "" ? "" : "overrides.");
  if (
    given.offload === Offload.parameters &&
    given.sharding &&
    given.sharding !== Sharding.fsdp &&
    given.sharding !== Sharding.zero3
  ) {
    say(
      "offload",
      `keeps weights on the host, which ${given.sharding} does not`,
      "use sharding fsdp or zero3, or offload optimizer",
    );
  }
  if (model) checkModel(given, model, say);
}

/** 4-bit weights come in blocks that nobody cuts over GPUs. */
function checkUncut({ tensorParallel = 1, pipelineParallel = 1 }: GivenLayout, report: ReportProblem, prefix: string) {
  const fix = "leave it out: fsdp shares 4-bit weights between ranks, or set workload to lora";
  const rule = "cuts 4-bit weights, which no framework does";
  if (tensorParallel > 1) report(`${prefix}tensorParallel`, tensorParallel, rule, fix);
  if (pipelineParallel > 1) report(`${prefix}pipelineParallel`, pipelineParallel, rule, fix);
}

function checkModel(
  given: TrainingArgs,
  model: Model,
  say: (key: keyof TrainingArgs, message: string, fix: string) => void,
) {
  if (given.sequenceLength !== undefined && given.sequenceLength > model.maxContext) {
    say(
      "sequenceLength",
      `is above the ${model.maxContext} tokens that ${model.id} was made for`,
      `give up to ${model.maxContext}`,
    );
  }
  if (given.loraTargets === LoraTargets.experts && !expertsOf(model)) {
    say("loraTargets", `needs a mixture of experts, and ${model.id} is dense`, "use all or attention");
  }
}

/** Precision of a decision to train: weights are computed with in 16 bits, whatever a checkpoint has. */
export function checkTrainingPrecision(
  workload: Workload | undefined,
  precision: string | undefined,
  report: ReportProblem,
) {
  if (!isTraining(workload) || precision === undefined || precision.toLowerCase() === "bf16") return;
  report(
    "precision",
    precision,
    "is not a format that training is sized in: weights are computed with in bf16",
    workload === "qlora"
      ? "leave it out: qlora keeps frozen weights in NF4"
      : "leave it out, or use bf16; qlora keeps frozen weights in 4 bits",
  );
}
