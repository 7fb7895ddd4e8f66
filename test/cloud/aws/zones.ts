// Zone names are each account's own; zone ids are the same for all (EC2 guide, "Availability Zone IDs"). In this account
// the letters stand for the numbers in order, except that us-east-1a is use1-az6 and us-east-1f is use1-az1.

const directions = {
  north: "n",
  south: "s",
  east: "e",
  west: "w",
  central: "c",
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
};
const swapped: Readonly<Record<string, string>> = { "use1-az1": "use1-az6", "use1-az6": "use1-az1" };

export interface Zone {
  availabilityZone: string;
  availabilityZoneId: string;
}

/** A zone by its name or its id, whichever is given: us-east-1a where neither is. Undefined where it is no zone's. */
export function zoneOf({ name, id }: { name?: unknown; id?: unknown }): Zone | undefined {
  if (typeof name === "string") return byName(name);
  return typeof id === "string" ? byId(id) : byName("us-east-1a");
}

function byName(name: string): Zone | undefined {
  const [, area, direction = "", number, letter = ""] = /^([a-z]{2})-([a-z]+)-(\d)([a-h])$/.exec(name) ?? [];
  const short = directions[direction as keyof typeof directions];
  if (short === undefined) return undefined;
  const id = `${area}${short}${number}-az${letter.charCodeAt(0) - "a".charCodeAt(0) + 1}`;
  return { availabilityZone: name, availabilityZoneId: swapped[id] ?? id };
}

function byId(id: string): Zone | undefined {
  const [, area, short, number, ordinal] = /^([a-z]{2})([a-z]{1,2})(\d)-az([1-8])$/.exec(swapped[id] ?? id) ?? [];
  const direction = Object.entries(directions).find(([, abbreviation]) => abbreviation === short)?.[0];
  if (direction === undefined) return undefined;
  const letter = String.fromCharCode("a".charCodeAt(0) + Number(ordinal) - 1);
  return { availabilityZone: `${area}-${direction}-${number}${letter}`, availabilityZoneId: id };
}
