import type { Amounts } from "../diff/diffStack";
import type { GateResult } from "../diff/gate";
import type { CostReport, StackReport } from "../diff/report";
import { toDollars } from "../money";
import { type ChangeRow, changeRows, monthlyOf } from "./changeRow";
import { shareOf, signed } from "./format";
import { type Compared, headline, monthlyDelta } from "./headline";

/** What a page says beside the report. */
export interface HtmlFacts {
  gates?: readonly GateResult[];
  prices: string;
  remarks?: readonly string[];
}

// One file without scripts or links: it opens anywhere, and asks nobody for anything.
const style = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{padding:.25rem .6rem;text-align:left;border-bottom:1px solid #d0d7de}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.warn{background:#fff8c5;padding:.5rem .8rem;border-left:4px solid #bf8700}
.fail{background:#ffebe9;padding:.5rem .8rem;border-left:4px solid #cf222e}small{color:#57606a}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}.warn{background:#3a2d00}.fail{background:#490b12}small{color:#9198a1}}`;

/** A report as one self-contained HTML page. */
export function toHtml(report: CostReport, { gates = [], prices, remarks = [] }: HtmlFacts): string {
  const { stacks } = report;
  const title = headline(report);
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${plain(title)}</title><style>${style}</style></head><body>`,
    `<h1>${plain(title)}</h1>`,
    ...gates.map(({ state, words }) => `<p class="${state === "kept" ? "" : "fail"}">${plain(words)}</p>`),
    overview(report),
    ...stacks.map(stackSection),
    `<small>${plain([prices, ...remarks].join(". "))}. A month is 730 hours, use included; upfront amounts are never added to it. * use is stated, ** assumed.</small>`,
    "</body></html>",
    "",
  ].join("\n");
}

function overview(report: CostReport): string {
  const { stacks, complete, wholeStacks, differenceComplete } = report;
  const cells = (compared: Compared, sure: boolean, whole: boolean) => {
    const delta = monthlyDelta(compared);
    const show = (amounts: Amounts) => `${sure ? "" : "at least "}${toDollars(monthlyOf(amounts))}`;
    const share = whole && compared.differenceComplete ? shareOf(monthlyOf(compared.before), delta) : "";
    const known = compared.differenceComplete ? "" : " of what is known";
    const { oneOffUsd: once } = compared.delta;
    return [
      show(compared.before),
      show(compared.after),
      `${signed(delta)}${known}`,
      share,
      once.eq(0) ? "" : signed(once),
    ];
  };
  const rows = stacks.map((stack) =>
    row([stack.title], cells(stack, stack.before.complete && stack.after.complete, stack.change.leftOut === undefined)),
  );
  const together = stacks.length > 1 ? [row(["together"], cells(report, complete, wholeStacks))] : [];
  const right = differenceComplete ? " The differences are right." : "";
  const note = wholeStacks
    ? ""
    : `<p>Sums are of the changed part: unchanged resources are not in the preview.${right}</p>`;
  const head = row(["stack"], ["before", "after", "change", "", "upfront"], "th");
  return `<table><thead>${head}</thead><tbody>${[...rows, ...together].join("")}</tbody></table>${note}`;
}

function stackSection(stack: StackReport): string {
  const rows = stack.resources.flatMap(changeRows).map(rowOf);
  const head = `<tr>${["", "resource", "component", "before", "after", "change", "price of"].map((text) => `<th>${text}</th>`).join("")}</tr>`;
  return [
    `<h2>${plain(stack.title)}</h2>`,
    ...stack.decisions.map((words) => `<p>${plain(words)}</p>`),
    ...stack.change.notes.map((words) => `<p>${plain(words)}</p>`),
    ...stack.warnings.map((words) => `<p class="warn">${plain(words)}</p>`),
    ...stack.unsupportedChanged.map(
      ({ type, count }) => `<p>not in the difference: ${count} x ${plain(type)}, which no pricer knows</p>`,
    ),
    rows.length > 0
      ? `<table><thead>${head}</thead><tbody>${rows.join("")}</tbody></table>`
      : `<p>Nothing that ${stack.differenceComplete ? "costs money" : "has a price here"} changes.</p>`,
  ].join("\n");
}

function rowOf({ mark, name, component, before, after, change, origin }: ChangeRow): string {
  return row([mark, name, component], [before, after, change], "td", [origin]);
}

function row(texts: readonly string[], numbers: readonly string[], tag = "td", after: readonly string[] = []): string {
  const text = (words: string) => `<${tag}>${plain(words)}</${tag}>`;
  const number = (words: string) => `<${tag} class="n">${plain(words)}</${tag}>`;
  return `<tr>${texts.map(text).join("")}${numbers.map(number).join("")}${after.map(text).join("")}</tr>`;
}

function plain(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
