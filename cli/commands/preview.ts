import { existsSync } from "node:fs";
import { dirname, relative } from "node:path";
import { reportCosts, type StackReport } from "../../pricing/diff/report";
import { describeWarnings } from "../../pricing/diff/warnings";
import { type Estimate, estimateCost } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import { estimateFacts } from "../../pricing/render/ours";
import type { Plan } from "../../sizing/plan";
import type { TrainingPlan } from "../../sizing/training/plan";
import { type CostInput, combineInputs, describeRecording } from "../costInputs";
import { type CostSettings, type PricingOptions, readSettings } from "../costSettings";
import { describeEstimate } from "../costText";
import { describeCostChange } from "../diffText";
import { describeEgress } from "../egressText";
import { print, printJson } from "../output";
import { describeAnyPlan } from "../planText";
import { compareResources } from "../preview/changes";
import { readStackProject, type StackProject } from "../preview/project";
import type { RecordedResource } from "../preview/recorder";
import { checkoutRevision } from "../preview/revision";
import { drawTree } from "../preview/tree";
import { describeResourceChanges } from "../resourceText";
import { indent } from "../table";

interface PreviewOptions extends PricingOptions {
  json?: boolean;
  against?: string;
}

/** A stack as its program describes it, and what that costs. */
interface Previewed {
  project: StackProject;
  input: CostInput;
  resources: RecordedResource[];
  plans: { name: string; plan: Plan | TrainingPlan; egress: string[] }[];
  estimate: Estimate;
}

/** `llm-cluster preview`: the stack's real program, run offline; what it would create, and what that costs. */
export async function preview(file: string, options: PreviewOptions): Promise<void> {
  const project = readStackProject(file);
  const settings = readSettings(options, dirname(project.stackPath));
  const after = await previewStack(project, settings);
  const before =
    options.against === undefined ? undefined : await previewBefore(options.against, after.project, settings);
  if (options.json) printJson(toDocument(after, before, settings));
  else print(before ? describeChange(before, after, settings) : describePreview(after, settings));
}

async function previewStack(project: StackProject, { report }: CostSettings): Promise<Previewed> {
  const input = await describeRecording(project);
  const { recorded: resources } = input;
  const plans = resources.flatMap(({ name, type, inputs, outputs }) => {
    return type.startsWith("llm-cluster:") && outputs?.plan
      ? [{ name, plan: outputs.plan as Plan | TrainingPlan, egress: describeEgress(inputs) }]
      : [];
  });
  const region = report.region ?? project.config["aws:region"];
  return { project, input, resources, plans, estimate: estimateCost(resources, { ...report, region }) };
}

/** The state before: another stack file, or this one as it was at a git revision. */
async function previewBefore(
  against: string,
  { root, stackPath }: StackProject,
  settings: CostSettings,
): Promise<Previewed> {
  if (/\.ya?ml$/.test(against) || existsSync(against)) return previewStack(readStackProject(against), settings);
  const revision = checkoutRevision(against, root);
  try {
    const stackFile = `${relative(process.cwd(), stackPath)} at ${against}`;
    return await previewStack({ ...readStackProject(revision.expectFile(stackPath)), stackFile }, settings);
  } finally {
    revision.remove();
  }
}

function describePreview(
  { project, resources, plans, estimate, input }: Previewed,
  { remarks }: CostSettings,
): string[] {
  const created = resources.filter(({ custom }) => custom).length;
  return [
    `${project.name}, stack ${project.stack} (${project.stackFile}): an offline preview, nothing was asked of a cloud`,
    ...describePlans(plans),
    "",
    `Resources: ${created} to create`,
    ...indent(drawTree(resources)),
    "",
    "Cost",
    ...indent([...describeEstimate(estimate), ...remarks.map((words) => `note: ${words}`)]),
    ...input.change.notes.map((words) => `warning: ${words}`),
  ];
}

function describePlans(plans: Previewed["plans"]): string[] {
  return plans.flatMap(({ name, plan, egress }) => [
    "",
    `Plan of ${name}`,
    ...indent([...describeAnyPlan(plan), ...egress]),
  ]);
}

function reportChange(before: Previewed, after: Previewed, { report }: CostSettings): StackReport | undefined {
  return reportCosts([combineInputs(before.input, after.input)], report).stacks[0];
}

function describeChange(before: Previewed, after: Previewed, settings: CostSettings): string[] {
  const changes = compareResources(before.resources, after.resources);
  const stack = reportChange(before, after, settings);
  const cost = stack ? [...stack.decisions, ...describeCostChange(stack)] : [];
  return [
    `${after.project.name}: ${before.project.stackFile} -> ${after.project.stackFile}, offline, nothing was asked of a cloud`,
    ...describePlans(after.plans),
    "",
    ...describeResourceChanges(changes, after.resources.length),
    ...(stack ? describeWarnings(stack).map((words) => `warning: ${words}`) : []),
    "",
    "Cost",
    ...indent([...cost, ...settings.remarks.map((words) => `note: ${words}`)]),
  ];
}

function toDocument(after: Previewed, before: Previewed | undefined, settings: CostSettings) {
  const { project, plans, resources, estimate, input } = after;
  const document = {
    project: project.name,
    stack: project.stack,
    plans: plans.map(({ name, plan }) => ({ name, plan })),
    resources,
    cost: estimateFacts(estimate),
    warnings: input.change.notes,
  };
  const stack = before && reportChange(before, after, settings);
  if (!before || !stack) return document;
  return {
    ...document,
    against: {
      stackFile: before.project.stackFile,
      cost: estimateFacts(before.estimate),
      changes: compareResources(before.resources, resources),
      costChanges: costChanges(stack),
      decisions: stack.decisions,
      warnings: stack.warnings,
      monthlyDeltaUsd: toText(stack.delta.monthlyUsd),
      usageMonthlyDeltaUsd: toText(stack.delta.usageMonthlyUsd),
      oneOffDeltaUsd: toText(stack.delta.oneOffUsd),
      complete: stack.differenceComplete,
    },
  };
}

/** Changed components as data, amounts as decimal strings. */
function costChanges({ resources }: StackReport) {
  return resources.flatMap(({ name, lines }) =>
    lines.map(({ label, before, after }) => {
      const amount = (line: typeof before) => line?.monthlyUsd ?? line?.oneOffUsd;
      const [was, is] = [amount(before), amount(after)];
      return {
        name,
        component: label,
        schedule: (after ?? before)?.schedule,
        usage: (after ?? before)?.usage?.basis,
        beforeUsd: was && toText(was),
        afterUsd: is && toText(is),
      };
    }),
  );
}
