import type { Alternative } from "../pricing/diff/alternatives";
import { type Amounts, type ResourceChange, totalsAsAmounts } from "../pricing/diff/diffStack";
import type { GateResult } from "../pricing/diff/gate";
import type { CostReport, StackReport } from "../pricing/diff/report";
import type { TokenCost } from "../pricing/diff/tokens";
import type { CostLine } from "../pricing/lines";
import { type Money, toDollars } from "../pricing/money";
import { type ChangeRow, changeRows, monthlyOf } from "../pricing/render/changeRow";
import { shareOf, showPrice, signed } from "../pricing/render/format";
import { type Compared, deltaOf, monthlyDelta } from "../pricing/render/headline";
import { describeDates } from "./costText";
import { indent, table } from "./table";

/** A report for a person at a terminal. */
export function describeReport(report: CostReport, gates: readonly GateResult[] = []): string[] {
  const { stacks } = report;
  const parts = stacks.flatMap((stack) => ["", ...describeStack(stack)]);
  const together = stacks.length > 1 ? ["", ...describeTogether(report)] : [];
  const judged = gates.map(({ state, words }) => `${state === "kept" ? "ok" : "FAIL"}: ${words}`);
  return [...parts.slice(1), ...together, ...(judged.length > 0 ? ["", ...judged] : [])];
}

/** One stack's change: its decision, each changed component, the sums, and what to know before the update. */
export function describeStack(stack: StackReport): string[] {
  const { change, title, decisions, warnings } = stack;
  const where = title === change.file ? "" : ` (${change.kind} ${change.file})`;
  return [
    `${title}${where}`,
    ...indent([
      ...decisions,
      ...describeCostChange(stack),
      ...change.notes.map((words) => `note: ${words}`),
      ...warnings.map((words) => `warning: ${words}`),
    ]),
  ];
}

/** Cost changes of one stack: each changed component, then the sums that are never added. */
export function describeCostChange(stack: StackReport): string[] {
  const { change, resources, differenceComplete, unsupportedChanged } = stack;
  const rows = resources.flatMap(changeRows).map(cellsOf);
  const unchanged = differenceComplete ? "nothing that costs money changes" : "nothing that has a price here changes";
  const right = differenceComplete ? "; the difference is right" : "";
  const leftOut = `${change.leftOut} unchanged resources are not in this file, and not in these sums${right}. pulumi preview --json --show-sames gives the whole stack's totals`;
  const lines = changedLines(resources);
  const isAssumed = lines.some(({ usage }) => usage?.basis === "assumed");
  return [
    ...(rows.length > 0 ? [...table(changeColumns, rows), ""] : [unchanged]),
    ...describeSums(stack),
    ...(differenceComplete ? [] : ["the difference is of what is known: see the lines without an amount"]),
    ...unsupportedChanged.map(({ type, count }) => `not in the difference: ${count} x ${type}, which no pricer knows`),
    ...(change.leftOut === undefined ? [] : [leftOut]),
    ...describeTokens(stack.tokensBefore, stack.tokensAfter),
    ...(rows.length > 0 && stack.alternatives.length > 0 ? [...describeAlternatives(stack.alternatives), ""] : []),
    `prices: ${describeDates(lines)}${isAssumed ? "; ** use is assumed" : ""}`,
  ];
}

const changeColumns = [
  { heading: "" },
  { heading: "RESOURCE" },
  { heading: "COMPONENT" },
  { heading: "BEFORE", right: true },
  { heading: "AFTER", right: true },
  { heading: "CHANGE", right: true },
  { heading: "PRICE OF" },
];

