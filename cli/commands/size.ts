import { toDollars } from "../../pricing/money";
import { parseDecision } from "../../sizing/decision";
import { type OwnHardware, tryOwnHardware } from "../../sizing/ownHardware";
import type { Plan } from "../../sizing/plan";
import { planDecision, type Sizing } from "../../sizing/planner";
import { notBuilt, notSold } from "../../sizing/warnings";
import { addedModels, folderOfDecision } from "../addedModels";
import { collect, type RawOptions, sizeOptions } from "../options";
import { exitCode, print, printJson, UserError } from "../output";
import { describePlan } from "../planText";
import { indent, table } from "../table";
import { readYamlFile } from "../yamlFile";

/** `llm-cluster size`: decision in, plan and ranked candidates out. */
export function size(options: RawOptions): void {
  const given = collect(sizeOptions, options, ["decision", "json", "explain"]);
  const file: DecisionFile =
    typeof options.decision === "string" ? readDecisionFile(options.decision) : { decision: {} };
  const decision = merge(file.decision, given);
  // A region that is asked for wins over the stack's; only a stack file that contradicts itself is an error.
  const region = given.region === undefined ? file.region : undefined;
  const folder = given.model === undefined ? folderOfDecision(options.decision as string | undefined) : ".";
  const models = addedModels(decision.model, folder);
  const resolved = parseDecision(decision, { region, models });
  const sizing = planDecision(resolved);
  const ownHardware = tryOwnHardware(resolved);
  if (options.json) printJson({ ...sizing, ownHardware });
  else print([...describeSizing(sizing, options.explain === true), "", ...describeOwnHardware(ownHardware)]);
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
    { heading: "REMARK" },
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
    `TP${plan.tensorParallel} x PP${plan.pipelineParallel}${plan.dataParallel > 1 ? ` x DP${plan.dataParallel}` : ""}, ${plan.replicas} replica${plan.replicas > 1 ? "s" : ""}`,
    plan.memory.shortGiB > 0 ? `-${plan.memory.shortGiB.toFixed(1)}` : plan.memory.freeGiB.toFixed(1),
    throughput ? throughput.timePerOutputTokenMs.toFixed(1) : "-",
    cost.hourlyCostUsd ? toDollars(cost.hourlyCostUsd) : "unknown",
    cost.monthlyCostUsd ? toDollars(cost.monthlyCostUsd) : cost.oneOffCostUsd ? "upfront" : "unknown",
    remarkOn(plan),
  ];
}

/** The first thing to know of a candidate: why not, or that nobody builds it here. */
function remarkOn({ verdict, warnings }: Plan): string {
  if (verdict !== "fits") return warnings[0] ?? "";
  const unsold = warnings.find((words) => words.includes(notSold));
  return warnings.some((words) => words.includes(notBuilt)) ? "sized only, not built by this package" : (unsold ?? "");
}

/** Whether cards without NVLink could do it, a line a kind and precision. */
function describeOwnHardware(rows: readonly OwnHardware[]): string[] {
  const lines = rows.map(
    ({ gpu, precision, cards, machines, tensorParallel, pipelineParallel, timePerOutputTokenMs }) => {
      if (cards === undefined)
        return `${gpu}, ${precision}: not on any number that is tried (8 in a machine, 16 machines)`;
      const where = machines === 1 ? "one machine" : `${machines} machines over the network`;
      return `${gpu}, ${precision}: ${cards} card${cards > 1 ? "s" : ""} in ${where}, tensor ${tensorParallel} x pipeline ${pipelineParallel}, about ${timePerOutputTokenMs} ms a token for one request${cards > 1 ? " (no NVLink: measured ones are slower)" : ""}`;
    },
  );
  return ["consumer GPUs, the fewest that load one request of the context length:", ...indent(lines)];
}
