/** How an argument becomes a member of a request: under which name, and how its value is written. */
export type Member = [name: string, convert?: (value: unknown, path: string) => unknown] | "notSent";

/** The members of a structure, by the names that the Pulumi arguments have. */
export type Members = Readonly<Record<string, Member>>;

/** A request's structure out of arguments. Throws for an argument that the table does not know: nobody has looked how it is sent. */
export function structure(members: Members) {
  return (value: unknown, path: string): Record<string, unknown> => {
    const made: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value as Record<string, unknown>)) {
      if (inner === undefined || inner === null) continue;
      const member = Object.hasOwn(members, key) ? members[key] : undefined;
      if (member === undefined) throw new Error(`${path}.${key}: no one has looked how the provider sends it`);
      if (member === "notSent") continue;
      const [name, convert = (plain) => plain] = member;
      made[name] = convert(inner, `${path}.${key}`);
    }
    return made;
  };
}

export function list(convert: (value: unknown, path: string) => unknown) {
  return (value: unknown, path: string) =>
    (value as unknown[]).map((inner, index) => convert(inner, `${path}[${index}]`));
}

/** The provider has texts where EC2 has booleans, so that "not said" is a value (internal/types/nullable, Bool). */
export function nullableBool(value: unknown, path: string): unknown {
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  if (value === "") return undefined;
  throw new Error(`${path}: ${JSON.stringify(value)} is no text that the provider takes for a boolean`);
}

/** Where the provider takes 0 and the empty text for "not said" (`v != 0`, `v != ""`, GetOk). */
export function unlessZero(value: unknown): unknown {
  return value === 0 || value === "" ? undefined : value;
}

/** internal/service/ec2/tags.go, getTagSpecificationsIn and tagSpecificationsFromKeyValue. */
export function tagSpecifications(resourceType: string) {
  return (tags: unknown) => [
    {
      ResourceType: resourceType,
      Tags: Object.entries(tags as Record<string, string>).map(([Key, Value]) => ({ Key, Value })),
    },
  ];
}
