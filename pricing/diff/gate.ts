import { type Money, money, toDollars } from "../money";
import type { CostReport } from "./report";

/** A rule that a change must keep. */
export type GateRule =
  | { kind: "increase"; unit: "percent" | "usd"; limit: Money; given: string }
  | { kind: "incomplete"; given: string };

/** What a gate found. */
export interface GateResult {
  /** `broken` is over a limit, `incomplete` is a refusal of unknowns, `unjudged` cannot be told from these files. */
  state: "kept" | "broken" | "incomplete" | "unjudged";
  words: string;
}

/** A budget of money a month, for one stack or for all that a report is of. */
export interface Budget {
  monthlyUsd: Money;
  /** Whose budget: `llm-cluster/dev`, or everything. */
  title?: string;
  /** Where it is written: `--budget`, or a stack's configuration. */
  given: string;
}

/**
 * Reads a rule of `--fail-on`: `increase>10%`, `increase>500` (US dollars a month), `incomplete`.
 * Undefined for a text that is none.
 */
export function readGateRule(given: string): GateRule | undefined {
  if (given.trim() === "incomplete") return { kind: "incomplete", given };
  const match = /^increase\s*>\s*\$?(\d+(?:\.\d+)?)\s*(%?)$/.exec(given.trim());
  const limit = match?.[1];
  if (limit === undefined) return undefined;
  return { kind: "increase", unit: match?.[2] === "%" ? "percent" : "usd", limit: money(limit), given };
}

/** Judges a report by its budgets and rules. What is billed by use counts, one-off amounts do not. */
export function judge(report: CostReport, budgets: readonly Budget[], rules: readonly GateRule[]): GateResult[] {
  return [...budgets.map((budget) => judgeBudget(report, budget)), ...rules.map((rule) => judgeRule(report, rule))];
}

function judgeBudget(report: CostReport, { monthlyUsd, title, given }: Budget): GateResult {
  const stacks = title === undefined ? report.stacks : report.stacks.filter((stack) => stack.title === title);
  const amounts = stacks.map(({ after }) => after.monthlyUsd.plus(after.usageMonthlyUsd));
  const total = amounts.reduce((left, right) => left.plus(right), money(0));
  const of = title === undefined ? "" : ` of ${title}`;
  const complete = stacks.every(({ after }) => after.complete);
  const shown = `${complete ? "" : "at least "}${toDollars(total)} a month`;
  if (total.gt(monthlyUsd)) {
    const over = toDollars(total.minus(monthlyUsd));
    return { state: "broken", words: `over budget${of}: ${shown}, ${over} above ${toDollars(monthlyUsd)} (${given})` };
  }
  if (stacks.some(({ change }) => change.leftOut !== undefined)) {
    return {
      state: "unjudged",
      words: `the budget${of} (${given}) cannot be judged: unchanged resources are left out. Fix: preview with --show-sames`,
    };
  }
  const left = toDollars(monthlyUsd.minus(total));
  const soFar = complete ? "within budget" : "within budget as far as is known";
  return { state: "kept", words: `${soFar}${of}: ${shown}, ${left} below ${toDollars(monthlyUsd)} (${given})` };
}

function judgeRule(report: CostReport, rule: GateRule): GateResult {
  if (rule.kind === "incomplete") {
    const complete = report.complete && report.differenceComplete;
    return complete
      ? { state: "kept", words: "the estimate is complete" }
      : { state: "incomplete", words: `the estimate is incomplete: ${countUnknown(report)} (--fail-on incomplete)` };
  }
  const { unit, limit, given } = rule;
  const increase = report.delta.monthlyUsd.plus(report.delta.usageMonthlyUsd);
  const { before } = report;
  const hint = report.differenceComplete ? "" : " of what is known (add --fail-on incomplete to refuse what is not)";
  const shown = `${increase.lt(0) ? "-" : "+"}${toDollars(increase.abs())} a month${hint}`;
  if (unit === "usd") {
    return increase.gt(limit)
      ? { state: "broken", words: `${shown} is more than ${toDollars(limit)} (--fail-on ${given})` }
      : { state: "kept", words: `${shown} is not more than ${toDollars(limit)} (--fail-on ${given})` };
  }
  if (!report.wholeStacks && increase.lte(0)) {
    return { state: "kept", words: `${shown} is no increase (--fail-on ${given})` };
  }
  if (!report.wholeStacks) {
    return {
      state: "unjudged",
      words: `--fail-on ${given} cannot be judged: unchanged resources are left out, so what this is a share of is not known. Fix: preview with --show-sames`,
    };
  }
  const base = before.monthlyUsd.plus(before.usageMonthlyUsd);
  const broken = base.eq(0) ? increase.gt(0) : increase.times(100).gt(base.times(limit));
  const share = base.eq(0) ? "from nothing" : `${increase.div(base).times(100).toFixed(1)} %`;
  return broken
    ? { state: "broken", words: `${shown} (${share}) is more than ${limit} % (--fail-on ${given})` }
    : { state: "kept", words: `${shown} (${share}) is not more than ${limit} % (--fail-on ${given})` };
}

/** `2 without a price, 1 without a quantity, 3 of kinds that no pricer knows`. */
export function countUnknown({ stacks }: CostReport): string {
  const lines = stacks.flatMap(({ after }) => after.lines);
  const unpriced = lines.filter(({ state }) => state === "unpriced").length;
  const open = lines.filter(({ state }) => state === "unknownQuantity").length;
  const kinds = stacks.flatMap(({ after }) => after.unsupported).reduce((total, { count }) => total + count, 0);
  const gone = stacks.some(
    ({ before, after, differenceComplete }) => after.complete && (!before.complete || !differenceComplete),
  );
  const parts = [
    ...(unpriced > 0 ? [`${unpriced} without a price`] : []),
    ...(open > 0 ? [`${open} without a quantity`] : []),
    ...(kinds > 0 ? [`${kinds} of kinds that no pricer knows`] : []),
    ...(gone ? ["something before the change has no price"] : []),
  ];
  return parts.join(", ");
}
