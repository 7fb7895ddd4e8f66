import { writeFileSync } from "node:fs";
import { type GateResult, type GateRule, judge, readGateRule } from "../../pricing/diff/gate";
import { type CostReport, reportCosts } from "../../pricing/diff/report";
import type { StackChange } from "../../pricing/inputs/stackChange";
import { toHtml } from "../../pricing/render/html";
import { toInfracost } from "../../pricing/render/infracost";
import { toMarkdown } from "../../pricing/render/markdown";
import { readBudgets } from "../budgets";
import { combineInputs, folderOfInputs, readAgainst, readInput } from "../costInputs";
import { type CostSettings, describeUnmatched, now, type PricingOptions, readSettings } from "../costSettings";
import { describeDates } from "../costText";
import { describeReport } from "../diffText";
import { exitCode, UserError } from "../output";

/** Options of `diff`. */
export interface DiffOptions extends PricingOptions {
  against?: string;
  each?: boolean;
  format?: string;
  json?: boolean;
  out?: string;
  tag?: string;
  budget?: string;
  failOn?: string[];
}

const formats = ["table", "json", "markdown", "html"] as const;
type Format = (typeof formats)[number];

/** `llm-cluster diff`: what a change of one or more stacks costs. */
export async function diff(files: readonly string[], options: DiffOptions): Promise<void> {
  const format = readFormat(options);
  const rules = (options.failOn ?? []).map(readRule);
  checkTag(options.tag);
  const settings = readSettings(options, folderOfInputs(files));
  const changes = await readChanges(files, options);
  settings.remarks.push(...describeUnmatched(settings, changes));
  const report = reportCosts(changes, settings.report);
  const gates = judge(report, readBudgets(report, options.budget), rules);
  writeReport(render(report, gates, settings, { format, tag: options.tag, command: "diff" }), options.out);
  const failed = gates.filter(({ state }) => state !== "kept");
  // A table says it already; whoever reads a file or a document is told beside it.
  if (format !== "table" || options.out !== undefined)
    for (const { words } of failed) console.error(`llm-cluster: ${words}`);
  process.exitCode = codeOf(failed);
}

async function readChanges(files: readonly string[], { against, each }: DiffOptions): Promise<StackChange[]> {
  if (against !== undefined) {
    const changes = await readAgainst(files, against);
    refuseRepeats(changes);
    return changes;
  }
  if (files.length > 2 && !each) {
    throw new UserError(
      `${files.length} files: two are a before and an after. Fix: add --each if every file is a change of its own`,
    );
  }
  const inputs = [];
  for (const file of files) inputs.push(await readInput(file));
  const [before, after] = inputs;
  if (before && after && !each) return [combineInputs(before, after)];
  refuseRepeats(inputs.map(({ change }) => change));
  return inputs.map(({ change }) => {
    if (!change.before) {
      const what = `${change.file}: is a ${change.kind}, which has no before`;
      throw new UserError(
        `${what}. Fix: give two files, --against REVISION for a stack file, or what pulumi preview --json printed`,
      );
    }
    return change;
  });
}

/** A stack that is given twice would be counted twice. */
function refuseRepeats(changes: readonly StackChange[]): void {
  const seen = new Map<string, string>();
  for (const { project, stack, file } of changes) {
    if (stack === undefined) continue;
    const title = `${project}/${stack}`;
    const other = seen.get(title);
    if (other !== undefined)
      throw new UserError(`${file}: is of ${title}, and so is ${other}. Fix: give each stack once`);
    seen.set(title, file);
  }
}

interface Rendering {
  format: Format;
  tag?: string;
  command: string;
}

/** A report in one of the formats. */
export function render(
  report: CostReport,
  gates: readonly GateResult[],
  { remarks }: CostSettings,
  { format, tag, command }: Rendering,
): string {
  const lines = report.stacks.flatMap(({ before, after }) => [...before.lines, ...after.lines]);
  const prices = `Prices ${describeDates(lines)}`;
  switch (format) {
    case "json":
      return JSON.stringify(toInfracost(report, { timeGenerated: now().toISOString(), command, gates }), undefined, 2);
    case "markdown":
      return toMarkdown(report, { gates, tag, prices, remarks }).trimEnd();
    case "html":
      return toHtml(report, { gates, prices, remarks }).trimEnd();
    default:
      return [...describeReport(report, gates), ...remarks.map((words) => `note: ${words}`)].join("\n");
  }
}

/** Writes to a file, or to standard output. */
export function writeReport(text: string, out: string | undefined): void {
  if (out === undefined) {
    console.log(text);
    return;
  }
  try {
    writeFileSync(out, `${text}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      `--out ${out}: cannot be written (${code}). Fix: give a path in a folder that you may write to`,
    );
  }
  console.error(`wrote ${out}`);
}

/** The format that is asked for; `--json` is short for `--format json`. */
export function readFormat(
  { format = "table", json }: Pick<DiffOptions, "format" | "json">,
  known: readonly Format[] = formats,
): Format {
  const asked = known.find((one) => one === (json ? "json" : format));
  if (asked) return asked;
  throw new UserError(`--format: ${format} is none. Fix: ${known.join(", ")}`);
}

function readRule(given: string): GateRule {
  const rule = readGateRule(given);
  if (rule) return rule;
  throw new UserError(
    `--fail-on: ${given} is no rule. Fix: increase>10%, increase>500 (US dollars a month) or incomplete`,
  );
}

function checkTag(tag: string | undefined): void {
  if (tag === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(tag)) return;
  throw new UserError(`--tag: ${tag} is no tag. Fix: up to 64 letters, digits, and - _ .`);
}

/** The first that applies: cannot be judged, over a limit, incomplete. */
function codeOf(failed: readonly GateResult[]): number {
  const states = new Set(failed.map(({ state }) => state));
  if (states.has("unjudged")) return exitCode.error;
  if (states.has("broken")) return exitCode.overBudget;
  return states.has("incomplete") ? exitCode.incomplete : exitCode.ok;
}
