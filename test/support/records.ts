import { reportCosts } from "../../pricing/diff/report";
import type { EstimateOptions } from "../../pricing/estimate";
import type { ChangeStep, StackChange } from "../../pricing/inputs/stackChange";
import type { ResourceRecord } from "../../pricing/records";

/** A resource of project `app`, stack `dev`, in us-east-1 unless its inputs say otherwise. */
export function resourceOf(
  type: string,
  name: string,
  inputs: Record<string, unknown> = {},
  rest: Partial<ResourceRecord> = {},
): ResourceRecord {
  const above = rest.parent === undefined ? "" : `${rest.parent.split("::")[2]}$`;
  return {
    urn: `urn:pulumi:dev::app::${above}${type}::${name}`,
    type,
    name,
    custom: true,
    inputs: { region: "us-east-1", ...inputs },
    ...rest,
  };
}

/** A cluster component with a decision and a plan. */
export function clusterOf(
  decision: Record<string, unknown>,
  plan: Record<string, unknown>,
  more: Record<string, unknown> = {},
): ResourceRecord {
  const inputs = { decision, plan: { region: "us-east-1", ...plan }, ...more };
  return resourceOf("llm-cluster:index:AwsCluster", "llm", inputs, { custom: false });
}

/** A change from some resources to others, with the steps that an engine would take. */
export function changeOf(
  before: readonly ResourceRecord[],
  after: readonly ResourceRecord[],
  steps: Partial<ChangeStep>[] = [],
): StackChange {
  return {
    kind: "preview",
    file: "preview.json",
    project: "app",
    stack: "dev",
    config: {},
    before: { records: [...before], pendingDeletion: [] },
    after: { records: [...after], pendingDeletion: [] },
    steps: steps.map((step) => ({
      op: "update",
      urn: "",
      type: "",
      name: "",
      retained: false,
      protected: false,
      ...step,
    })),
    failed: [],
    notes: [],
  };
}

/** The report of one stack's change. */
export function reportOf(change: StackChange, options: EstimateOptions = {}) {
  const [stack] = reportCosts([change], options).stacks;
  if (!stack) throw new Error("a report of one change has one stack");
  return stack;
}
