import type { GateResult } from "../diff/gate";
import type { CostReport, StackReport } from "../diff/report";
import { shownDelta, toDollars } from "../money";
import { type ChangeRow, changeRows, monthlyOf } from "./changeRow";
import { shareOf, signed } from "./format";

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
  const { stacks, before, after } = report;
  const delta = shownDelta(monthlyOf(before), monthlyOf(after));
  const title = delta.eq(0) ? "Cost: no monthly change" : `Cost: ${signed(delta)} a month`;
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

function overview({ stacks, wholeStacks }: CostReport): string {
  const rows = stacks.map((stack) => {
    const [old, fresh] = [monthlyOf(stack.before), monthlyOf(stack.after)];
    const delta = shownDelta(old, fresh);
    const mark = stack.before.complete && stack.after.complete ? "" : "at least ";
    const once = shownDelta(stack.before.oneOffUsd, stack.after.oneOffUsd);
    const cells = [
      `${mark}${toDollars(old)}`,
      `${mark}${toDollars(fresh)}`,
      signed(delta),
      shareOf(old, delta),
      once.eq(0) ? "" : signed(once),
    ];
    return row([stack.title], cells);
  });
  const note = wholeStacks
    ? ""
    : "<p>Sums are of the changed part: unchanged resources are not in the preview. The differences are right.</p>";
  return `<table><thead>${row(["stack"], ["before", "after", "change", "", "upfront"], "th")}</thead><tbody>${rows.join("")}</tbody></table>${note}`;
}

function stackSection(stack: StackReport): string {
  const rows = stack.resources.flatMap(changeRows).map(rowOf);
  const head = `<tr>${["", "resource", "component", "before", "after", "change", "price of"].map((text) => `<th>${text}</th>`).join("")}</tr>`;
  return [
    `<h2>${plain(stack.title)}</h2>`,
    ...stack.decisions.map((words) => `<p>${plain(words)}</p>`),
    ...stack.warnings.map((words) => `<p class="warn">${plain(words)}</p>`),
    ...stack.unsupportedChanged.map(
      ({ type, count }) => `<p>not in the difference: ${count} x ${plain(type)}, which no pricer knows</p>`,
    ),
    rows.length > 0
      ? `<table><thead>${head}</thead><tbody>${rows.join("")}</tbody></table>`
      : "<p>Nothing that costs money changes.</p>",
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
