import { Logits, Offload, Optimizer, Recomputation, Sharding, type TrainingArgs } from "../decisionArgs";
import { expertsOf, type Model } from "../model";
import { findCheckpoint } from "../modelNames";
import { allowedTensorParallel } from "../parallelism";
import { evenPipelines } from "./candidates";
import { judgeTraining } from "./memory";
import { gpusOf, type Recipe, settle, type TrainingConfiguration, usualStates } from "./recipe";
import { gathersWeights } from "./states";

/** A change that makes a configuration fit, as the options that ask for it. */
interface Change {
  flags: string;
  config: TrainingConfiguration | undefined;
}

/** GPUs that a suggestion goes up to. */
const mostGpus = 8192;

/**
 * Options that would make a configuration fit, each tried: first those that cost nothing but time, then those that change
 * what is trained, then more GPUs. Together the first few where none does it alone. Empty where nothing that is tried does.
 * @param given what was named of the configuration; the rest follows from what is suggested
 */
export function whatWouldFit(config: TrainingConfiguration, given: TrainingArgs): string[] {
  const single = [...savings(config), ...otherMethods(config, given)];
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
  const more = moreGpus(config, given);
  return [...enough, ...(more ? [more] : [])];
}

function isEnough({ config }: Change): boolean {
  return config !== undefined && judgeTraining(config).verdict === "fits";
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
function otherMethods(config: TrainingConfiguration, given: TrainingArgs): Change[] {
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
      ...(mustShard ? ["--sharding fsdp"] : []),
    ];
    const { sequenceLength, microBatchSize } = recipe;
    const settled = settle(method, { ...given, sequenceLength, microBatchSize }, sharding, model.maxContext);
    return { flags: flags.join(" "), config: { ...config, ...layout, recipe: settled } };
  });
}

/** The fewest GPUs, by whole machines where there are several, on which some way to share the model fits. */
function moreGpus(config: TrainingConfiguration, given: TrainingArgs): string | undefined {
  const gpus = gpusOf(config);
  for (const count of countsAbove(gpus)) {
    const wider = waysToShare(config, count, given).find((each) => judgeTraining(each).verdict === "fits");
    if (wider) return describeShare(wider, config);
  }
  return undefined;
}

/** One machine of eight, then every eighth GPU, then twice as many again and again. */
function countsAbove(gpus: number): number[] {
  const machines = Array.from({ length: 16 }, (_, index) => (Math.floor(gpus / 8) + index) * 8);
  const doubled = Array.from({ length: 12 }, (_, index) => gpus * 2 ** (index + 1));
  const counts = [...new Set([...machines, ...doubled])].sort((left, right) => left - right);
  return counts.filter((count) => count > 0 && count >= gpus && count <= mostGpus);
}

/** The same way over more ranks; FSDP; and Megatron's tensor and pipeline parallelism, where the method has it. */
function waysToShare(config: TrainingConfiguration, count: number, given: TrainingArgs): TrainingConfiguration[] {
  const { recipe, model, gpu } = config;
  const over = (tensorParallel: number, pipelineParallel: number, sharding: Sharding): TrainingConfiguration => {
    const dataParallel = count / (tensorParallel * pipelineParallel);
    const expertParallel = (tensorParallel * dataParallel) % config.expertParallel === 0 ? config.expertParallel : 1;
    const layout = { tensorParallel, pipelineParallel, dataParallel, expertParallel };
    // Another way to shard brings other states with it, unless they are named.
    const states = given.states ?? usualStates(sharding);
    return { ...config, ...layout, recipe: { ...recipe, sharding, states } };
  };
  const same = over(config.tensorParallel, config.pipelineParallel, recipe.sharding);
  const ways = [same, over(1, 1, Sharding.fsdp)];
  if (recipe.method !== "qlora" && recipe.offload === Offload.none) {
    const widest = widestCut(model, Math.min(gpu.linkDomainGpus, 8, count));
    ways.push(...evenPipelines(model).map((stages) => over(widest, stages, Sharding.megatron)));
  }
  return ways.filter(({ dataParallel }) => Number.isInteger(dataParallel));
}

function widestCut(model: Model, most: number): number {
  const bf16 = findCheckpoint(model, "bf16");
  return bf16 ? Math.max(1, ...allowedTensorParallel(model, bf16, expertsOf(model) !== undefined, most)) : 1;
}

/** Options that differ from what was asked. */
function describeShare(wider: TrainingConfiguration, asked: TrainingConfiguration): string {
  const flags = [
    gpusOf(wider) === gpusOf(asked) ? "" : `--gpus ${gpusOf(wider)}`,
    wider.tensorParallel === asked.tensorParallel ? "" : `--tensor-parallel ${wider.tensorParallel}`,
    wider.pipelineParallel === asked.pipelineParallel ? "" : `--pipeline-parallel ${wider.pipelineParallel}`,
    wider.recipe.sharding === asked.recipe.sharding ? "" : `--sharding ${wider.recipe.sharding}`,
    wider.expertParallel === asked.expertParallel ? "" : `--expert-parallel ${wider.expertParallel}`,
  ];
  return flags.filter((flag) => flag !== "").join(" ");
}
