import type { Budget } from "../pricing/diff/gate";
import type { CostReport } from "../pricing/diff/report";
import { money } from "../pricing/money";
import { readDollars } from "./costSettings";
import { UserError } from "./output";

/**
 * The budgets of a report: `--budget` for all its stacks together, and each stack's own, from its configuration
 * (`llm-cluster:budget: {monthlyUsd: 50000}`), which a preview's JSON carries too.
 */
export function readBudgets(report: CostReport, given: string | undefined): Budget[] {
  const amount = readDollars(given, "--budget");
  const whole = amount === undefined ? [] : [{ monthlyUsd: money(amount), given: "--budget" }];
  const own = report.stacks.flatMap(({ title, change }) => {
    const key = [`${change.project}:budget`, "llm-cluster:budget"].find((name) => change.config[name] !== undefined);
    const text = key === undefined ? undefined : change.config[key];
    const monthlyUsd = key === undefined || text === undefined ? undefined : readOwn(text, `${change.file}: ${key}`);
    return monthlyUsd === undefined ? [] : [{ monthlyUsd: money(monthlyUsd), title, given: key ?? "" }];
  });
  return [...whole, ...own];
}

function readOwn(text: string, where: string): number | undefined {
  const fix = "Fix: write {monthlyUsd: 50000}";
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new UserError(`${where}: ${text} is no mapping. ${fix}`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new UserError(`${where}: ${text} is no mapping. ${fix}`);
  }
  const { monthlyUsd, ...rest } = content as { monthlyUsd?: unknown };
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new UserError(`${where}.${unknown}: is not a known key. ${fix}`);
  if (monthlyUsd === undefined) return undefined;
  if (typeof monthlyUsd !== "number" || !(monthlyUsd >= 0) || !Number.isFinite(monthlyUsd)) {
    throw new UserError(`${where}.monthlyUsd: ${JSON.stringify(monthlyUsd)} is no amount of US dollars. ${fix}`);
  }
  return monthlyUsd;
}
