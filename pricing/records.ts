/** A resource as an engine, a recorder or a state file tells of it: plain data, whatever it came from. */
export interface ResourceRecord {
  urn: string;
  /** Pulumi type token, such as `aws:ec2/instance:Instance`. */
  type: string;
  name: string;
  /** False for component resources. */
  custom: boolean;
  /** URN of the parent; absent for the stack itself. */
  parent?: string;
  inputs: Readonly<Record<string, unknown>>;
  /** For each input property, the URNs of the resources whose outputs it was made of. */
  propertyDependencies?: Readonly<Record<string, readonly string[]>>;
}

/** What the engine writes where a value is not known before the update has run. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The resources of one stack, with the relations that pricing follows. */
export class ResourceGraph {
  private readonly byUrn: Map<string, ResourceRecord>;

  constructor(readonly records: readonly ResourceRecord[]) {
    this.byUrn = new Map(records.map((record) => [record.urn, record]));
  }

  /** The resource of a type that one of a record's inputs was made of: an instance's launch template, say. */
  dependencyOf(record: ResourceRecord, property: string, type: string): ResourceRecord | undefined {
    const urns = record.propertyDependencies?.[property] ?? [];
    return urns.map((urn) => this.byUrn.get(urn)).find((found) => found?.type === type);
  }

  /** The cluster component that a resource belongs to, whose inputs carry the decision and the plan. */
  clusterOf(record: ResourceRecord): ResourceRecord | undefined {
    let current: ResourceRecord | undefined = record;
    while (current && !current.type.startsWith("llm-cluster:")) {
      current = current.parent === undefined ? undefined : this.byUrn.get(current.parent);
    }
    return current;
  }
}

/** Reads a value deep in a record's inputs; undefined where the path ends, or where the value is not known yet. */
export function valueIn(inputs: unknown, ...path: readonly (string | number)[]): unknown {
  let value = inputs;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value === unknownValue ? undefined : value;
}

export function textIn(inputs: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = valueIn(inputs, ...path);
  return typeof value === "string" ? value : undefined;
}

export function numberIn(inputs: unknown, ...path: readonly (string | number)[]): number | undefined {
  const value = valueIn(inputs, ...path);
  return typeof value === "number" ? value : undefined;
}
