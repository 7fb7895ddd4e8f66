import { gpuOf } from "../catalogue";
import type { TrainingArgs } from "../decisionArgs";
import type { Machine } from "../hardware";
import type { Verdict } from "../memory";
import type { Model } from "../model";
import { canFormGang } from "../shapes";
import { type Candidate, candidatesFor, type LayoutWishes } from "./candidates";
import { judgeTraining, type TrainingJudgement } from "./memory";
import { hostShare, type OffloadCost, offloadCost } from "./offload";
import type { Method, TrainingConfiguration } from "./recipe";
import { type Compute, computeOf } from "./speed";
import { gathersWeights } from "./states";
import { networkGBps, type Traffic, trafficOf } from "./traffic";

/** Machines that are tried at most where nobody names a number. */
export const mostNodes = 512;

/** A candidate on so many machines, judged. */
export interface TrainingOption {
  config: TrainingConfiguration;
  nodes: number;
  judgement: TrainingJudgement;
  compute: Compute;
  traffic: Traffic;
  /** Absent where nothing is offloaded. */
  offload?: OffloadCost;
  /** Tokens that the cluster trains on a second. */
  tokensPerSecond: number;
}

/** What is asked: how to train what, and what of it is fixed. */
export interface TrainingQuestion {
  method: Method;
  model: Model;
  given: TrainingArgs;
  wishes: LayoutWishes;
  /** Machines in all, where the decision says. */
  nodes?: number;
  /** Tokens a second to reach. */
  tokensPerSecond?: number;
}

/**
 * The best way to train on machines of one kind: the fewest machines on which something fits (or only loads), and of all
 * that does on as many, the fastest.
 */
export function chooseLayout(
  question: TrainingQuestion,
  machine: Machine,
  atLeast: Exclude<Verdict, "no">,
  known: KnownLayouts,
): TrainingOption | undefined {
  // All of a machine that a layout depends on.
  const { gpu, gpus, memoryGiB, fabric } = machine;
  const asked = [question.nodes, question.tokensPerSecond, atLeast];
  const key = [gpu, gpus, memoryGiB, networkGBps(machine), fabric === "none", ...asked].join();
  if (!known.has(key)) known.set(key, findLayout(question, machine, atLeast));
  return known.get(key);
}

/** Layouts of one question that were found for other machines of the same GPUs and network: clouds rent out much the same. */
export type KnownLayouts = Map<string, TrainingOption | undefined>;

function findLayout(
  question: TrainingQuestion,
  machine: Machine,
  atLeast: Exclude<Verdict, "no">,
): TrainingOption | undefined {
  const { method, model, given, wishes, nodes } = question;
  const candidates = candidatesFor(method, model, machine, given, wishes);
  const most = canFormGang(machine) ? mostNodes : 1;
  const carries: Test = ({ judgement: { verdict }, tokensPerSecond }) =>
    (verdict === "fits" || verdict === atLeast) && tokensPerSecond >= (question.tokensPerSecond ?? 0);
  const isEnough: Test = (option) => carries(option) && (atLeast === "marginal" || !isBoundByNetwork(option));
  if (nodes !== undefined) return best(onNodes(question, candidates, machine, nodes), atLeast);
  const fewest = fewestOf(question, candidates, machine, most, carries, isEnough);
  if (fewest !== undefined) return best(onNodes(question, candidates, machine, fewest).filter(isEnough), atLeast);
  // A rate that nothing reaches is come nearest to by the most machines, where fewer would do without it.
  if (question.tokensPerSecond !== undefined) {
    const without = findLayout({ ...question, tokensPerSecond: undefined }, machine, atLeast);
    if (without && without.judgement.verdict !== "no")
      return best(onNodes(question, candidates, machine, most), atLeast);
  }
  // Where all wait for the network, the fewest that carry it wait the least.
  const carrying = fewestOf(question, candidates, machine, most, carries, carries);
  return best(
    onNodes(question, candidates, machine, carrying ?? whereNoMoreHelps(question, candidates, machine, most)),
    atLeast,
  );
}

type Test = (option: TrainingOption) => boolean;

/** The fewest machines on which some candidate is enough. */
function fewestOf(
  question: TrainingQuestion,
  candidates: readonly Candidate[],
  machine: Machine,
  most: number,
  carries: Test,
  isEnough: Test,
): number | undefined {
  let fewest: number | undefined;
  // What does not carry one sequence at a time does not carry several.
  const tooLarge = new Set<string>();
  for (const candidate of candidates) {
    const way = [candidate.recipe.sharding, candidate.recipe.recomputation, ...Object.values(candidate.layout)].join();
    if (tooLarge.has(way)) continue;
    const nodes = fewestNodes(question, candidate, machine, fewest ?? most, carries);
    if (nodes === undefined && question.tokensPerSecond === undefined) tooLarge.add(way);
    // The network is the busier the more machines there are: where the fewest wait for it, all do.
    const option = nodes === undefined ? undefined : optionOn(question, candidate, machine, nodes);
    if (option && isEnough(option)) fewest = nodes;
  }
  return fewest;
}

