import { gpuOf } from "./catalogue";
import type { Fabric, Gpu, GpuLink, Machine } from "./hardware";
import type { Split } from "./stages";

/** How the GPUs of a plan reach each other, and whether that is good enough for its split. */
export interface Interconnect {
  /** Between GPUs of one machine; `none` when it has one GPU. */
  withinNode: GpuLink | "none";
  /** Between machines of one replica; `not used` when a replica is one machine. */
  betweenNodes: Fabric | "not used";
  /** `fit`: each layer stays on a fast link. `slow`: it works and waits. `broken`: it cannot work. */
  verdict: "fit" | "slow" | "broken";
  reason: string;
}

/** Judges a split on machines: layers belong on the fast link of one machine, pipeline stages may cross the fabric. */
export function judgeInterconnect(machine: Machine, split: Split): Interconnect {
  const gpu = gpuOf(machine);
  const withinNode = machine.gpus > 1 ? gpu.link : "none";
  const betweenNodes = split.pipelineParallel > 1 ? machine.fabric : "not used";
  return { withinNode, betweenNodes, ...judge(machine, gpu, split) };
}

function judge(machine: Machine, gpu: Gpu, split: Split): Pick<Interconnect, "verdict" | "reason"> {
  const ranks = split.tensorParallel * split.dataParallel;
  if (ranks > machine.gpus)
    return {
      verdict: "broken",
      reason: `a layer over ${ranks} GPUs does not stay inside ${machine.id}, which has ${machine.gpus}`,
    };
  if (split.pipelineParallel > 1 && machine.fabric === "none")
    return {
      verdict: "slow",
      reason: `${machine.id} has no RDMA fabric: every token of a replica passes ${split.pipelineParallel - 1} times over plain TCP`,
    };
  if (ranks > 1 && gpu.link === "pcie")
    return {
      verdict: "slow",
      reason: `${gpu.id} has no NVLink: two all-reduces a layer cross PCIe; vLLM's documentation advises pipeline stages there`,
    };
  if (ranks === 1) return { verdict: "fit", reason: "no layer is shared between GPUs" };
  return { verdict: "fit", reason: `${describeSharing(split)} stay on the ${gpu.link} of one machine` };
}

function describeSharing({ tensorParallel, dataParallel }: Split): string {
  return dataParallel > 1 ? "shared experts" : `layers over ${tensorParallel} GPUs`;
}
