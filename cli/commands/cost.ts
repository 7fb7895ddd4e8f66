import { reportCosts, type StackReport } from "../../pricing/diff/report";
import type { StackChange } from "../../pricing/inputs/stackChange";
import { readInput } from "../costInputs";
import { type PricingOptions, readSettings } from "../costSettings";
import { describeEstimate } from "../costText";
import { describeAlternatives, describeTokens } from "../diffText";
import { indent } from "../table";
import { readFormat, render, writeReport } from "./diff";

/** Options of `cost`. */
export interface CostOptions extends PricingOptions {
  format?: string;
  json?: boolean;
  out?: string;
}

/** `llm-cluster cost`: what a stack costs, by a stack file, a preview (what it leads to), an export or an event log. */
export async function cost(file: string, options: CostOptions): Promise<void> {
  const format = readFormat(options);
  const settings = readSettings(options);
  const { change } = await readInput(file);
  // What there was before is another question: `diff` answers it.
  const alone: StackChange = { ...change, before: undefined, steps: [] };
  const report = reportCosts([alone], settings.report);
  if (format !== "table") {
    writeReport(render(report, [], settings, { format, command: "breakdown" }), options.out);
    return;
  }
  const lines = report.stacks.flatMap((stack) => describeStackCost(stack));
  writeReport([...lines, ...settings.remarks.map((words) => `note: ${words}`)].join("\n"), options.out);
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
