import type { Account } from "./account";
import type { WorldResource } from "./world";

/** How an input names another resource of the world. */
export interface Reference {
  /** Path of the property; `[]` stands for every element: `networkInterfaces[].subnetId`. */
  property: string;
  /** Type token that the value must name, by any of its ids. */
  kind: string;
  /** The cloud's error for one that does not exist. */
  missing: string;
  /** The cloud refuses to delete what is named while this resource is there, with this error; absent where it does not care. */
  holds?: string;
}

/** One kind of resource: a row of the stand-in's table of rules. Every fact has its source. */
export interface Kind {
  /** Where the rules of this row are from. */
  source: string;
  /** How the cloud's own ids of it begin: `vpc-`. `arn` and `name` make those the id, `adopted` the attribute `id` of what is there already. */
  id: string;
  /** The property that is named automatically, and how long the name may be. */
  autoName?: { property: string; longest: number /** The cloud's error for a name that is taken. */; taken?: string };
  /** Attributes that the cloud adds. */
  attributes?: (resource: WorldResource, world: readonly WorldResource[], account: Account) => Record<string, unknown>;
  /** Attributes that the provider takes for unknown in the plan of any change. */
  drawnAnew?: readonly string[];
  references?: readonly Reference[];
  /** What else the cloud refuses to make: an error `Code: words`. */
  refuse?: (resource: WorldResource, world: readonly WorldResource[], account: Account) => string | undefined;
  /** What else the cloud refuses to delete. */
  refuseDelete?: (resource: WorldResource, world: readonly WorldResource[]) => string | undefined;
  /** Whether the provider only forgets it when it is deleted, and the cloud keeps it. */
  kept?: boolean;
}

/** Values at a path of a resource's inputs: one, several behind `[]`, or none. */
export function valuesAt(inputs: unknown, property: string): unknown[] {
  let values: unknown[] = [inputs];
  for (const part of property.split(".")) {
    const each = part.endsWith("[]");
    const key = each ? part.slice(0, -2) : part;
    values = values.flatMap((value) => {
      const inner = (value as Record<string, unknown> | undefined)?.[key];
      return each ? (Array.isArray(inner) ? inner : []) : inner === undefined || inner === null ? [] : [inner];
    });
  }
  return values;
}

/** Whether a value names a resource: by its id, its arn, or its name. */
export function names(resource: WorldResource, value: unknown): boolean {
  const { id, attributes, inputs } = resource;
  return [id, attributes.arn, inputs.name, inputs.bucket].includes(value);
}
