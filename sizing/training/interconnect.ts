import { gpuOf } from "../catalogue";
import type { Machine } from "../hardware";
import type { Interconnect } from "../interconnect";
import { GB, round } from "../units";
import { isBoundByNetwork, type TrainingOption } from "./layouts";

/** Judges whether GPUs reach each other well enough for a way to train, with the figures that say so. */
export function judgeTrainingInterconnect(machine: Machine, option: TrainingOption): Interconnect {
  const gpu = gpuOf(machine);
  const withinNode = machine.gpus > 1 ? gpu.link : "none";
  const betweenNodes = option.nodes > 1 ? machine.fabric : "not used";
  return { withinNode, betweenNodes, ...judge(machine, option) };
}

function judge(
  machine: Machine,
  { config, nodes, traffic, compute }: TrainingOption,
): Pick<Interconnect, "verdict" | "reason"> {
  const gpu = gpuOf(machine);
  if (config.tensorParallel > machine.gpus) {
    return {
      verdict: "broken",
      reason: `a layer over ${config.tensorParallel} GPUs does not stay inside ${machine.id}, which has ${machine.gpus}`,
    };
  }
  if (nodes > 1) {
    const figures = `each micro-batch brings ${round(traffic.bytes / GB, traffic.bytes < 10 * GB ? 3 : 1)} GB into every machine, ${round(traffic.seconds, 3)} s at ${round(traffic.GBps, 1)} GB/s, beside ${round(compute.seconds, 3)} s of arithmetic`;
    const isSlow = isBoundByNetwork({ traffic, compute });
    if (!traffic.isRdma)
      return { verdict: isSlow ? "slow" : "fit", reason: `${machine.id} has no RDMA fabric: ${figures}` };
    if (isSlow) return { verdict: "slow", reason: `${figures}: GPUs wait for the ${machine.fabric} fabric` };
    return { verdict: "fit", reason: figures };
  }
  if (config.tensorParallel > 1 && gpu.link === "pcie") {
    return { verdict: "slow", reason: `${gpu.id} has no NVLink: tensor parallelism's exchanges cross PCIe` };
  }
  return {
    verdict: "fit",
    reason: machine.gpus > 1 ? `all exchanges stay on the ${gpu.link} of one machine` : "one GPU exchanges nothing",
  };
}
