import { isPaidUpfront } from "../pricing/machinePrice";
import { hoursPerMonth, money, toText } from "../pricing/money";
import type { PriceBook } from "../pricing/priceBook";
import type { Confidence } from "../pricing/priceRow";
import { shippedPrices } from "../pricing/snapshot";
import { difference, verdictOrder } from "./candidates";
import { modeOwner } from "./capacityRules";
import { gpuOf } from "./catalogue";
import { costOf, usdPerMillionTokens } from "./cost";
import type { Decision, ResolvedDecision } from "./decision";
import { CapacityMode } from "./decisionArgs";
import type { Machine } from "./hardware";
import type { Verdict } from "./memory";
import type { Checkpoint, Model } from "./model";
import { type Outline, outlineOf } from "./outline";
import { allowedMachines, decisionFor } from "./placing";
import type { Plan } from "./plan";
import type { KnownShapes } from "./shapes";
import type { TargetName } from "./targets";
import type { Evidence } from "./throughput/speed";
import { significant } from "./units";
import { formatWarnings } from "./warnings";

/** One way to carry a decision: a machine, a number format, a way of buying. Plain JSON. */
export interface RankedOption {
  machine: string;
  cloud: string;
  region: string;
  precision: string;
  capacityMode: CapacityMode;
  nodes: number;
  replicas: number;
  tensorParallel: number;
  pipelineParallel: number;
  dataParallel: number;
  verdict: Verdict;
  /** Whether it can be chosen: it fits, reaches the targets, can be ordered, is built here, and has a price. */
  isChoice: boolean;
  /** Whether it can be ordered so and is built by this package; what it costs may be unknown. */
  isWithinReach: boolean;
  missedTargets: TargetName[];
  /** On the front of cost against time per output token: no other choice is as cheap and faster, or as fast and cheaper. */
  isPareto: boolean;
  /** Everything that keeps it from being a choice, the first thing to know first. Empty for a choice. */
  why: string[];
  /** Live requests over all replicas. */
  concurrency: number;
  timePerOutputTokenMs?: number;
  timeToFirstTokenMs?: number;
  /** Output tokens over all replicas. */
  outputTokensPerSecond?: number;
  evidence?: Evidence;
  hourlyCostUsd?: string;
  /** Day, and sureness, of the machine's price. */
  priceAsOf?: string;
  priceConfidence?: Confidence;
  /** 730 hours; for what is paid upfront, what as many hours would cost, and `paidUpfront` says so. */
  monthlyCostUsd?: string;
  paidUpfront?: boolean;
  /** Machines' cost of a million output tokens at the stated utilisation. */
  usdPerMillionTokens?: string;
}

/** By what choices are put in order. */
export const rankings = ["month", "tokens", "latency"] as const;
export type RankedBy = (typeof rankings)[number];

/** All ways to carry a decision, the best first. */
export interface Ranking {
  /** Share of the planned output that is really asked for, on average over the month. */
  utilization: number;
  rankedBy: RankedBy;
  options: RankedOption[];
}

export interface RankingSettings {
  /** Default: 0.5. */
  utilization?: number;
  /** Default: month. */
  rankedBy?: RankedBy;
  /** Default: the shipped ones. */
  prices?: PriceBook;
  /** Shapes that planning this very decision has found. */
  known?: KnownShapes;
}

/**
 * Ranks every way to carry a decision. What the decision names is kept; machines, number formats (those that are
 * published) and ways of buying that it leaves open are compared. What cannot be chosen stays in the list and says why.
 */
export function rankOptions(resolved: ResolvedDecision, settings: RankingSettings = {}): Ranking {
  const { utilization = 0.5, rankedBy = "month", prices = shippedPrices() } = settings;
  const checkpoints = checkpointsToRank(resolved);
  const machines = allowedMachines(resolved);
  const options = checkpoints.flatMap((checkpoint) => {
    const known: KnownShapes = checkpoint === resolved.checkpoint ? (settings.known ?? new Map()) : new Map();
    const decision = { ...resolved.decision, precision: checkpoint.id };
    const inPrecision = { ...resolved, decision, checkpoint };
    return machines.flatMap((machine) => {
      const outline = outlineOf(decisionFor(inPrecision, machine), machine, known);
      return modesToRank(resolved, machine).map((mode) => describeOption(outline, mode, utilization, prices));
    });
  });
  const ranked = markPareto(options).sort((left, right) => compareOptions(left, right, rankedBy));
  return { utilization, rankedBy, options: ranked };
}

