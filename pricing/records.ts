import { groupBy } from "./groupBy";

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
  /** The cloud's own id, where a state tells of it. */
  id?: string;
  /** What the cloud answered, where a state tells of it. */
  outputs?: Readonly<Record<string, unknown>>;
  /** `<URN of the provider>::<its id>`. */
  provider?: string;
  /** For each input property, the URNs of the resources whose outputs it was made of. */
  propertyDependencies?: Readonly<Record<string, readonly string[]>>;
}

/** What the engine writes where a value is not known before the update has run. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What the engine writes in the place of a secret. */
export const secretValue = "[secret]";

/** The type of the component whose inputs carry a decision and its plan. */
export const clusterTypePrefix = "llm-cluster:index:";

/** The resources of one stack, with the relations that pricing follows. */
export class ResourceGraph {
  private readonly byUrn: Map<string, ResourceRecord>;
  private byType: Map<string, ResourceRecord[]> | undefined;

  constructor(readonly records: readonly ResourceRecord[]) {
    this.byUrn = new Map(records.map((record) => [record.urn, record]));
  }

  /** A resource by its URN; undefined where the document leaves it out. */
  find(urn: string): ResourceRecord | undefined {
    return this.byUrn.get(urn);
  }

  /**
   * The resource of a type that one of a record's inputs was made of: an instance's launch template, say. The engine's
   * event log does not tell what an input was made of: there the id in the input tells, and, before ids are known, the
   * name that a cluster's children have (`llm-node-0`, `llm-node-0-template`).
   * @param idPath where under the property the other resource's id stands
   */
  dependencyOf(
    record: ResourceRecord,
    property: string,
    type: string,
    idPath: readonly string[] = ["id"],
  ): ResourceRecord | undefined {
    const { propertyDependencies, inputs, name, parent } = record;
    if (propertyDependencies) {
      const urns = propertyDependencies[property] ?? [];
      return urns.map((urn) => this.byUrn.get(urn)).find((found) => found?.type === type);
    }
    const id = textIn(inputs, property, ...idPath);
    if (id !== undefined) return this.ofType(type).find((other) => other.id === id);
    if (!isPartOfCluster(record) || !isHidden(inputs, property, ...idPath)) return undefined;
    return this.ofType(type).find((other) => other.parent === parent && other.name === `${name}-template`);
  }

  private ofType(type: string): readonly ResourceRecord[] {
    this.byType ??= groupBy(this.records, (record) => record.type);
    return this.byType.get(type) ?? [];
  }

  /** The cluster component that a resource belongs to, whose inputs carry the decision and the plan. */
  clusterOf(record: ResourceRecord): ResourceRecord | undefined {
    let current: ResourceRecord | undefined = record;
    // As many steps as there are records at most: a broken file may have parents in a circle.
    for (let step = 0; current && step <= this.byUrn.size; step += 1) {
      if (current.type.startsWith(clusterTypePrefix)) return current;
      current = current.parent === undefined ? undefined : this.byUrn.get(current.parent);
    }
    return undefined;
  }
}

/**
 * Whether a resource is part of a cluster component: its URN says so, even in a document that leaves the component out.
 * What depends on use is then the component's line and not its own, because the plan tells how much it is.
 */
export function isPartOfCluster({ urn, parent }: ResourceRecord): boolean {
  const types = urn.split("::")[2] ?? "";
  const above = types.includes("$") ? types.slice(0, types.lastIndexOf("$")) : "";
  return above.includes(clusterTypePrefix) || (parent?.includes(clusterTypePrefix) ?? false);
}

/** The parts of `urn:pulumi:dev::project::parent$type::name`; a name may hold `::` itself. */
export function readUrn(urn: string): { stack: string; project: string; types: string; name: string } | undefined {
  const [head = "", project, types, ...name] = urn.split("::");
  const stack = /^urn:pulumi:(.+)$/.exec(head)?.[1];
  if (stack === undefined || project === undefined || types === undefined || name.length === 0) return undefined;
  return { stack, project, types, name: name.join("::") };
}

/** Reads a value deep in a record's inputs; undefined where the path ends, or where the value is not known yet or secret. */
export function valueIn(inputs: unknown, ...path: readonly (string | number)[]): unknown {
  let value = inputs;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value === unknownValue || value === secretValue ? undefined : value;
}

/** A text deep in a record's inputs; undefined where there is none. */
export function textIn(inputs: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = valueIn(inputs, ...path);
  return typeof value === "string" ? value : undefined;
}

/** A number deep in a record's inputs, 0 or more; a number that is written as a text is one too. */
export function numberIn(inputs: unknown, ...path: readonly (string | number)[]): number | undefined {
  const value = valueIn(inputs, ...path);
  const number = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** Whether a value stands there, but cannot be read: not known before the update, or secret. */
export function isHidden(inputs: unknown, ...path: readonly (string | number)[]): boolean {
  const keys = path.slice(0, -1);
  const holder = keys.length === 0 ? inputs : valueIn(inputs, ...keys);
  const last = path.at(-1);
  const value =
    typeof holder === "object" && holder !== null && last !== undefined
      ? (holder as Record<string | number, unknown>)[last]
      : undefined;
  return value === unknownValue || value === secretValue;
}
