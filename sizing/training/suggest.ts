import { machines } from "../catalogue";
import { Logits, Offload, Optimizer, Recomputation, Sharding, type TrainingArgs } from "../decisionArgs";
import type { Machine } from "../hardware";
import { chooseLayout } from "./layouts";
import { judgeTraining } from "./memory";
import { hostShare, offloadCost } from "./offload";
import { gpusOf, type Recipe, settle, type TrainingConfiguration } from "./recipe";
import { gathersWeights } from "./states";
import { networkGBps } from "./traffic";

/** A change that makes a configuration fit, as the options that ask for it. */
interface Change {
  flags: string;
  config: TrainingConfiguration | undefined;
}

/**
 * Options that would make a configuration fit, each tried: first those that cost nothing but time, then those that change
 * what is trained, then more GPUs. Together the first few where none does it alone. Empty where nothing that is tried does.
 * @param given what was named of the recipe; the rest follows from what is suggested
 * @param isRanksNamed whether data parallelism was named, so that other splits must name theirs
 */
export function whatWouldFit(config: TrainingConfiguration, given: TrainingArgs, isRanksNamed: boolean): string[] {
  const single = [...savings(config), ...otherMethods(config, given, isRanksNamed)];
  const enough = single.filter(isEnough).map(({ flags }) => flags);
  if (enough.length === 0) {
    const together = savings(config)
      .slice(0, 4)
      .reduce<Change>(
        (all, { flags }) => {
          const next: Change | undefined = all.config && savings(all.config).find((each) => each.flags === flags);
          return next ? { flags: `${all.flags} ${flags}`.trim(), config: next.config } : all;
        },
        { flags: "", config },
      );
    if (together.flags !== "" && isEnough(together)) enough.push(together.flags);
  }
  const more = moreGpus(config, given, isRanksNamed);
  return [...new Set([...enough, ...(more ? [more] : [])])];
}

function isEnough({ config }: Change): boolean {
  return config !== undefined && judgeTraining(config).verdict === "fits" && isHeldByHosts(config);
}

/** Whether machines with these GPUs have the memory that offloaded states take; of GPUs that no machine has, nobody knows. */
function isHeldByHosts(config: TrainingConfiguration): boolean {
  const machine = largestMachine(config.gpu.id);
  const nodes = Math.max(1, Math.ceil(gpusOf(config) / (machine?.gpus ?? 1)));
  const { hostGiB = 0 } = offloadCost(config, nodes) ?? {};
  return machine === undefined || hostGiB <= hostShare * machine.memoryGiB;
}

/** What takes less memory and trains the same. */
function savings(config: TrainingConfiguration): Change[] {
  const { recipe } = config;
  const change = (flags: string, changes: Partial<Recipe>): Change => ({
    flags,
    config: { ...config, recipe: { ...recipe, ...changes } },
  });
  const changes: Change[] = [];
  if (gpusOf(config) > 1 && !gathersWeights(recipe.sharding) && config.pipelineParallel === 1) {
    changes.push(change("--sharding fsdp", { sharding: Sharding.fsdp }));
  }
  if (recipe.recomputation !== Recomputation.full) {
    changes.push(change("--recomputation full", { recomputation: Recomputation.full }));
  }
  if (recipe.logits !== Logits.chunked) changes.push(change("--logits chunked", { logits: Logits.chunked }));
  if (recipe.microBatchSize > 1) changes.push(change("--micro-batch-size 1", { microBatchSize: 1 }));
  const shorter = shortest(config);
  if (shorter) changes.push(change(`--sequence-length ${shorter}`, { sequenceLength: shorter }));
  if (recipe.optimizer === Optimizer.adamw) {
    changes.push(change("--optimizer adamw8bit", { optimizer: Optimizer.adamw8bit }));
  }
  if (recipe.offload === Offload.none) changes.push(change("--offload optimizer", { offload: Offload.optimizer }));
  return changes;
}