/**
 * What to take where the plan itself is no choice: what the decision leaves open (another precision, another way of buying)
 * may reach what its defaults miss, or miss no more of it for less. Nothing that has to be bought first, and nothing that
 * anything but a target speaks against. Undefined when the plan fits and reaches its targets, or when nothing is better.
 */
export function choiceInstead(plan: Plan, { options }: Ranking): RankedOption | undefined {
  if (plan.verdict === "fits" && (plan.targets?.met ?? true)) return undefined;
  const orderable = options.filter(({ paidUpfront }) => !paidUpfront);
  const choices = orderable.filter(({ isChoice }) => isChoice);
  const asBought = choices.find(({ capacityMode }) => capacityMode === plan.decision.capacity.mode) ?? choices[0];
  if (asBought || plan.verdict !== "fits") return asBought;
  const missed = plan.targets?.missed.length ?? 0;
  const cost = Number(plan.cost.hourlyCostUsd ?? Number.POSITIVE_INFINITY);
  return orderable.find(
    ({ why, missedTargets, ...option }) =>
      why.length === missedTargets.length && missedTargets.length <= missed && Number(option.hourlyCostUsd) < cost,
  );
}

/** The decision's own, or where it names none, every published one and the native. */
function checkpointsToRank({ open, model, checkpoint }: ResolvedDecision): Checkpoint[] {
  if (!open.precision) return [checkpoint];
  const others = published(model).filter(({ id }) => id !== checkpoint.id);
  return [checkpoint, ...others];
}

function published({ checkpoints }: Model): Checkpoint[] {
  return checkpoints.filter(({ repositories }) => repositories.length > 0);
}

/** Ways of buying that need nothing that was bought before. */
const openModes = [
  CapacityMode.onDemand,
  CapacityMode.spot,
  CapacityMode.capacityBlock,
  CapacityMode.flexStart,
  CapacityMode.calendar,
] as const;

function modesToRank({ open, decision }: ResolvedDecision, { cloud }: Machine): CapacityMode[] {
  if (!open.capacityMode) return [decision.capacity.mode];
  return openModes.filter((mode) => (modeOwner[mode] ?? cloud) === cloud);
}

function describeOption(outline: Outline, mode: CapacityMode, utilization: number, prices: PriceBook): RankedOption {
  const { machine, shape, nodes, verdict, throughput, tokensPerSecond: rate } = outline;
  const decision: Decision = { ...outline.decision, capacity: { ...outline.decision.capacity, mode } };
  const { tensorParallel, pipelineParallel, dataParallel } = shape.laidOut.config;
  const { hourlyCostUsd, monthlyCostUsd, price } = costOf(decision, machine, nodes, prices);
  const why = [...whyNot(outline, mode), ...(price.state === "unpriced" ? [price.reason] : [])];
  return {
    machine: machine.id,
    cloud: machine.cloud,
    region: decision.region,
    precision: decision.precision,
    capacityMode: mode,
    nodes,
    replicas: shape.replicas,
    tensorParallel,
    pipelineParallel,
    dataParallel,
    verdict,
    isChoice: why.length === 0,
    isWithinReach: !machine.notSold?.[mode] && machine.notProvisionable === undefined,
    missedTargets: (shape.targets?.missed ?? []).map(({ target }) => target),
    isPareto: false,
    why,
    concurrency: decision.concurrency,
    timePerOutputTokenMs: throughput?.timePerOutputTokenMs,
    timeToFirstTokenMs: throughput?.timeToFirstTokenMs,
    outputTokensPerSecond: rate === undefined ? undefined : significant(rate),
    evidence: throughput?.evidence,
    hourlyCostUsd,
    priceAsOf: price.state === "priced" ? price.row.asOf : undefined,
    priceConfidence: price.state === "priced" ? price.row.confidence : undefined,
    monthlyCostUsd: monthlyCostUsd ?? (hourlyCostUsd && toText(money(hourlyCostUsd).times(hoursPerMonth))),
    paidUpfront: isPaidUpfront(mode) || undefined,
    usdPerMillionTokens: hourlyCostUsd && rate ? usdPerMillionTokens(hourlyCostUsd, rate, utilization) : undefined,
  };
}

