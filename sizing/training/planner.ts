import type { PriceBook } from "../../pricing/priceBook";
import { shippedPrices } from "../../pricing/snapshot";
import { compareCost, difference, isWithinReach, verdictOrder } from "../candidates";
import { findMachine, gpuOf } from "../catalogue";
import type { ResolvedDecision } from "../decision";
import { isOffered } from "../places";
import { allowedMachines, decisionFor } from "../placing";
import { type ConfigurationSummary, summarize } from "../plan";
import { type Problem, ProblemsError } from "../problems";
import type { KnownLayouts } from "./layouts";
import { runUsd, type TrainingPlan } from "./plan";
import { planTrainingOn } from "./planMachine";
import { isTrainable } from "./speed";

/** A planned decision to train: the cheapest run, and every other machine's best. */
export interface TrainingSizing {
  decision: TrainingPlan["decision"];
  plan: TrainingPlan;
  /** One a machine: those that fit before those that do not, then by what the run costs. */
  candidates: TrainingPlan[];
  /** The smallest of each cloud, of what can be had in the decision's way of buying. */
  clouds: SmallestOfCloud[];
}

/** The cheapest by the hour, so the smallest, that a cloud has. */
export interface SmallestOfCloud {
  cloud: string;
  /** That trains with headroom. Absent where nothing that can be had does. */
  trains?: ConfigurationSummary;
  /** That loads one micro-batch. */
  loads?: ConfigurationSummary;
}

/** Plans a decision to train over every machine that it allows. Pure: same decision and same prices, same plan. */
export function planTraining(resolved: ResolvedDecision, prices: PriceBook = shippedPrices()): TrainingSizing {
  const { decision } = resolved;
  const allowed = allowedMachines(resolved).filter((machine) => isTrainable(gpuOf(machine)));
  const known: KnownLayouts = new Map();
  const plans = allowed
    .flatMap((machine) => planTrainingOn(decisionFor(resolved, machine), machine, prices, known) ?? [])
    .sort(comparePlans);
  const isHad = ({ machine, decision: own }: TrainingPlan) => {
    const { region, zone } = own;
    const row = findMachine(machine);
    return (
      decision.machine !== undefined ||
      (isWithinReach(machine, own) && row !== undefined && isOffered(row, region, zone))
    );
  };
  const minimum = plans.flatMap((plan) => (plan.loads && isHad(plan) ? [plan.loads] : [])).sort(compareCost)[0];
  const recommended = plans.find((plan) => plan.verdict === "fits" && isHad(plan));
  const candidates = plans.map((plan) => ({ ...plan, minimum, recommended: recommended && summarize(recommended) }));
  const plan = candidates[0];
  if (!plan) throw new ProblemsError([noMachine(resolved)], "the decision");
  const clouds = [...new Set(allowed.map(({ cloud }) => cloud))].sort();
  const had = candidates.filter(isHad);
  return { decision: plan.decision, plan, candidates, clouds: clouds.map((cloud) => smallestOf(cloud, had)) };
}

function smallestOf(cloud: string, plans: readonly TrainingPlan[]): SmallestOfCloud {
  const own = plans.filter(({ machine }) => findMachine(machine)?.cloud === cloud);
  const fitting = own.filter(({ verdict, interconnect }) => verdict === "fits" && interconnect.verdict === "fit");
  const [trains] = fitting.map(summarize).sort(compareCost);
  const [loads] = own.flatMap(({ loads }) => loads ?? []).sort(compareCost);
  return { cloud, trains, loads };
}

/** What fits, of that what can be had, that reaches the rate asked for, that is not held up by its network; then what the run costs, and the fewest machines. */
function comparePlans(left: TrainingPlan, right: TrainingPlan): number {
  const reach = ({ machine, decision }: TrainingPlan) => Number(isWithinReach(machine, decision));
  const missed = ({ training, decision }: TrainingPlan) =>
    Number(training.tokensPerSecond < (decision.targets?.tokensPerSecond ?? 0));
  return (
    verdictOrder[left.verdict] - verdictOrder[right.verdict] ||
    reach(right) - reach(left) ||
    missed(left) - missed(right) ||
    Number(left.interconnect.verdict !== "fit") - Number(right.interconnect.verdict !== "fit") ||
    difference(runCost(left), runCost(right)) ||
    compareCost(left, right)
  );
}

/** US dollars. */
function runCost(plan: TrainingPlan): number {
  return Number(runUsd(plan) ?? Number.POSITIVE_INFINITY);
}

/** No machine has GPUs that divide as asked, or leave ranks to share; the rules find most of such decisions before. */
function noMachine({ decision: { overrides, training = {} } }: ResolvedDecision): Problem {
  const { nodes, tensorParallel = 1, pipelineParallel = 1 } = overrides;
  const [path, value] =
    pipelineParallel > 1 ? ["pipelineParallel", pipelineParallel] : ["tensorParallel", tensorParallel];
  const where = nodes === undefined ? "" : ` of ${nodes} machine${nodes > 1 ? "s" : ""}`;
  const shared = training.sharding === "fsdp" || training.sharding === "zero3";
  return {
    path: `decision.overrides.${path}`,
    value,
    message: `leaves ${shared ? `no ranks for ${training.sharding} to share between` : "no whole groups of GPUs"}${where} on any machine that is allowed (tensor ${tensorParallel} x pipeline ${pipelineParallel})`,
    fix: shared ? "take more machines, or sharding megatron" : "change the split, or leave it out",
  };
}
