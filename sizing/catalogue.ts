import gpuData from "./data/gpus.json";
import modelData from "./data/models.json";
import { awsMachines } from "./machinesAws";
import { suggestNames } from "./problems";

/** Number formats of the linear layers' weights. */
export const precisions = ["bf16", "fp16", "fp8", "int8", "int4", "mxfp4", "nvfp4"] as const;
export type PrecisionName = (typeof precisions)[number];

/** A published set of weights, or the rule by which one of a plain precision would be made. */
export interface Checkpoint {
  /** What the decision calls it: a precision, or a name of its own such as `fp8-meta`. */
  id: string;
  precision: PrecisionName;
  repositories: readonly string[];
  /** Only this many layers' MLPs are quantised; the rest is bf16 (Meta's own 405B FP8). */
  quantizedMlpLayers?: number;
  /** Block-scaled FP8: each tensor-parallel slice of an MLP must be whole blocks of this size. */
  blockSize?: number;
  note?: string;
}

export interface Model {
  id: string;
  family: string;
  kind: "dense" | "moe";
  layers: number;
  hiddenSize: number;
  attentionHeads: number;
  kvHeads: number;
  headDim: number;
  /** MLP width of the dense layers; 0 when every layer is a mixture of experts. */
  intermediateSize: number;
  vocabSize: number;
  tiedEmbeddings: boolean;
  /** Longest request that the model was made for, tokens. */
  maxContext: number;
  moe?: {
    experts: number;
    expertsPerToken: number;
    moeLayers: number;
    moeIntermediateSize: number;
    /** Width of the experts that every token passes; 0 when there are none. */
    sharedIntermediateSize: number;
  };
  /** Multi-head latent attention: one compressed cache that every rank keeps whole. */
  mla?: { qLoraRank: number; kvLoraRank: number; qkNopeHeadDim: number; qkRopeHeadDim: number; vHeadDim: number };
  nativePrecision: PrecisionName;
  checkpoints: readonly Checkpoint[];
  source: string;
  publishedParametersB: number;
  confidence: string;
}

export interface Gpu {
  id: string;
  name: string;
  architecture: string;
  /** Memory that the engine can see, GiB. */
  memoryGiB: number;
  hbmTBps: number;
  bf16Tflops: number;
  fp8Tflops: number;
  /** NVLink, one direction, GB/s. */
  nvlinkGBps: number;
  interNodeGBpsPerGpu: number;
  source: string;
}

/** A machine that a cloud rents out, as far as sizing cares. */
export interface Machine {
  id: string;
  cloud: "aws" | "gcp" | "azure";
  gpu: string;
  gpus: number;
  localNvmeGB: number;
  memoryGiB: number;
  /** RDMA fabric between machines. */
  fabric: "efa" | "roce" | "infiniband" | "none";
  /** Regions where the recorded offerings list it. */
  regions: readonly string[];
  /** Zone ids (the same place in every account) where the recorded offerings list it. */
  zoneIds: readonly string[];
  source: string;
}

export const models = modelData.models as readonly Model[];
export const gpus = gpuData.gpus as readonly Gpu[];
export const machines: readonly Machine[] = awsMachines;

/** Finds a row by id, whatever its case. */
function find<T extends { id: string }>(rows: readonly T[], id: string): T | undefined {
  return rows.find((row) => row.id === id.toLowerCase());
}

export function findGpu(id: string): Gpu | undefined {
  return find(gpus, id);
}

export function findMachine(id: string): Machine | undefined {
  return find(machines, id);
}

export function gpuOf(machine: Machine): Gpu {
  const gpu = findGpu(machine.gpu);
  if (!gpu) throw new Error(`catalogue: machine ${machine.id} names GPU ${machine.gpu}, which gpus.json lacks`);
  return gpu;
}

export function suggestGpus(given: string): string {
  return suggestNames(given, ids(gpus));
}

export function suggestMachines(given: string): string {
  return suggestNames(given, ids(machines));
}

function ids(rows: readonly { id: string }[]): string[] {
  return rows.map((row) => row.id);
}
