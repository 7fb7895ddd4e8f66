import { type ResourceRecord, readUrn } from "../records";

/** A resource before and after; one of the two is absent where it comes or goes. */
export interface RecordPair {
  before?: ResourceRecord;
  after?: ResourceRecord;
}

/**
 * Finds which resource after is which before: by URN, old names included; then by its place in the stack, which two stacks of one program
 * share; then by type and name, so that a resource that moved under another parent is still itself.
 * @param renamed new URN to old one, as aliases say
 */
export function pairRecords(
  before: readonly ResourceRecord[],
  after: readonly ResourceRecord[],
  renamed: ReadonlyMap<string, string> = new Map(),
): RecordPair[] {
  const pairs: RecordPair[] = [];
  let left = [...before];
  let fresh = [...after];
  const newUrns = new Map([...renamed].map(([now, then]) => [then, now]));
  const urnNow = ({ urn }: ResourceRecord) => newUrns.get(urn) ?? urn;
  for (const key of [urnNow, placeOf, nameOf]) {
    if (left.length === 0 || fresh.length === 0) break;
    const old = firstBy(left, key);
    const taken = new Set<ResourceRecord>();
    const unpaired: ResourceRecord[] = [];
    for (const record of fresh) {
      const was = old.get(key(record));
      if (was && !taken.has(was)) {
        taken.add(was);
        pairs.push({ before: was, after: record });
      } else unpaired.push(record);
    }
    left = left.filter((record) => !taken.has(record));
    fresh = unpaired;
  }
  return [...pairs, ...fresh.map((record) => ({ after: record })), ...left.map((record) => ({ before: record }))];
}

function firstBy(
  records: readonly ResourceRecord[],
  key: (record: ResourceRecord) => string,
): Map<string, ResourceRecord> {
  const found = new Map<string, ResourceRecord>();
  for (const record of records) {
    const own = key(record);
    if (!found.has(own)) found.set(own, record);
  }
  return found;
}

function placeOf({ urn, type, name }: ResourceRecord): string {
  const { types, name: own } = readUrn(urn) ?? { types: type, name };
  return `${types}::${own}`;
}

function nameOf({ type, name }: ResourceRecord): string {
  return `${type}::${name}`;
}
