import type { Amounts } from "../diff/diffStack";
import type { GateResult } from "../diff/gate";
import type { CostReport, StackReport } from "../diff/report";
import type { TokenCost } from "../diff/tokens";
import { toDollars } from "../money";
import { type ChangeRow, changeRows, monthlyOf, withoutTrifles } from "./changeRow";
import { shareOf, showPrice, signed } from "./format";
import { type Compared, headline, monthlyDelta } from "./headline";
import { commentMarker, unchangedMarker } from "./marker";

/** How a comment is written. */
export interface MarkdownFacts {
  gates?: readonly GateResult[];
  /** Tells several comments on one pull request apart. Letters, digits, `-`, `_` and `.`. */
  tag?: string;
  /** `prices: of 2024-07-01 to 2026-09-21`. */
  prices: string;
  /** What to know of the book itself: that it is stale, say. */
  remarks?: readonly string[];
}

/** A report as the Markdown of a comment: the headline, a row a stack, what to know, and every line folded away. */
export function toMarkdown(report: CostReport, { gates = [], tag, prices, remarks = [] }: MarkdownFacts): string {
  const { stacks } = report;
  const changed = stacks.filter(isChanged);
  return [
    commentMarker(tag),
    ...(changed.length === 0 && report.differenceComplete ? [unchangedMarker] : []),
    `### ${headline(report)}`,
    "",
    ...stackTable(report),
    ...changed.flatMap(decisionLines),
    ...gateLines(gates),
    ...changed.flatMap(warningLines),
    ...changed
      .filter(({ resources, unsupportedChanged }) => resources.length + unsupportedChanged.length > 0)
      .flatMap(details),
    ...stacks.flatMap(noteLines),
    `<sub>${plain([prices, ...remarks, ...footnotes(report)].join(". "))}.</sub>`,
    "",
  ].join("\n");
}

function isChanged({ resources, unsupportedChanged, warnings, decisions }: StackReport): boolean {
  return resources.length > 0 || unsupportedChanged.length > 0 || warnings.length > 0 || decisions.length > 0;
}

function stackTable(report: CostReport): string[] {
  const { stacks, complete, wholeStacks } = report;
  const upfront = stacks.some((stack) => !stack.before.oneOffUsd.eq(0) || !stack.after.oneOffUsd.eq(0));
  const head = ["stack", "before", "after", "change", ...(upfront ? ["upfront"] : [])];
  const row = (title: string, compared: Compared, sure: boolean, whole: boolean) => {
    const delta = monthlyDelta(compared);
    const { oneOffUsd: once } = compared.delta;
    const total = (amounts: Amounts) => `${sure ? "" : "≥ "}${toDollars(monthlyOf(amounts))}${whole ? "" : " †"}`;
    const share = whole && compared.differenceComplete ? shareOf(monthlyOf(compared.before), delta) : "";
    const known = delta.eq(0) ? "-" : `${signed(delta)}${share === "" ? "" : ` (${share})`}`;
    const change = compared.differenceComplete ? known : `${known} ‡`;
    return [
      title,
      total(compared.before),
      total(compared.after),
      change,
      ...(upfront ? [once.eq(0) ? "-" : signed(once)] : []),
    ];
  };
  const rows = stacks.map((stack) =>
    row(plain(stack.title), stack, stack.before.complete && stack.after.complete, stack.change.leftOut === undefined),
  );
  const together = stacks.length > 1 ? [row("**together**", report, complete, wholeStacks)] : [];
  return [...markdownTable(head, [...rows, ...together], 1), ""];
}

function decisionLines({ title, decisions }: StackReport): string[] {
  return decisions.length === 0 ? [] : [...decisions.map((words) => `- **${plain(title)}** ${plain(words)}`), ""];
}

function gateLines(gates: readonly GateResult[]): string[] {
  const failed = gates.filter(({ state }) => state !== "kept");
  const alert = failed.length === 0 ? [] : ["> [!CAUTION]", ...failed.map(({ words }) => `> ${plain(words)}  `), ""];
  const kept = gates.filter(({ state }) => state === "kept").map(({ words }) => `- ${plain(words)}`);
  return [...alert, ...kept, ...(kept.length > 0 ? [""] : [])];
}

function warningLines({ title, warnings }: StackReport): string[] {
  if (warnings.length === 0) return [];
  return ["> [!WARNING]", ...warnings.map((words) => `> **${plain(title)}**: ${plain(words)}  `), ""];
}

function noteLines({ title, change }: StackReport): string[] {
  const notes = change.notes.map((words) => `- ${plain(title)}: ${plain(words)}`);
  return notes.length > 0 ? [...notes, ""] : [];
}

