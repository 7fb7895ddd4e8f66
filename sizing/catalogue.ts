import gpuData from "./data/gpus.json";
import machineData from "./data/machines.json";
import modelData from "./data/models.json";
import type { Gpu, Machine } from "./hardware";
import { awsMachines } from "./machinesAws";
import type { Model } from "./model";
import { suggestNames } from "./problems";

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
