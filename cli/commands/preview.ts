import { existsSync } from "node:fs";
import { relative } from "node:path";
import { compareEstimates } from "../../pricing/compare";
import { type Estimate, estimateCost } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import type { Plan } from "../../sizing/plan";
import type { TrainingPlan } from "../../sizing/training/plan";
import { describeComparison, describeResourceChanges } from "../changeText";
import { describeEstimate } from "../costText";
import { exitCode, print, printJson, UserError } from "../output";
import { describeAnyPlan } from "../planText";
import { compareResources } from "../preview/changes";
import { recordProgram } from "../preview/host";
import { readStackProject, type StackProject } from "../preview/project";
import type { RecordedResource } from "../preview/recorder";
import { checkoutRevision } from "../preview/revision";
import { drawTree } from "../preview/tree";
import { indent } from "../table";

interface PreviewOptions {
  json?: boolean;
  against?: string;
}

/** A stack as its program describes it, and what that costs. */
interface Previewed {
  project: StackProject;
  resources: RecordedResource[];
  warnings: string[];
  plans: { name: string; plan: Plan | TrainingPlan }[];
  estimate: Estimate;
}

/** `llm-cluster preview`: the stack's real program, run offline; what it would create, and what that costs. */
export async function preview(file: string, options: PreviewOptions): Promise<void> {
  const after = await previewStack(readStackProject(file));
  const before = options.against === undefined ? undefined : await previewBefore(options.against, after.project);
  if (options.json) printJson(toDocument(after, before));
  else print(before ? describeChange(before, after) : describePreview(after));
}

async function previewStack(project: StackProject): Promise<Previewed> {
  const { resources, warnings } = await record(project);
  const plans = resources.flatMap(({ name, type, outputs }) => {
    return type.startsWith("llm-cluster:") && outputs?.plan
      ? [{ name, plan: outputs.plan as Plan | TrainingPlan }]
      : [];
  });
  return {
    project,
    resources,
    warnings,
    plans,
    estimate: estimateCost(resources, { region: project.config["aws:region"] }),
  };
}

/** The state before: another stack file, or this one as it was at a git revision. */
async function previewBefore(against: string, { root, stackPath }: StackProject): Promise<Previewed> {
  if (/\.ya?ml$/.test(against) || existsSync(against)) return previewStack(readStackProject(against));
  const revision = checkoutRevision(against, root, stackPath);
  try {
    return await previewStack({
      ...readStackProject(revision.stackFile),
      stackFile: `${relative(process.cwd(), stackPath)} at ${against}`,
    });
  } finally {
    revision.remove();
  }
}

function describePreview({ project, resources, warnings, plans, estimate }: Previewed): string[] {
  const created = resources.filter(({ custom }) => custom).length;
  return [
    `${project.name}, stack ${project.stack} (${project.stackFile}): an offline preview, nothing was asked of a cloud`,
    ...plans.flatMap(({ name, plan }) => ["", `Plan of ${name}`, ...indent(describeAnyPlan(plan))]),
    "",
    `Resources: ${created} to create`,
    ...indent(drawTree(resources)),
    "",
    "Cost",
    ...indent(describeEstimate(estimate)),
    ...warnings.map((words) => `warning: ${words}`),
  ];
}

function describeChange(before: Previewed, after: Previewed): string[] {
  const changes = compareResources(before.resources, after.resources);
  return [
    `${after.project.name}: ${before.project.stackFile} -> ${after.project.stackFile}, offline, nothing was asked of a cloud`,
    ...after.plans.flatMap(({ name, plan }) => ["", `Plan of ${name}`, ...indent(describeAnyPlan(plan))]),
    "",
    ...describeResourceChanges(changes, after.resources.length),
    "",
    "Cost",
    ...indent(describeComparison(before.estimate, after.estimate)),
  ];
}

function toDocument(after: Previewed, before: Previewed | undefined) {
  const { project, plans, resources, estimate, warnings } = after;
  const document = {
    project: project.name,
    stack: project.stack,
    plans,
    resources,
    cost: costDocument(estimate),
    warnings,
  };
  if (!before) return document;
  const { changes, monthlyDeltaUsd, oneOffDeltaUsd, complete } = compareEstimates(before.estimate, estimate);
  return {
    ...document,
    against: {
      stackFile: before.project.stackFile,
      cost: costDocument(before.estimate),
      changes: compareResources(before.resources, resources),
      costChanges: changes.map(({ beforeUsd, afterUsd, ...change }) => ({
        ...change,
        beforeUsd: beforeUsd && toText(beforeUsd),
        afterUsd: afterUsd && toText(afterUsd),
      })),
      monthlyDeltaUsd: toText(monthlyDeltaUsd),
      oneOffDeltaUsd: toText(oneOffDeltaUsd),
      complete,
    },
  };
}

/** A program that stops because its decision fits nothing has its own exit code. */
async function record(project: StackProject) {
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
