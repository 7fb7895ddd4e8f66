import { type Estimate, estimateCost } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import type { Plan } from "../../sizing/plan";
import { describeEstimate } from "../costText";
import { exitCode, print, printJson, UserError } from "../output";
import { describePlan } from "../planText";
import { recordProgram } from "../preview/host";
import { readStackProject } from "../preview/project";
import { drawTree } from "../preview/tree";
import { indent } from "../table";

/** `llm-cluster preview`: the stack's real program, run offline; what it would create, and what that costs. */
export async function preview(file: string, options: { json?: boolean }): Promise<void> {
  const project = readStackProject(file);
  const { resources, warnings } = await record(project);
  const region = project.config["aws:region"];
  const estimate = estimateCost(resources, { region });
  const plans = resources.flatMap(({ name, type, outputs }) => {
    return type.startsWith("llm-cluster:") && outputs?.plan ? [{ name, plan: outputs.plan as Plan }] : [];
  });
  if (options.json) {
    printJson({
      project: project.name,
      stack: project.stack,
      plans,
      resources,
      cost: costDocument(estimate),
      warnings,
    });
    return;
  }
  const created = resources.filter(({ custom }) => custom).length;
  print([
    `${project.name}, stack ${project.stack} (${project.stackFile}): an offline preview, nothing was asked of a cloud`,
    ...plans.flatMap(({ name, plan }) => ["", `Plan of ${name}`, ...indent(describePlan(plan))]),
    "",
    `Resources: ${created} to create`,
    ...indent(drawTree(resources)),
    "",
    "Cost",
    ...indent(describeEstimate(estimate)),
    ...warnings.map((words) => `warning: ${words}`),
  ]);
}

/** A program that stops because its decision fits nothing has its own exit code. */
async function record(project: Parameters<typeof recordProgram>[0]) {
  try {
    return await recordProgram(project);
  } catch (error) {
    const unfit = error instanceof UserError && / does not fit \d+ x /.test(error.message);
    throw unfit ? new UserError(error.message, exitCode.unfit) : error;
  }
}

/** An estimate as data, money as decimal strings. */
function costDocument(estimate: Estimate) {
  return {
    hourlyCostUsd: toText(estimate.hourlyUsd, 4),
    monthlyCostUsd: toText(estimate.monthlyUsd),
    oneOffCostUsd: toText(estimate.oneOffUsd),
    complete: estimate.complete,
    priceDate: estimate.priceDate,
    unsupported: estimate.unsupported,
    freeResources: estimate.freeCount,
    lines: estimate.lines.map(({ quantity, monthlyUsd, oneOffUsd, ...line }) => ({
      ...line,
      quantity: quantity?.toString(),
      monthlyCostUsd: monthlyUsd && toText(monthlyUsd),
      oneOffCostUsd: oneOffUsd && toText(oneOffUsd),
    })),
  };
}
