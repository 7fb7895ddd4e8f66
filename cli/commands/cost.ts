import { reportCosts, type StackReport } from "../../pricing/diff/report";
import type { StackChange } from "../../pricing/inputs/stackChange";
import type { PriceBook } from "../../pricing/priceBook";
import { hiddenFacts } from "../../pricing/render/hidden";
import { folderOfInputs, readInput } from "../costInputs";
import { describeUnmatched, type PricingOptions, readSettings } from "../costSettings";
import { describeEstimate } from "../costText";
import { describeAlternatives, describeTokens } from "../diffText";
import type { RawHiddenOptions } from "../hiddenOptions";
import { findHidden, readHiddenOptions } from "../hiddenSettings";
import { describeHidden, describeOnPremises } from "../hiddenText";
import { indent } from "../table";
import { readFormat, render, writeReport } from "./diff";

/** Options of `cost`. */
export interface CostOptions extends PricingOptions, RawHiddenOptions {
  format?: string;
  json?: boolean;
  out?: string;
}

/** `llm-cluster cost`: what a stack costs, by a stack file, a preview (what it leads to), an export or an event log. */
export async function cost(file: string, options: CostOptions): Promise<void> {
  const format = readFormat(options, ["table", "json"]);
  const settings = readSettings(options, folderOfInputs([file]));
  // Before the file is read: a slip in an option is told at once.
  readHiddenOptions(options);
  const { change } = await readInput(file);
  // What there was before is another question: `diff` answers it.
  const alone: StackChange = { ...change, before: undefined, steps: [] };
  settings.remarks.push(...describeUnmatched(settings, [alone]));
  const report = reportCosts([alone], settings.report);
  if (format !== "table") {
    const text = render(report, [], settings, { format, command: "breakdown" });
    if (!options.hiddenCosts && !options.onPremises) return writeReport(text, options.out);
    const hidden = report.stacks.map((stack) => {
      const { costs, comparisons, note } = findHidden(stack, options, settings.report.prices);
      return { title: stack.title, note, ...hiddenFacts(costs, comparisons) };
    });
    const { llmCluster, ...theirs } = JSON.parse(text);
    writeReport(JSON.stringify({ ...theirs, llmCluster: { ...llmCluster, hidden } }, undefined, 2), options.out);
    return;
  }
  const lines = report.stacks.flatMap((stack) => [
    ...describeStackCost(stack),
    ...indent(describeStackHidden(stack, options, settings.report.prices)),
  ]);
  writeReport([...lines, ...settings.remarks.map((words) => `note: ${words}`)].join("\n"), options.out);
}

function describeStackHidden(stack: StackReport, options: RawHiddenOptions, prices: PriceBook): string[] {
  const { costs, comparisons, note } = findHidden(stack, options, prices);
  return [
    ...(note === undefined ? [] : ["", note]),
    ...(costs ? ["", ...describeHidden(costs)] : []),
    ...(comparisons ? ["", ...describeOnPremises(comparisons)] : []),
  ];
}

function describeStackCost({ title, change, after, tokensAfter, alternatives, warnings }: StackReport): string[] {
  const where = title === change.file ? "" : ` (${change.kind} ${change.file})`;
  const partial =
    change.leftOut === undefined
      ? []
      : [
          `${change.leftOut} unchanged resources are not in this file, and not in these sums. pulumi preview --json --show-sames has them`,
        ];
  return [
    `${title}${where}`,
    ...indent([
      ...describeEstimate(after),
      ...partial,
      ...describeTokens([], tokensAfter),
      ...describeAlternatives(alternatives),
      ...warnings.map((words) => `warning: ${words}`),
    ]),
  ];
}