/** What keeps an outline from being a choice, price aside. */
function whyNot({ machine, shape, verdict, judgement, isOffered, decision }: Outline, mode: CapacityMode) {
  const { memory, tight } = judgement;
  const reasons: string[] = [];
  if (!isOffered) reasons.push(`not listed in ${decision.zone ?? decision.region}`);
  if (!judgement.weightsLoad) {
    reasons.push(`the weights do not load: ${memory.weightsGiB} GiB a GPU, of ${memory.usableGiB} usable`);
  } else if (judgement.verdict === "no") {
    reasons.push(
      `not one request of ${shape.laidOut.config.contextLength} tokens fits: ${memory.shortGiB} GiB a GPU are missing`,
    );
  } else if (verdict === "marginal") reasons.push(tight ?? `tight: ${memory.freeGiB} GiB a GPU stay free`);
  const unsold = machine.notSold?.[mode];
  if (unsold) reasons.push(`cannot be ordered as ${mode}: ${unsold}`);
  if (machine.notProvisionable) reasons.push(`not built by this package: ${machine.notProvisionable}`);
  for (const { target, asked, estimate } of shape.targets?.missed ?? []) {
    reasons.push(`misses ${target} ${asked}: ${estimate}`);
  }
  // A format that is only emulated is no way to serve; one that merely saves no arithmetic is.
  const emulated = formatWarnings(decision.precision, gpuOf(machine)).find((words) => words.includes("emulates"));
  return emulated ? [...reasons, emulated] : reasons;
}

/** Marks the choices that no other beats in cost and time per output token. */
function markPareto(options: readonly RankedOption[]): RankedOption[] {
  const choices = options.filter(({ isChoice }) => isChoice);
  const isBeaten = (option: RankedOption) =>
    choices.some((other) => {
      const [cost, otherCost] = [hourlyCostOf(option), hourlyCostOf(other)];
      const [time, otherTime] = [timeOf(option), timeOf(other)];
      return otherCost <= cost && otherTime <= time && (otherCost < cost || otherTime < time);
    });
  return options.map((option) => ({ ...option, isPareto: option.isChoice && !isBeaten(option) }));
}

const hourlyCostOf = ({ hourlyCostUsd }: RankedOption) => Number(hourlyCostUsd ?? Number.POSITIVE_INFINITY);
const timeOf = ({ timePerOutputTokenMs }: RankedOption) => timePerOutputTokenMs ?? Number.POSITIVE_INFINITY;
const tokenCostOf = ({ usdPerMillionTokens }: RankedOption) => Number(usdPerMillionTokens ?? Number.POSITIVE_INFINITY);

const rankValue: Record<RankedBy, (option: RankedOption) => number> = {
  month: hourlyCostOf,
  tokens: tokenCostOf,
  latency: timeOf,
};

/** Choices first, then the plans' own order, with what is asked in the place of cost; then everything else, so that the order is one. */
function compareOptions(left: RankedOption, right: RankedOption, rankedBy: RankedBy): number {
  const byValue = (value: (option: RankedOption) => number) => difference(value(left), value(right));
  return (
    Number(right.isChoice) - Number(left.isChoice) ||
    verdictOrder[left.verdict] - verdictOrder[right.verdict] ||
    Number(right.isWithinReach) - Number(left.isWithinReach) ||
    left.missedTargets.length - right.missedTargets.length ||
    byValue(rankValue[rankedBy]) ||
    byValue(hourlyCostOf) ||
    byValue(timeOf) ||
    left.nodes - right.nodes ||
    left.machine.localeCompare(right.machine, "en") ||
    left.precision.localeCompare(right.precision, "en") ||
    left.capacityMode.localeCompare(right.capacityMode, "en")
  );
}
