import type { EstimateOptions } from "../estimate";
import type { StackChange } from "../inputs/stackChange";
import { shippedPrices } from "../snapshot";
import { assumedUtilization } from "../usage";
import { type Alternative, findAlternatives, type Sibling } from "./alternatives";
import { describeDecisions } from "./decisions";
import { type Amounts, addUp, diffStack, type StackDiff, totalsAsAmounts } from "./diffStack";
import { type TokenCost, tokenCosts } from "./tokens";
import { describeWarnings, findReplacement, type Replacement } from "./warnings";

/** What is told of one stack's change. */
export interface StackReport extends StackDiff {
  /** `llm-cluster/dev`, or the file where no stack is named. */
  title: string;
  /** One sentence for each cluster whose decision changed. */
  decisions: string[];
  warnings: string[];
  replacement?: Replacement;
  tokensBefore: TokenCost[];
  tokensAfter: TokenCost[];
  /** Of clusters whose decision changes; of every cluster where there is no before. */
  alternatives: Alternative[];
}

/** Changes of several stacks, each by itself and together. */
export interface CostReport {
  stacks: StackReport[];
  before: Amounts;
  after: Amounts;
  delta: Amounts;
  /** False when what stays, comes or goes of some stack has no price or no quantity: then totals are "at least". */
  complete: boolean;
  differenceComplete: boolean;
  /** False where a document left unchanged resources out: then sums are of the changed part, differences of all. */
  wholeStacks: boolean;
}

/** How a report is made. */
export interface ReportOptions extends EstimateOptions {
  /** Share of the planned output that is asked for, for the cost of tokens. Default: 0.5. */
  utilization?: number;
  /** Machines that could stand in for one. Default: none. */
  siblingsOf?: (machine: string) => readonly Sibling[];
}

/** Prices and compares the changes of one or more stacks. */
export function reportCosts(changes: readonly StackChange[], options: ReportOptions = {}): CostReport {
  const stacks = changes.map((change) => reportStack(change, options));
  return {
    stacks,
    before: addUp(stacks.map(({ before }) => totalsAsAmounts(before))),
    after: addUp(stacks.map(({ after }) => totalsAsAmounts(after))),
    delta: addUp(stacks.map(({ delta }) => delta)),
    complete: stacks.every(({ before, after }) => before.complete && after.complete),
    differenceComplete: stacks.every(({ differenceComplete }) => differenceComplete),
    wholeStacks: stacks.every(({ change }) => change.leftOut === undefined),
  };
}

function reportStack(
  change: StackChange,
  { utilization = assumedUtilization, siblingsOf = () => [], ...rest }: ReportOptions,
): StackReport {
  const regionOf = (config: StackChange["config"]) => rest.region ?? config["aws:region"];
  const options = { ...rest, region: regionOf(change.config) };
  const diff = diffStack(change, options, { ...rest, region: regionOf(change.configBefore ?? change.config) });
  const { before, after } = change;
  const title = change.stack === undefined ? change.file : `${change.project}/${change.stack}`;
  const described = describeDecisions(change);
  const decisions = described.map(({ cluster, sentence }) => `${cluster}: ${sentence}`);
  // Who changes something else of a stack does not think about its machines.
  const decided = new Set(described.map(({ cluster }) => cluster));
  const tokens = (side: typeof after | undefined, estimate: typeof diff.after) =>
    side && change.leftOut === undefined ? tokenCosts(side, estimate, utilization) : [];
  return {
    ...diff,
    title,
    decisions,
    warnings: describeWarnings(diff),
    replacement: findReplacement(diff),
    tokensBefore: tokens(before, diff.before),
    tokensAfter: tokens(after, diff.after),
    alternatives: findAlternatives(after, options.prices ?? shippedPrices(), siblingsOf, options.commitment).filter(
      ({ cluster }) => !before || decided.has(cluster),
    ),
  };
}
