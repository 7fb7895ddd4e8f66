import constants from "./data/memory.json";
import type { Gpu } from "./hardware";
import { type Checkpoint, expertsOf, type Model, mixersOf, mlpsOf } from "./model";
import type { Split } from "./stages";
import { GiB, round } from "./units";

/** What vLLM reckons with at start: how many tokens a step may compute, and how many requests it may hold. */
export interface EngineLimits {
  batchedTokens: number;
  sequences: number;
}

/** vLLM's own defaults of max_num_batched_tokens and max_num_seqs for a server, by the GPU. */
export function engineLimits({ memoryGiB, architecture }: Pick<Gpu, "memoryGiB" | "architecture">): EngineLimits {
  const { huge, large, small } = constants.limits;
  if (architecture === "ampere") return small;
  return [huge, large].find(({ fromGiB }) => memoryGiB >= fromGiB) ?? small;
}

/** Memory that an engine takes beside weights and cache, GiB a GPU. */
export interface EngineMemory {
  /** Peak of the profiling run, and CUDA graphs. Constant in context length. */
  activationsGiB: number;
  /** NCCL, CUDA context and buffers outside PyTorch. */
  nonTorchGiB: number;
  /** The arithmetic in words. */
  explain: () => string;
}

type Generation = typeof constants.sortingSampler;

/** Whether an engine sorts every row when it samples (vLLM up to 0.16, its own sampler) or not (later, or FlashInfer). */
export type Sampler = "sorting" | "fused";

/**
 * What vLLM takes at start besides weights. Its profiling run peaks in the sampler, which handles every row of the
 * vocabulary for as many requests as it may hold, or in the forward pass. Older releases sort those rows; later ones
 * do not, and reserve NCCL buffers and CUDA graphs instead.
 * @param sampler which of the two; without it the larger of both, because a decision names no release
 */
export function engineMemory(
  model: Model,
  checkpoint: Checkpoint,
  gpu: Gpu,
  split: Split,
  sampler?: Sampler,
): EngineMemory {
  const sorting = takes(constants.sortingSampler, model, checkpoint, gpu, split);
  const fused = takes(constants.fusedSampler, model, checkpoint, gpu, split);
  if (sampler !== undefined) return sampler === "sorting" ? sorting : fused;
  const sum = ({ activationsGiB, nonTorchGiB }: EngineMemory) => activationsGiB + nonTorchGiB;
  return sum(sorting) >= sum(fused) ? sorting : fused;
}

function takes(generation: Generation, model: Model, checkpoint: Checkpoint, gpu: Gpu, split: Split): EngineMemory {
  const limits = engineLimits(gpu);
  const sampler =
    (generation.bytesPerLogit * limits.sequences * model.vocabSize +
      2 * limits.batchedTokens * model.hiddenSize +
      constants.workspaceBytes.value) /
    GiB;
  const forward = forwardBytes(model, limits, split) / GiB;
  const experts = expertsGiB(generation, model, checkpoint, limits, split);
  const tower = generation.graphsGiB > 0 && model.extras?.length ? constants.towerGiB.value : 0;
  const peak = Math.max(sampler, forward);
  const explain = () => {
    const what =
      sampler >= forward
        ? `sampling ${limits.sequences} requests over ${model.vocabSize} words x ${generation.bytesPerLogit} bytes`
        : `the forward pass of ${limits.batchedTokens} tokens`;
    const rest = [
      experts > 0 ? `${round(experts)} of experts' workspace` : "",
      generation.graphsGiB > 0 ? `${generation.graphsGiB} of CUDA graphs` : "",
      tower > 0 ? `${tower} for what sees and hears` : "",
    ].filter((part) => part !== "");
    return `activations: ${what}: ${round(peak)} GiB${rest.length > 0 ? `, and ${rest.join(", ")}` : ""} [${generation.source}]`;
  };
  return {
    activationsGiB: peak + experts + generation.graphsGiB + tower,
    nonTorchGiB: nonTorchGiB(generation, model, split),
    explain,
  };
}

/** 16-bit tensors that are alive at once while a step of the most tokens passes a layer. */
function forwardBytes(model: Model, { batchedTokens }: EngineLimits, { tensorParallel }: Split): number {
  const { hiddenTensors, mlpTensors } = constants.forward;
  const width = Math.max(0, ...mlpsOf(model).map((mlp) => (mlp.kind === "dense" ? mlp.width : mlp.sharedWidth)));
  const layer = 2 * batchedTokens * ((mlpTensors * width) / tensorParallel + hiddenTensors * model.hiddenSize);
  const latent = mixersOf(model).map((mixer) =>
    mixer.kind === "latent" && !mixer.indexer
      ? 2 *
        constants.latentPrefillTokens.value *
        (mixer.heads / tensorParallel) *
        (mixer.qkNopeHeadDim + mixer.vHeadDim)
      : 0,
  );
  return Math.max(layer, ...latent);
}

/** Buffers of a fused mixture: what every routed token brings in and takes out. */
function expertsGiB(
  { expertWorkspaces, graphsGiB }: Generation,
  model: Model,
  checkpoint: Checkpoint,
  { batchedTokens }: EngineLimits,
  { tensorParallel, dataParallel, expertParallel }: Split,
): number {
  const experts = expertsOf(model);
  // MXFP4 kernels route inside the kernel; older releases were only seen to need more on several GPUs.
  if (!experts || checkpoint.precision === "mxfp4") return 0;
  if (graphsGiB === 0 && tensorParallel * dataParallel === 1) return 0;
  const hidden = experts.latentSize ?? model.hiddenSize;
  const width = expertParallel > 1 ? experts.width : experts.width / (tensorParallel * dataParallel);
  const bytes = 2 * batchedTokens * experts.expertsPerToken * (Math.max(width, hidden) + Math.max(2 * width, hidden));
  return (expertWorkspaces * bytes) / GiB;
}

function nonTorchGiB({ nonTorchGiB: outside }: Generation, model: Model, split: Split): number {
  const { tensorParallel, pipelineParallel, dataParallel } = split;
  // Data-parallel ranks of a dense model are engines of their own and share nothing.
  const sharesExperts = expertsOf(model) !== undefined && dataParallel > 1;
  const parallel = tensorParallel * pipelineParallel > 1 || sharesExperts;
  return (parallel ? outside.parallel : outside.alone) + (sharesExperts ? constants.allToAllGiB.value : 0);
}
