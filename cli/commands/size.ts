import { loadPrices } from "../../components/priceFiles";
import type { PriceBook } from "../../pricing/priceBook";
import { shippedPrices } from "../../pricing/snapshot";
import { parseDecision, type ResolvedDecision } from "../../sizing/decision";
import { type OwnHardware, tryOwnHardware } from "../../sizing/ownHardware";
import { planDecision } from "../../sizing/planner";
import { type RankedBy, rankings, rankOptions } from "../../sizing/ranking";
import type { KnownShapes } from "../../sizing/shapes";
import { sweepDecisions, usualConcurrencies, usualContexts } from "../../sizing/sweep";
import { planTraining } from "../../sizing/training/planner";
import { isTraining } from "../../sizing/training/recipe";
import { addedModels, folderOfDecision } from "../addedModels";
import { collect, type RawOptions, readNumber, sizeOptions } from "../options";
import { exitCode, print, printJson, UserError } from "../output";
import { describePlan } from "../planText";
import { describeInstead, describeRanking, describeSweep } from "../rankingText";
import { indent } from "../table";
import { describeClouds, describeRunCosts, describeTrainingCandidates, describeTrainingPlan } from "../trainingText";
import { readYamlFile } from "../yamlFile";

/** `llm-cluster size`: decision in, plan and ranked candidates out. */
export function size(options: RawOptions): void {
  const given = collect(sizeOptions, options, beside);
  const file: DecisionFile =
    typeof options.decision === "string" ? readDecisionFile(options.decision) : { decision: {} };
  const decision = merge(file.decision, given);
  // A region that is asked for wins over the stack's; only a stack file that contradicts itself is an error.
  const region = given.region === undefined ? file.region : undefined;
  const folder = given.model === undefined ? folderOfDecision(options.decision as string | undefined) : ".";
  const models = addedModels(decision.model, folder);
  const prices = loadPrices(folder) ?? shippedPrices();
  const resolved = parseDecision(decision, { region, models });
  if (isTraining(resolved.decision.workload)) {
    sizeTraining(resolved, options, prices);
    return;
  }
  const settings = { ...readSettings(options), prices };
  if (settings.sweep) {
    sweep(
      resolved,
      settings,
      (point) => parseDecision({ ...decision, ...point }, { region, models }),
      options,
      decision.concurrency !== undefined,
    );
    return;
  }
  const known: KnownShapes = new Map();
  const sizing = planDecision(resolved, prices, known);
  const ranking = rankOptions(resolved, { ...settings, known });
  const ownHardware = tryOwnHardware(resolved);
  if (options.json) printJson({ ...sizing, ranking, ownHardware });
  else {
    print([
      ...describePlan(sizing.plan, options.explain === true),
      ...describeInstead(sizing.plan, ranking),
      "",
      ...describeRanking(ranking, sizing.plan, options.all === true),
      "",
      ...describeOwnHardware(ownHardware),
    ]);
  }
  process.exitCode = sizing.plan.verdict === "no" ? exitCode.unfit : exitCode.ok;
}

/** Options that say nothing of training. */
const notOfTraining = {
  utilization: "--utilization",
  rankBy: "--rank-by",
  sweep: "--sweep",
  sweepContext: "--sweep-context",
  sweepConcurrency: "--sweep-concurrency",
};

/** The plan to train, what its run costs, and every machine's own. */
function sizeTraining(resolved: ResolvedDecision, options: RawOptions, prices: PriceBook): void {
  const unused = Object.entries(notOfTraining).find(([name]) => options[name] !== undefined);
  if (unused)
    throw new UserError(
      `${unused[1]}: is of serving, and workload is ${resolved.decision.workload}. Fix: leave it out`,
    );
  const sizing = planTraining(resolved, prices);
  if (options.json) printJson(sizing);
  else {
    const costs = describeRunCosts(sizing.plan);
    print([
      ...describeTrainingPlan(sizing.plan, options.explain === true),
      ...(costs.length > 0 ? ["", ...costs] : []),
      "",
      ...describeClouds(sizing),
      "",
      ...describeTrainingCandidates(sizing.candidates, options.all === true),
    ]);
  }
  process.exitCode = sizing.plan.verdict === "no" ? exitCode.unfit : exitCode.ok;
}

/** Options that are no keys of the decision. */
const beside = [
  "decision",
  "json",
  "explain",
  "utilization",
  "rankBy",
  "all",
  "sweep",
  "sweepContext",
  "sweepConcurrency",
];

interface Settings {
  utilization: number;
  rankedBy: RankedBy;
  /** Absent when no sweep is asked for. */
  sweep?: { contexts?: number[]; concurrencies?: number[] };
}