/** The sums before and after, with every mark that they need; of a part only where the file has no more. */
function describeSums(stack: StackReport): string[] {
  const { change, before, after, delta, differenceComplete } = stack;
  const whole = change.leftOut === undefined;
  const of = whole ? "" : " of the changed part";
  const atLeast = before.complete && after.complete ? "" : "at least ";
  const sum = (what: string, column: (amounts: Amounts) => Money) => {
    const [old, fresh] = [column(totalsAsAmounts(before)), column(totalsAsAmounts(after))];
    const difference = deltaOf(stack, column);
    const share = whole && differenceComplete ? shareOf(old, difference) : "";
    const known = differenceComplete ? "" : " of what is known";
    const words = `${signed(difference)}${known}${share === "" ? "" : `, ${share}`}`;
    return `${what}${of}: ${atLeast}${toDollars(old)} -> ${atLeast}${toDollars(fresh)} (${words})`;
  };
  const hasUse = !before.usageMonthlyUsd.eq(0) || !after.usageMonthlyUsd.eq(0);
  const hasFee = !before.oneOffUsd.eq(0) || !after.oneOffUsd.eq(0);
  const toPay = delta.oneOffUsd.eq(0) ? "nothing" : toDollars(delta.oneOffUsd);
  const fee = `upfront${of}: ${toDollars(before.oneOffUsd)} -> ${toDollars(after.oneOffUsd)}, ${toPay} of it to pay`;
  return [
    sum("run rate a month", ({ monthlyUsd }) => monthlyUsd),
    ...(hasUse ? [sum("by use a month", ({ usageMonthlyUsd }) => usageMonthlyUsd)] : []),
    ...(hasFee ? [fee] : []),
  ];
}

function changedLines(resources: readonly ResourceChange[]): CostLine[] {
  return resources
    .flatMap(({ lines }) => lines.flatMap(({ before, after }) => [before, after]))
    .filter((line) => line !== undefined);
}

function cellsOf({ mark, name, component, before, after, change, origin }: ChangeRow): string[] {
  return [mark, name, component, before, after, change, origin];
}

function describeTogether(report: CostReport): string[] {
  const { stacks } = report;
  const columns = [
    { heading: "STACK" },
    { heading: "BEFORE", right: true },
    { heading: "AFTER", right: true },
    { heading: "CHANGE", right: true },
    { heading: "", right: true },
    { heading: "UPFRONT", right: true },
  ];
  const row = (title: string, compared: Compared, isComplete: boolean, isWhole: boolean) => {
    const delta = monthlyDelta(compared);
    const show = (amounts: Amounts) => `${isComplete ? "" : ">= "}${toDollars(monthlyOf(amounts))}`;
    const share = shareOf(monthlyOf(compared.before), delta);
    const mark = !compared.differenceComplete ? "of what is known" : isWhole ? share : "of a part";
    const { oneOffUsd: once } = compared.delta;
    return [title, show(compared.before), show(compared.after), signed(delta), mark, once.eq(0) ? "" : signed(once)];
  };
  const rows = stacks.map((stack) =>
    row(stack.title, stack, stack.before.complete && stack.after.complete, stack.change.leftOut === undefined),
  );
  const together = row("together", report, report.complete, report.wholeStacks);
  return ["all stacks, $ a month with use", ...indent(table(columns, [...rows, together]))];
}

/** `$/M output tokens at 50 % of the planned load: llm $12.34 -> $6.17`. */
export function describeTokens(before: readonly TokenCost[], after: readonly TokenCost[]): string[] {
  const [first] = after;
  if (!first) return [];
  const show = ({ usdPerMillionTokens, complete }: TokenCost) =>
    `${complete ? "" : "at least "}${toDollars(usdPerMillionTokens)}`;
  const each = after.map((cost) => {
    const was = before.find(({ cluster }) => cluster === cost.cluster);
    return `${cost.cluster} ${was ? `${show(was)} -> ` : ""}${show(cost)}`;
  });
  return [
    `a million output tokens, at ${Math.round(first.utilization * 100)} % of the planned load: ${each.join(", ")}`,
  ];
}

/** The same machines bought otherwise, one line each. */
export function describeAlternatives(alternatives: readonly Alternative[]): string[] {
  if (alternatives.length === 0) return [];
  const several = new Set(alternatives.map(({ cluster }) => cluster)).size > 1;
  const columns = [
    { heading: "INSTEAD" },
    { heading: "MACHINES" },
    { heading: "$/MONTH", right: true },
    { heading: "CHANGE", right: true },
    { heading: "PRICE OF" },
    { heading: "NOTE" },
  ];
  const rows = alternatives.map(
    ({ cluster, what, machine, nodes, region, mode, monthlyUsd, deltaMonthlyUsd, price, note }) => [
      several ? `${cluster}: ${what}` : what,
      `${nodes} x ${machine}, ${mode}, ${region}`,
      toDollars(monthlyUsd),
      deltaMonthlyUsd ? signed(deltaMonthlyUsd) : "not known",
      showPrice(price),
      note,
    ],
  );
  return ["", "the same number of machines otherwise, machines alone:", ...indent(table(columns, rows))];
}
