import { gpuOf } from "../catalogue";
import { CapacityMode } from "../decisionArgs";
import type { Machine } from "../hardware";
import { round } from "../units";
import { machineWarnings } from "../warnings";
import { mostNodes, type TrainingOption, type TrainingQuestion } from "./layouts";
import { hostShare } from "./offload";
import type { TrainingPlan } from "./plan";
import { whatWouldFitOn } from "./suggestPlan";

/** What a person should know before this plan is built. */
export function warnAboutTraining(
  plan: TrainingPlan,
  machine: Machine,
  option: TrainingOption,
  question: TrainingQuestion,
  offered: boolean,
): string[] {
  const { judgement, config, offload } = option;
  const { memory, interconnect, training } = plan;
  const words = [...machineWarnings(plan, machine, offered)];
  if (judgement.memory.shortGiB > 0) {
    words.push(
      `it does not fit: the peak is ${memory.peakGiB} GiB a GPU and ${memory.nonTorchGiB} outside PyTorch, of ${memory.capacityGiB} GiB`,
    );
  } else if (judgement.tight) words.push(judgement.tight);
  if (offload && offload.hostGiB > hostShare * machine.memoryGiB) {
    words.push(
      `offloaded states take ${round(offload.hostGiB, 0)} GiB of each machine's own memory, and ${round(hostShare * machine.memoryGiB, 0)} of ${round(machine.memoryGiB, 0)} may be used`,
    );
  }
  if (judgement.verdict !== "fits") words.push(...wouldFit(question, machine));
  const { hours } = plan.decision.capacity;
  if (hours !== undefined && !training.run.isTokensAssumed && hours < training.run.hours) {
    words.push(`capacity.hours ${hours} is shorter than the run, ${round(training.run.hours, 1)} hours`);
  }
  const block = plan.decision.capacity.mode === CapacityMode.capacityBlock && hours === undefined;
  const unsold = training.run.costs.find(({ capacityMode }) => capacityMode === CapacityMode.capacityBlock)?.why;
  if (block && unsold !== undefined) words.push(`capacity block: ${unsold}`);
  if (plan.nodes > 1 && !option.traffic.isRdma && interconnect.verdict === "fit") words.push(interconnect.reason);
  if (interconnect.verdict !== "fit") words.push(`${interconnect.verdict}: ${interconnect.reason}`);
  if (training.tokensPerSecond < (plan.decision.targets?.tokensPerSecond ?? 0)) {
    words.push(
      `target tokensPerSecond ${plan.decision.targets?.tokensPerSecond} is missed: the estimate is ${training.tokensPerSecond}${plan.nodes === mostNodes ? `; ${mostNodes} machines are the most that are tried` : ""}`,
    );
  }
  if (config.gpu.link === "pcie" && gpuOf(machine).vendor === "nvidia")
    words.push(`nothing was read of training on ${config.gpu.id}: its utilisation is that of data-centre GPUs`);
  const kept = 2 * training.checkpoints.sizeGB;
  if (machine.localNvmeGB * plan.nodes < kept) {
    words.push(
      `local disks hold ${machine.localNvmeGB * plan.nodes} GB, less than the ${round(kept, 0)} of two checkpoints: write them to the store`,
    );
  }
  return words;
}

function wouldFit(question: TrainingQuestion, machine: Machine): string[] {
  const ways = whatWouldFitOn(question, machine);
  if (ways.length === 0) return ["nothing that was tried makes it fit on this machine"];
  // The longest sequence of those that fit says it all.
  const isLonger = (flags: string, index: number) =>
    !flags.startsWith("--sequence-length") ||
    ways.findIndex((other) => other.startsWith("--sequence-length")) === index;
  return [`it would fit with ${ways.filter(isLonger).join(", or with ")}`];
}