function readSettings({ utilization = "0.5", rankBy = "month", sweep, sweepContext, sweepConcurrency }: RawOptions) {
  const share = readNumber(String(utilization));
  if (typeof share === "string" || share < 0.01 || share > 1) {
    throw new UserError(`--utilization: ${utilization} is not a share of the planned output. Fix: give 0.01 to 1`);
  }
  const rankedBy = rankings.find((name) => name === rankBy);
  if (!rankedBy) throw new UserError(`--rank-by: ${rankBy} is not an order. Fix: use ${rankings.join(", ")}`);
  const settings: Settings = { utilization: share, rankedBy };
  if (!sweep && sweepContext === undefined && sweepConcurrency === undefined) return settings;
  const contexts = readList("--sweep-context", sweepContext);
  const concurrencies = readList("--sweep-concurrency", sweepConcurrency);
  return { ...settings, sweep: { contexts, concurrencies } };
}

/** Whole numbers with commas between them. */
function readList(name: string, given: RawOptions[string]): number[] | undefined {
  if (given === undefined) return undefined;
  const parts = String(given).split(",");
  const values = parts.map(Number);
  if (parts.some((part) => !/^\s*\d{1,9}\s*$/.test(part)) || values.includes(0)) {
    throw new UserError(`${name}: ${given} is not a list of whole numbers above zero. Fix: write it like 8192,32768`);
  }
  return [...new Set(values)].sort((left, right) => left - right);
}

/** Options that say nothing of a sweep. */
const notOfSweeps = { explain: "--explain", all: "--all", rankBy: "--rank-by" };

/** `--sweep`: the plan again over context lengths and live requests. Each point obeys the decision's rules. */
function sweep(
  { decision, open }: ResolvedDecision,
  { utilization, sweep: asked, prices }: Settings & { prices: PriceBook },
  parse: (point: Record<string, unknown>) => ResolvedDecision,
  options: RawOptions,
  isNamed: boolean,
): void {
  const unused = Object.entries(notOfSweeps).find(([name]) => options[name] !== undefined);
  if (unused) throw new UserError(`--sweep: makes no use of ${unused[1]}. Fix: leave it out, or the sweep`);
  const { contextLength: own, averageTokens } = decision;
  // Live requests that are named are kept; those that a rate of tokens takes are found at each point.
  const usual = open.concurrency ? [undefined] : isNamed ? [decision.concurrency] : usualConcurrencies;
  const contexts = asked?.contexts ?? [...usualContexts.filter((length) => length < own), own];
  const points = contexts.flatMap((contextLength) =>
    (asked?.concurrencies ?? usual).map((concurrency) =>
      parse({
        contextLength,
        ...(concurrency === undefined ? {} : { concurrency }),
        // What requests hold on average is no more than the longest of them.
        ...(averageTokens === undefined ? {} : { averageTokens: Math.min(averageTokens, contextLength) }),
      }),
    ),
  );
  const planned = sweepDecisions(points, utilization, prices);
  if (options.json) printJson({ decision, utilization, sweep: planned });
  else print(describeSweep(planned, decision, utilization));
  process.exitCode = planned.every(({ verdict }) => verdict === "no") ? exitCode.unfit : exitCode.ok;
}

interface DecisionFile {
  decision: Record<string, unknown>;
  /** The stack's own region. */
  region?: string;
}

/** A file of decision keys, or a stack file, whose decision and region are taken. */
function readDecisionFile(path: string): DecisionFile {
  const content = readYamlFile(path, `--decision ${path}`);
  const { config } = content;
  if (!isMapping(config)) return { decision: content };
  const decision = config["llm-cluster:decision"] ?? config.decision;
  if (!isMapping(decision)) {
    throw new UserError(
      `${path}: config has no decision. Fix: add llm-cluster:decision, or give a file of decision keys`,
    );
  }
  const region = config["aws:region"];
  return { decision, region: typeof region === "string" ? region : undefined };
}

/** Options win over the file, key by key, also inside capacity, targets and overrides. */
function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = result[key];
    // What should be a mapping and is none stays, for the checks to name.
    if (before !== undefined && !isMapping(before) && isMapping(value)) continue;
    result[key] = isMapping(before) && isMapping(value) ? { ...before, ...value } : value;
  }
  return result;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether cards without NVLink could do it, a line a kind and precision. */
function describeOwnHardware(rows: readonly OwnHardware[]): string[] {
  const lines = rows.map(
    ({ gpu, precision, cards, machines, tensorParallel, pipelineParallel, timePerOutputTokenMs }) => {
      if (cards === undefined)
        return `${gpu}, ${precision}: not on any number that is tried (8 in a machine, 16 machines)`;
      const where = machines === 1 ? "one machine" : `${machines} machines over the network`;
      return `${gpu}, ${precision}: ${cards} card${cards > 1 ? "s" : ""} in ${where}, tensor ${tensorParallel} x pipeline ${pipelineParallel}, about ${timePerOutputTokenMs} ms a token for one request${cards > 1 ? " (no NVLink: measured ones are slower)" : ""}`;
    },
  );
  return ["consumer GPUs, the fewest that load one request of the context length:", ...indent(lines)];
}
