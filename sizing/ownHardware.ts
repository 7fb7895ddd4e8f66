import { gpus } from "./catalogue";
import type { ResolvedDecision } from "./decision";
import type { Gpu } from "./hardware";
import { defaultGpuMemoryUtilization, judgeMemory, layOut, type Verdict } from "./memory";
import { type Checkpoint, layersOf, type Model } from "./model";
import { findCheckpoint } from "./modelNames";
import { layerSplits } from "./parallelism";
import { estimateThroughput } from "./throughput/estimate";

/** What it takes to load a decision's model on cards of one's own: one request of its context length, one copy. */
export interface OwnHardware {
  gpu: string;
  precision: string;
  /** Cards in all; absent when not even the most that are tried load it. */
  cards?: number;
  machines?: number;
  tensorParallel?: number;
  pipelineParallel?: number;
  verdict: Verdict;
  /** At one live request; over plain TCP between machines it is slower than this. */
  timePerOutputTokenMs?: number;
}

// A PCIe machine takes up to eight cards; nobody strings more of them together for one model than this.
const cardsOfMachine = [1, 2, 4, 8];
const mostMachines = 16;

/**
 * Answers "can a consumer GPU do it": the fewest cards without NVLink that load the model, in the asked precision and
 * in 4 bits.
 */
export function tryOwnHardware({ decision, model, checkpoint }: ResolvedDecision): OwnHardware[] {
  const int4 = findCheckpoint(model, "int4");
  const checkpoints = int4 && checkpoint.precision !== "int4" ? [checkpoint, int4] : [checkpoint];
  return gpus
    .filter(({ link }) => link === "pcie")
    .flatMap((gpu) =>
      checkpoints.map((candidate) => fewestCards(gpu, model, candidate, decision.contextLength, decision.kvCacheDtype)),
    );
}

function fewestCards(
  gpu: Gpu,
  model: Model,
  checkpoint: Checkpoint,
  contextLength: number,
  kvCacheDtype: ResolvedDecision["decision"]["kvCacheDtype"],
): OwnHardware {
  const inOneMachine = cardsOfMachine.map((cards) => ({ cards, stages: 1 }));
  const most = Math.min(mostMachines, layersOf(model).length);
  const inSeveral = Array.from({ length: most - 1 }, (_, index) => ({ cards: 8, stages: index + 2 }));
  for (const { cards, stages } of [...inOneMachine, ...inSeveral]) {
    const [split] = layerSplits(model, checkpoint, cards);
    if (!split) continue;
    const laidOut = layOut({
      model,
      checkpoint,
      gpu,
      kvCacheDtype,
      gpuMemoryUtilization: defaultGpuMemoryUtilization,
      contextLength,
      pipelineParallel: stages,
      ...split,
    });
    const { verdict } = judgeMemory(laidOut);
    if (verdict === "no") continue;
    const outputTokens = Math.max(1, Math.min(1024, Math.floor(contextLength / 2)));
    const load = { inputTokens: Math.max(1, contextLength - outputTokens), outputTokens, concurrency: 1 };
    return {
      gpu: gpu.id,
      precision: checkpoint.id,
      cards: cards * stages,
      machines: stages,
      tensorParallel: split.tensorParallel,
      pipelineParallel: stages,
      verdict,
      timePerOutputTokenMs: estimateThroughput(laidOut.config, load).timePerOutputTokenMs,
    };
  }
  return { gpu: gpu.id, precision: checkpoint.id, verdict: "no" };
}
