import { toDollars } from "../../pricing/money";
import { parseDecision } from "../../sizing/decision";
import type { Plan } from "../../sizing/plan";
import { planDecision, type Sizing } from "../../sizing/planner";
import { collect, type RawOptions, sizeOptions } from "../options";
import { exitCode, print, printJson, UserError } from "../output";
import { describePlan } from "../planText";
import { table } from "../table";
import { readYamlFile } from "../yamlFile";

/** `llm-cluster size`: decision in, plan and ranked candidates out. */
export function size(options: RawOptions): void {
  const given = collect(sizeOptions, options, ["decision", "json", "explain"]);
  const file: DecisionFile =
    typeof options.decision === "string" ? readDecisionFile(options.decision) : { decision: {} };
  const decision = merge(file.decision, given);
  // A region that is asked for wins over the stack's; only a stack file that contradicts itself is an error.
  const region = given.region === undefined ? file.region : undefined;
  const sizing = planDecision(parseDecision(decision, { region }));
  if (options.json) printJson(sizing);
  else print(describeSizing(sizing, options.explain === true));
  process.exitCode = sizing.plan.verdict === "no" ? exitCode.unfit : exitCode.ok;
}

interface DecisionFile {
  decision: Record<string, unknown>;
  /** The stack's own region. */
  region?: string;
}

/** A file of decision keys, or a stack file, whose decision and region are taken. */
function readDecisionFile(path: string): DecisionFile {
  const content = readYamlFile(path, `--decision ${path}`);
  const { config } = content;
  if (!isMapping(config)) return { decision: content };
  const decision = config["llm-cluster:decision"] ?? config.decision;
  if (!isMapping(decision)) {
    throw new UserError(
      `${path}: config has no decision. Fix: add llm-cluster:decision, or give a file of decision keys`,
    );
  }
  const region = config["aws:region"];
  return { decision, region: typeof region === "string" ? region : undefined };
}

/** Options win over the file, key by key, also inside capacity, targets and overrides. */
function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = result[key];
    const both = isMapping(before) && isMapping(value);
    result[key] = both ? { ...before, ...value } : value;
  }
  return result;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describeSizing({ plan, candidates }: Sizing, explain: boolean): string[] {
  const lines = [...describePlan(plan, explain), ""];
  const columns = [
    { heading: "#", right: true },
    { heading: "VERDICT" },
    { heading: "MACHINES" },
    { heading: "LAYOUT" },
    { heading: "FREE GiB/GPU", right: true },
    { heading: "ms/TOKEN", right: true },
    { heading: "$/HOUR", right: true },
    { heading: "$/MONTH", right: true },
    { heading: "WHY NOT" },
  ];
  lines.push(...table(columns, candidates.map(candidateRow)));
  return lines;
}

function candidateRow(plan: Plan, index: number): string[] {
  const { cost, throughput } = plan;
  return [
    String(index + 1),
    plan.verdict,
    `${plan.nodes} x ${plan.machine}`,
    `TP${plan.tensorParallel} x PP${plan.pipelineParallel}, ${plan.replicas} replica${plan.replicas > 1 ? "s" : ""}`,
    plan.memory.shortGiB > 0 ? `-${plan.memory.shortGiB.toFixed(1)}` : plan.memory.freeGiB.toFixed(1),
    throughput ? throughput.timePerOutputTokenMs.toFixed(1) : "-",
    cost.hourlyCostUsd ? toDollars(cost.hourlyCostUsd) : "unknown",
    cost.monthlyCostUsd ? toDollars(cost.monthlyCostUsd) : cost.oneOffCostUsd ? "upfront" : "unknown",
    plan.verdict === "fits" ? "" : (plan.warnings[0] ?? ""),
  ];
}