/** The longest sequence, by halves, that fits; undefined where none of a useful length does. */
function shortest(config: TrainingConfiguration): number | undefined {
  const { recipe } = config;
  for (let length = Math.floor(recipe.sequenceLength / 2); length >= 1024; length = Math.floor(length / 2)) {
    const shorter = { ...config, recipe: { ...recipe, sequenceLength: length } };
    if (judgeTraining(shorter).verdict === "fits") return length;
  }
  return undefined;
}

/** Fewer weights that are trained, or fewer bits of those that are frozen. */
function otherMethods(config: TrainingConfiguration, given: TrainingArgs, isRanksNamed: boolean): Change[] {
  const { recipe, model } = config;
  const others = { full: ["lora", "qlora"], lora: ["qlora"], qlora: [] } as const;
  return others[recipe.method].map((method) => {
    const gpus = gpusOf(config);
    const isCut = method === "qlora" && config.tensorParallel * config.pipelineParallel > 1;
    const layout = isCut ? { tensorParallel: 1, pipelineParallel: 1, dataParallel: gpus } : {};
    const mustShard = method === "qlora" && given.sharding === Sharding.megatron;
    const usual = gpus > 1 ? Sharding.fsdp : Sharding.none;
    const sharding = mustShard ? Sharding.fsdp : (given.sharding ?? (isCut ? usual : recipe.sharding));
    const flags = [
      `--workload ${method}`,
      ...(isCut ? ["--tensor-parallel 1", "--pipeline-parallel 1"] : []),
      ...(isCut && isRanksNamed ? [`--data-parallel ${gpus}`] : []),
      ...(mustShard ? ["--sharding fsdp"] : []),
    ];
    const { sequenceLength, microBatchSize } = recipe;
    const settled = settle(method, { ...given, sequenceLength, microBatchSize }, sharding, model.maxContext);
    return { flags: flags.join(" "), config: { ...config, ...layout, recipe: settled } };
  });
}

/** The fewest GPUs, by whole machines of the kind that has most of them, on which the planner finds a way. */
function moreGpus(config: TrainingConfiguration, given: TrainingArgs, isRanksNamed: boolean): string | undefined {
  const machine = largestMachine(config.gpu.id);
  const { recipe, model } = config;
  if (!machine) return undefined;
  const question = { method: recipe.method, model, given, wishes: {} };
  const found = chooseLayout(question, machine, "fits", new Map());
  if (found?.judgement.verdict !== "fits") return undefined;
  return describeChange(found.config, config, given, isRanksNamed);
}

function largestMachine(gpu: string): Machine | undefined {
  const several = machines.filter((machine) => machine.gpu === gpu);
  return several.sort((left, right) => rankOf(right) - rankOf(left))[0];
}

const rankOf = (machine: Machine) => machine.gpus * networkGBps(machine);

/** Options that differ from what was asked, or from what follows by itself. */
function describeChange(
  found: TrainingConfiguration,
  asked: TrainingConfiguration,
  given: TrainingArgs,
  isRanksNamed: boolean,
): string {
  const recipe = settle(asked.recipe.method, given, found.recipe.sharding, asked.model.maxContext);
  const changed = (flag: string, now: number | string, otherwise: number | string) =>
    now === otherwise ? [] : [`--${flag} ${now}`];
  return [
    ...changed("gpus", gpusOf(found), gpusOf(asked)),
    ...changed("tensor-parallel", found.tensorParallel, asked.tensorParallel),
    ...changed("pipeline-parallel", found.pipelineParallel, asked.pipelineParallel),
    ...(isRanksNamed ? changed("data-parallel", found.dataParallel, asked.dataParallel) : []),
    ...changed("expert-parallel", found.expertParallel, asked.expertParallel),
    ...changed("sharding", found.recipe.sharding, asked.recipe.sharding),
    ...changed("recomputation", found.recipe.recomputation, recipe.recomputation),
    ...changed("micro-batch-size", found.recipe.microBatchSize, recipe.microBatchSize),
  ].join(" ");
}