/** Where nothing fits: the machines from which on more of them take off next to nothing. */
function whereNoMoreHelps(
  question: TrainingQuestion,
  candidates: readonly Candidate[],
  machine: Machine,
  most: number,
): number {
  const least = (nodes: number) =>
    Math.min(...onNodes(question, candidates, machine, nodes).map(({ judgement }) => judgement.memory.peakGiB));
  const atMost = least(most);
  let nodes = 1;
  while (nodes * 2 <= most && least(nodes) > 1.1 * atMost) nodes *= 2;
  return nodes;
}

function onNodes(
  question: TrainingQuestion,
  candidates: readonly Candidate[],
  machine: Machine,
  nodes: number,
): TrainingOption[] {
  return candidates.flatMap((candidate) => optionOn(question, candidate, machine, nodes) ?? []);
}

/** A candidate on so many machines; undefined where their GPUs do not divide by it. */
function optionOn(
  { model, given }: TrainingQuestion,
  { recipe, layout }: Candidate,
  machine: Machine,
  nodes: number,
): TrainingOption | undefined {
  const gpus = nodes * machine.gpus;
  const dataParallel = gpus / (layout.tensorParallel * layout.pipelineParallel);
  if (!Number.isInteger(dataParallel)) return undefined;
  // One rank shares its states with nobody.
  if (dataParallel === 1 && gpus > 1 && gathersWeights(recipe.sharding)) return undefined;
  // Experts are spread over the ranks of one stage.
  if ((layout.tensorParallel * dataParallel) % layout.expertParallel !== 0) return undefined;
  const config = { model, gpu: gpuOf(machine), recipe, ...layout, dataParallel };
  const compute = computeOf(config, given.modelFlopsUtilization);
  const traffic = trafficOf(config, machine, nodes);
  const offload = offloadCost(config, nodes);
  const judgement = judgeTraining(config);
  const isHostFull = offload !== undefined && offload.hostGiB > hostShare * machine.memoryGiB;
  return {
    config,
    nodes,
    judgement: isHostFull ? { ...judgement, verdict: "no" } : judgement,
    compute,
    traffic,
    offload,
    // What is sent is hidden behind what is computed, up to as long as that takes; what the host does is not.
    tokensPerSecond: compute.tokens / (Math.max(compute.seconds, traffic.seconds) + (offload?.seconds ?? 0)),
  };
}

/** Whether machines wait for the network for longer than they compute, and by more than estimates are off. */
export function isBoundByNetwork({ compute, traffic }: Pick<TrainingOption, "compute" | "traffic">): boolean {
  return traffic.seconds > 1.5 * compute.seconds;
}

/**
 * The fewest machines, up to a number, that carry a candidate: more ranks never need more memory each, and together they
 * are faster.
 */
function fewestNodes(
  question: TrainingQuestion,
  candidate: Candidate,
  machine: Machine,
  most: number,
  carries: (option: TrainingOption) => boolean,
): number | undefined {
  const step = smallestStep(candidate.layout, machine.gpus);
  const enough = (steps: number) => {
    const option = optionOn(question, candidate, machine, steps * step);
    return option !== undefined && carries(option);
  };
  let low = 0;
  let high = Math.floor(most / step);
  if (high < 1 || !enough(high)) return undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high * step;
}

/** Machines whose GPUs divide into whole groups, and their stages' ranks into whole sets of experts. */
function smallestStep({ tensorParallel, pipelineParallel, expertParallel }: Candidate["layout"], gpus: number): number {
  const groups = [tensorParallel * pipelineParallel, expertParallel * pipelineParallel];
  let step = 1;
  while (groups.some((group) => (step * gpus) % group !== 0)) step++;
  return step;
}

const verdictRank: Record<Verdict, number> = { fits: 0, marginal: 1, no: 2 };

/** A plainer way is kept unless another is faster by more than this: estimates are no sharper. */
const notFaster = 1.1;
/** Tokens at a time from which larger micro-batches are hardly faster (LoRA on A100 at 1k to 8k: 27, 34, 36, 37 % of its arithmetic). */
const enoughTokens = 4096;

/** What fits before what only loads; of that the plainest of those that are about as fast as the fastest. */
function best(options: readonly TrainingOption[], atLeast: Exclude<Verdict, "no">): TrainingOption | undefined {
  const rank = ({ judgement: { verdict } }: TrainingOption) =>
    atLeast === "marginal" && verdict !== "no" ? 0 : verdictRank[verdict];
  const bestRank = Math.min(...options.map(rank));
  const ranked = options.filter((option) => rank(option) === bestRank);
  if (bestRank === verdictRank.no) return [...ranked].sort((left, right) => shortOf(left) - shortOf(right))[0];
  const fastest = Math.max(...ranked.map(({ tokensPerSecond }) => tokensPerSecond));
  const fast = ranked.filter(({ tokensPerSecond }) => tokensPerSecond * notFaster >= fastest);
  // Options come plainest first, with the smallest micro-batch first.
  const busy = fast.filter(({ config: { recipe } }) => recipe.sequenceLength * recipe.microBatchSize >= enoughTokens);
  return busy[0] ?? fast[fast.length - 1];
}

const shortOf = ({ judgement }: TrainingOption) => judgement.memory.shortGiB;
