import type { AwsLustreArgs } from "../args";

/** MB/s for each TiB of an SSD file system of PERSISTENT_2 (FSx API, PerUnitStorageThroughput). */
export const lustreThroughputs = [125, 250, 500, 1000];
const defaultThroughput = 250;
/** FSx API, StorageCapacity of PERSISTENT_2: 1200, 2400, then multiples of 2400 GiB. */
const firstStep = 1200;
const step = 2400;
/** An EFA file system starts where its throughput reaches 4.8 GB/s: 19,200 GiB at 250 is documented, the others keep the product. */
const leastEfaProduct = 19_200 * 250;

/** A file system as it is ordered. */
export interface LustrePlan {
  capacityGiB: number;
  throughput: number;
  efa: boolean;
}

/** The file system of the arguments; by default the least that holds the weights one and a half times. */
export function planLustre(args: AwsLustreArgs, weightsGiB: number): LustrePlan {
  const { throughput = defaultThroughput, efa = false } = args;
  const least = Math.max(weightsGiB * 1.5, efa ? leastWithEfa(throughput) : 0);
  return { capacityGiB: args.capacityGiB ?? roundUp(least), throughput, efa };
}

/** GiB of the smallest file system with EFA. */
export function leastWithEfa(throughput: number): number {
  return leastEfaProduct / throughput;
}

/** The next capacity that can be ordered. */
export function roundUp(capacityGiB: number): number {
  return capacityGiB <= firstStep ? firstStep : Math.ceil(capacityGiB / step) * step;
}
