import type { RecordedResource } from "../../../cli/preview/recorder";

export type Graph = readonly RecordedResource[];

/** A check of bridgecrewio/checkov 3.3.30, read over what a cluster registers instead of over Terraform. */
export interface Rule {
  id: string;
  /** As checkov names it. */
  title: string;
  /** Where checkov has it, below checkov/terraform/checks, without its ending. */
  source: string;
  /** The kinds that it judges, as the last part of a Pulumi type. */
  kinds: readonly string[];
  /** Whether a resource of such a kind holds; undefined where the check does not judge it. */
  holds: (record: RecordedResource, graph: Graph) => boolean | undefined;
}

/** The kind of a record: `Vpc` of aws:ec2/vpc:Vpc. */
export function kindOf({ type }: RecordedResource): string {
  return type.split(":").at(-1) ?? "";
}

/** The resources that a rule judges in a graph, and those of them that do not hold. */
export function judge(
  { kinds, holds }: Rule,
  graph: Graph,
): { judged: RecordedResource[]; failing: RecordedResource[] } {
  const verdicts = graph
    .filter((record) => kinds.includes(kindOf(record)))
    .map((record) => ({ record, verdict: holds(record, graph) }))
    .filter(({ verdict }) => verdict !== undefined);
  return {
    judged: verdicts.map(({ record }) => record),
    failing: verdicts.filter(({ verdict }) => verdict === false).map(({ record }) => record),
  };
}

/** Resources of a kind whose inputs are made of this one, or that this one's inputs are made of: checkov's connections. */
export function connected(record: RecordedResource, kind: string, graph: Graph): RecordedResource[] {
  const madeOf = (one: RecordedResource, other: RecordedResource) =>
    Object.values(one.propertyDependencies ?? {}).some((urns) => urns.includes(other.urn));
  return graph.filter((other) => kindOf(other) === kind && (madeOf(other, record) || madeOf(record, other)));
}

/**
 * The launch template that an instance is made from. Checkov reads the two apart, and an instance that leaves everything
 * to its template fails there; here an instance is what its template says.
 */
export function templateOf(record: RecordedResource, graph: Graph): RecordedResource["inputs"] {
  const [template] = kindOf(record) === "Instance" ? connected(record, "LaunchTemplate", graph) : [record];
  if (!template) throw new Error(`${record.name} is made from no launch template`);
  return template.inputs;
}

/** Rules that hold for a value of one input. */
export function given(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