function details(stack: StackReport): string[] {
  const { title, resources, unsupportedChanged, tokensBefore, tokensAfter, alternatives } = stack;
  const head = ["", "resource", "component", "before", "after", "change", "price of"];
  const shown = withoutTrifles(resources);
  const rows = shown.resources.flatMap(changeRows).map(cellsOf);
  const trifles =
    shown.trifles === 0
      ? []
      : [`- and ${shown.trifles} ${shown.trifles === 1 ? "line" : "lines"} of less than a cent a month`];
  const unknown = unsupportedChanged.map(
    ({ type, count }) => `- not in the difference: ${count} x ${plain(type)}, which no pricer knows`,
  );
  const tokens = tokensAfter.map((cost) => {
    const was = tokensBefore.find(({ cluster }) => cluster === cost.cluster);
    const show = ({ complete, usdPerMillionTokens }: TokenCost) =>
      `${complete ? "" : "at least "}${toDollars(usdPerMillionTokens)}`;
    const load = `${Math.round(cost.utilization * 100)} % of the planned load`;
    return `- a million output tokens of ${plain(cost.cluster)} at ${load}: ${was ? `${show(was)} → ` : ""}${show(cost)}`;
  });
  const several = new Set(alternatives.map(({ cluster }) => cluster)).size > 1;
  const others = alternatives.map(
    ({ cluster, nodes, machine, mode, region, monthlyUsd, deltaMonthlyUsd, note, price }) => [
      plain(`${several ? `${cluster}: ` : ""}${nodes} x ${machine}, ${mode}, ${region}`),
      toDollars(monthlyUsd),
      deltaMonthlyUsd ? signed(deltaMonthlyUsd) : "not known",
      plain(showPrice(price)),
      plain(note),
    ],
  );
  const count = resources.length === 1 ? "1 resource costs" : `${resources.length} resources cost`;
  return [
    "<details>",
    `<summary>${insideHtml(title)}: ${count} otherwise</summary>`,
    "",
    ...(rows.length > 0 ? [...markdownTable(head, rows, 3, 6), ""] : []),
    ...[...trifles, ...unknown, ...tokens],
    ...(trifles.length + unknown.length + tokens.length > 0 ? [""] : []),
    ...(others.length > 0
      ? [
          "The same number of machines otherwise, machines alone:",
          "",
          ...markdownTable(["instead", "a month", "change", "price of", ""], others, 1, 3),
          "",
        ]
      : []),
    "</details>",
    "",
  ];
}

function cellsOf({ mark, name, component, before, after, change, origin }: ChangeRow): string[] {
  const sign = mark === "" ? "" : `\`${mark}\``;
  return [sign, ...[name, component, before, after].map(plain), change, plain(origin)];
}

/** Inside a tag Markdown is not read, and its escapes would show. */
function insideHtml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\r\n]+/g, " ");
}

function footnotes(report: CostReport): string[] {
  const lines = report.stacks.flatMap(({ resources }) => resources.flatMap((resource) => resource.lines));
  const uses = lines.flatMap(({ before, after }) => [before?.usage?.basis, after?.usage?.basis]);
  return [
    "A month is 730 hours, use included; upfront amounts are never added to it",
    ...(uses.includes("stated") ? ["* use as stated in the usage file"] : []),
    ...(uses.includes("assumed") ? ["** use is assumed"] : []),
    ...(report.wholeStacks
      ? []
      : ["† of the changed part: unchanged resources are not in the preview; `--show-sames` has them"]),
    ...(report.complete ? [] : ["≥ something has no price or no quantity"]),
    ...(report.differenceComplete ? [] : ["‡ of what is known"]),
  ];
}

/** @param rightFrom the first column that is lined up at its right end; @param rightTo the first after them */
function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  rightFrom: number,
  rightTo = head.length,
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, index) => (index >= rightFrom && index < rightTo ? "--:" : "---"));
  return [line(head), line(rule), ...rows.map(line)];
}

/** Names are the user's: what Markdown or HTML would read otherwise is written so that it shows. */
function plain(text: string): string {
  return (
    text
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/([\\`[\]*_~|])/g, "\\$1")
      // Forges make mentions, references and links of bare text.
      .replace(/@(?=\w)/g, "@\u200b")
      .replace(/#(?=\d)/g, "#\u200b")
      .replace(/:\/\/|\bwww\./g, (text) => `${text[0]}\u200b${text.slice(1)}`)
      .replace(/[\r\n]+/g, " ")
  );
}
