import gpuData from "./data/gpus.json";
import machineData from "./data/machines.json";
import modelData from "./data/models.json";
import { awsMachines } from "./machinesAws";
import type { Model } from "./model";
import { suggestNames } from "./problems";

/** How GPUs of one machine reach each other. */
export type GpuLink = "nvlink" | "infinityFabric" | "ici" | "pcie";

export interface Gpu {
  id: string;
  /** Other names for it. */
  aliases: readonly string[];
  name: string;
  vendor: "nvidia" | "amd" | "google";
  architecture: string;
  /** Memory that the engine can see, GiB. */
  memoryGiB: number;
  hbmTBps: number;
  bf16Tflops: number;
  /** Absent where the GPU has no units for it: the engine then computes in 16 bits. */
  fp8Tflops?: number;
  int8Tops?: number;
  fp4Tflops?: number;
  link: GpuLink;
  /** The link, one direction, GB/s. */
  linkGBps: number;
  /** GPUs that the link joins at most. */
  linkDomainGpus: number;
  /** Fabric between machines, GB/s for each GPU; absent where there is none. */
  interNodeGBpsPerGpu?: number;
  source: string;
}

/** Fabric between machines. All but `none` carry RDMA or Google's own offload of it (tcpx, tcpxo). */
export type Fabric = "efa" | "roce" | "infiniband" | "tcpx" | "tcpxo" | "ici" | "none";

/** A machine that a cloud rents out, as far as sizing cares. */
export interface Machine {
  id: string;
  cloud: "aws" | "gcp" | "azure";
  gpu: string;
  gpus: number;
  localNvmeGB: number;
  memoryGiB: number;
  fabric: Fabric;
  /** Why this package does not build clusters of it; absent when it does or will. */
  notProvisionable?: string;
  /** Purchase modes in which it cannot be ordered, though a price may be listed, and why. */
  notSold?: Readonly<Partial<Record<string, string>>>;
  /** Regions where it is known to be offered. */
  regions: readonly string[];
  /** Zones where it is known to be offered: on AWS by id, which is the same place in every account. Empty: not known. */
  zoneIds: readonly string[];
  source: string;
}

interface ModelRow extends Model {
  /** Later releases of the same shape that were made for longer requests. */
  releases?: readonly { name: string; maxContext: number; aliases?: readonly string[] }[];
}

/** Every model, later releases beside the first. */
export const models: readonly Model[] = (modelData.models as unknown as readonly ModelRow[]).flatMap(
  ({ releases = [], ...row }) => [row, ...releases.map((release) => releaseOf(row, release))],
);

function releaseOf(row: Model, { name, maxContext, aliases }: NonNullable<ModelRow["releases"]>[number]): Model {
  const checkpoints = row.checkpoints.map((checkpoint) => ({ ...checkpoint, repositories: [] }));
  return { ...row, id: `${row.id}-${name}`, maxContext, aliases, checkpoints };
}

export const gpus = gpuData.gpus as readonly Gpu[];
export const machines: readonly Machine[] = [...awsMachines, ...(machineData.machines as readonly Machine[])];

export function findGpu(id: string): Gpu | undefined {
  const wanted = id
    .trim()
    .toLowerCase()
    .replace(/^nvidia[- ]/, "")
    .replaceAll(" ", "-");
  return gpus.find((gpu) => gpu.id === wanted || gpu.aliases.includes(wanted));
}

export function findMachine(id: string): Machine | undefined {
  return machines.find((machine) => machine.id.toLowerCase() === id.trim().toLowerCase());
}

const gpuOfMachine = new Map<Machine, Gpu>();

export function gpuOf(machine: Machine): Gpu {
  const gpu = gpuOfMachine.get(machine) ?? findGpu(machine.gpu);
  if (!gpu) throw new Error(`catalogue: machine ${machine.id} names GPU ${machine.gpu}, which gpus.json lacks`);
  gpuOfMachine.set(machine, gpu);
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
