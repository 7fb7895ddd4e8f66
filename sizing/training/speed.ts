import data from "../data/training.json";
import type { Gpu } from "../hardware";
import { layersOf, type Model } from "../model";
import { GB, significant } from "../units";
import { gpusOf, type Method, type Recipe, type TrainingConfiguration } from "./recipe";
import { flopsOfToken } from "./work";

/** Share of the GPU's 16-bit arithmetic that a model's own work reaches: a median of published runs and their range. */
export interface Utilization {
  value: number;
  /** One in ten published runs was below, one in ten above. Absent where the value is the user's own. */
  low?: number;
  high?: number;
  /** Published runs behind it; 0 where none was read and another kind's stand in. */
  runs: number;
  source: string;
  /** What stands in for runs of this very kind, where none was read. */
  assumed?: string;
}

interface UtilizationRow {
  method: string;
  kind: string;
  architecture: string;
  low: number;
  median: number;
  high: number;
  rows: number;
  source: string;
  assumed?: string;
}

const rows: readonly UtilizationRow[] = data.modelFlopsUtilization;

/** Architectures that published runs are on; others are not sized. */
export function isTrainable(gpu: Gpu): boolean {
  return gpu.vendor === "nvidia" && (gpu.link === "nvlink" || gpu.link === "pcie");
}

/** What a kind of training reaches on a kind of GPU. What nothing was read of, consumer cards, is taken as Hopper. */
export function utilizationOf(method: Method, model: Model, gpu: Gpu, given?: number): Utilization {
  if (given !== undefined) return { value: given, runs: 0, source: "given as training.modelFlopsUtilization" };
  const known = rows.find(
    (row) => row.method === method && row.kind === model.kind && row.architecture === gpu.architecture,
  );
  const row =
    known ?? rows.find((each) => each.method === method && each.kind === model.kind && each.architecture === "hopper");
  if (!row) throw new Error(`training: no utilisation of ${method} ${model.kind}`);
  const { low, median, high, source } = row;
  const assumed = known ? row.assumed : `no run on ${gpu.id} was read: what is known of Hopper`;
  return { value: median, low, high, runs: known ? row.rows : 0, source, assumed };
}

/** What long sequences leave of it, where no context parallelism is in play. */
export function longSequenceShare(sequenceLength: number): number {
  const points = data.longSequences.points as [number, number][];
  const above = points.findIndex(([length]) => length >= sequenceLength);
  const [last] = points.slice(-1) as [[number, number]];
  if (above === 0) return 1;
  if (above < 0) return last[1];
  const [fromLength, from] = points[above - 1] as [number, number];
  const [toLength, to] = points[above] as [number, number];
  const share = Math.log(sequenceLength / fromLength) / Math.log(toLength / fromLength);
  return from * (to / from) ** share;
}

/** What recomputing whole layers leaves of it, where published runs mostly did not. */
export function recomputationShare({ method, recomputation }: Recipe): number {
  return method === "full" && recomputation === "full" ? data.recomputation.full : 1;
}

/** Stages wait for the longest of them. */
function evenness({ model, pipelineParallel }: TrainingConfiguration): number {
  const layers = layersOf(model).length;
  return layers / pipelineParallel / Math.ceil(layers / pipelineParallel);
}

/** How long one micro-batch of every rank computes, seconds, and what that is made of. */
export interface Compute {
  utilization: Utilization;
  flopsPerToken: number;
  /** Tokens of one micro-batch over all ranks. */
  tokens: number;
  seconds: number;
  /** Of these, waiting for tensor parallelism's exchanges. */
  tensorSeconds: number;
  /** Share of the time that pipeline stages work and do not wait for their neighbours. */
  pipelineShare: number;
}

/** Micro-batches of a step for each pipeline stage: what keeps stages at work four fifths of the time. */
export const microBatchesPerStage = 4;

/** Half of tensor parallelism's exchanges is taken to be hidden behind arithmetic; an 8B model over 8 ways reached 0.7 of what FSDP alone did. */
const exposedShare = 0.5;
/** Share of NVLink's rate that exchanges reach: fitted for serving, where it is 0.55 (data/throughput.json). */
const linkShare = 0.55;

/** Gathers and scatters of the hidden states around attention and networks: two each forwards, two each and a gather on the way back. */
function tensorSecondsOf({ model, gpu, recipe, tensorParallel, pipelineParallel }: TrainingConfiguration): number {
  if (tensorParallel === 1) return 0;
  const exchanges = recipe.method === "full" ? 10 : 8;
  const bytes = (exchanges * 2 * model.hiddenSize * layersOf(model).length * (tensorParallel - 1)) / tensorParallel;
  const tokens = recipe.sequenceLength * recipe.microBatchSize;
  return (exposedShare * tokens * bytes) / (pipelineParallel * gpu.linkGBps * GB * linkShare);
}

/** Speed at both ends of the published utilisation; what the network and the host take stays. Undefined where the utilisation is the user's own. */
export function speedRange(
  { utilization: { value, low, high }, seconds, tokens }: Compute,
  networkSeconds: number,
  hostSeconds: number,
): [number, number] | undefined {
  if (low === undefined || high === undefined) return undefined;
  const at = (share: number) =>
    significant(tokens / (Math.max((seconds * value) / share, networkSeconds) + hostSeconds));
  return [at(low), at(high)];
}

/** Arithmetic of a micro-batch at the utilisation that published runs reach. */
export function computeOf(config: TrainingConfiguration, given?: number): Compute {
  const { model, gpu, recipe, dataParallel } = config;
  const utilization = utilizationOf(recipe.method, model, gpu, given);
  const flopsPerToken = flopsOfToken(model, recipe);
  const tokens = recipe.sequenceLength * recipe.microBatchSize * dataParallel;
  const long = given === undefined ? longSequenceShare(recipe.sequenceLength) : 1;
  const again = given === undefined ? recomputationShare(recipe) : 1;
  const rate = gpusOf(config) * gpu.bf16Tflops * 1e12 * utilization.value * long * again;
  const tensorSeconds = given === undefined ? tensorSecondsOf(config) : 0;
  const microBatches = microBatchesPerStage * config.pipelineParallel;
  const idle = microBatches / (microBatches + config.pipelineParallel - 1);
  const pipelineShare = given === undefined ? idle * evenness(config) : 1;
  const seconds = ((tokens * flopsPerToken) / rate + tensorSeconds) / pipelineShare;
  return { utilization, flopsPerToken, tokens, seconds, tensorSeconds, pipelineShare };
}
