import { findKind } from "../clouds";
import { type Estimate, type EstimateOptions, estimateCost, isResource, isUnknown } from "../estimate";
import { groupBy } from "../groupBy";
import { pairRecords, type RecordPair } from "../inputs/pairRecords";
import type { ChangeStep, StackChange } from "../inputs/stackChange";
import type { CostLine } from "../lines";
import { type Money, money, nothing, sum } from "../money";
import { isPartOfCluster, type ResourceRecord } from "../records";

/** Amounts that are never added: run rate a month, what use makes a month, and what is paid once. */
export interface Amounts {
  monthlyUsd: Money;
  usageMonthlyUsd: Money;
  oneOffUsd: Money;
}

/** One component of one resource that costs otherwise than before, or may. */
export interface LineChange {
  key: string;
  /** `200 GB -> 500 GB`: both labels where they differ. */
  label: string;
  before?: CostLine;
  after?: CostLine;
  /** After minus before, of what is priced. */
  delta: Amounts;
  /** Something of it has no price or no quantity. */
  unknown: boolean;
}

/** A resource whose cost changes, or may. */
export interface ResourceChange {
  urn: string;
  type: string;
  name: string;
  /** What the update does to it; absent where another resource's change is the reason. */
  op?: ChangeStep["op"];
  lines: LineChange[];
  delta: Amounts;
}

/** What a change of a stack costs. */
export interface StackDiff {
  change: StackChange;
  before: Estimate;
  after: Estimate;
  /** Changed resources, those that change most first. */
  resources: ResourceChange[];
  delta: Amounts;
  /** False when something that changes has no price or no quantity: then the difference is of the priced part. */
  differenceComplete: boolean;
  /** Templates that change in what is billed, while whatever follows them is left out of the document. */
  openTemplates: string[];
  /** Kinds that no pricer knows, of resources that come, go or change. */
  unsupportedChanged: { type: string; count: number }[];
  /** What is replaced or dropped already, and still billed until it is removed. */
  pendingDeletion: Estimate;
}

/** Prices a change: both sides by the same book, compared resource by resource and component by component. */
export function diffStack(
  change: StackChange,
  options: EstimateOptions = {},
  optionsBefore: EstimateOptions = options,
): StackDiff {
  const beforeRecords = change.before?.records ?? [];
  const before = estimateCost(beforeRecords, optionsBefore);
  const after = estimateCost(change.after.records, options);
  const steps = new Map(change.steps.map((step) => [step.urn, step]));
  const oldLines = groupBy(before.lines, ({ urn }) => urn);
  const newLines = groupBy(after.lines, ({ urn }) => urn);
  const pairs = pairRecords(beforeRecords, change.after.records, change.renamed);
  const resources = pairs.flatMap((pair) => comparePair(pair, { steps, oldLines, newLines }));
  const unsupportedChanged = countUnsupported(pairs, steps);
  const openTemplates = change.leftOut === undefined ? [] : findOpenTemplates(pairs);
  const lines = resources.flatMap((resource) => resource.lines);
  const marked = [...(change.before?.pendingDeletion ?? []), ...change.after.pendingDeletion];
  const pending = [...new Map(marked.map((record) => [`${record.urn}|${record.id}`, record])).values()];
  return {
    change,
    before,
    after,
    resources: resources.sort(byWeight),
    delta: addUp(lines.map(({ delta }) => delta)),
    differenceComplete:
      unsupportedChanged.length === 0 && openTemplates.length === 0 && !lines.some(({ unknown }) => unknown),
    openTemplates,
    unsupportedChanged,
    pendingDeletion: estimateCost(pending, options),
  };
}

interface Sides {
  steps: ReadonlyMap<string, ChangeStep>;
  oldLines: ReadonlyMap<string, CostLine[]>;
  newLines: ReadonlyMap<string, CostLine[]>;
}

const noLines: readonly CostLine[] = [];

function comparePair(pair: RecordPair, { steps, oldLines, newLines }: Sides): ResourceChange[] {
  const record = pair.after ?? pair.before;
  if (!record) return [];
  const old = (pair.before && oldLines.get(pair.before.urn)) ?? noLines;
  const fresh = (pair.after && newLines.get(pair.after.urn)) ?? noLines;
  if (old.length === 0 && fresh.length === 0) return [];
  const { urn, type, name } = record;
  // What is left open stays as it is where nothing is done to it but to its tags.
  const lines = compareLines(old, fresh, !steps.has(urn) || isUntouched(pair, steps.get(urn)));
  if (lines.length === 0) return [];
  const op = steps.get(urn)?.op ?? (pair.before ? (pair.after ? undefined : "delete") : "create");
  return [{ urn, type, name, op, lines, delta: addUp(lines.map(({ delta }) => delta)) }];
}

const unbilledInputs = new Set(["tags", "tagsAll", "volumeTags", "userData", "userDataBase64"]);

/** Whether an update leaves all that can be billed of a resource as it is. */
function isUntouched({ before, after }: RecordPair, step: ChangeStep | undefined): boolean {
  if (!before || !after || step?.op !== "update") return false;
  const keys = new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)]);
  return [...keys].every(
    (key) => unbilledInputs.has(key) || JSON.stringify(before.inputs[key]) === JSON.stringify(after.inputs[key]),
  );
}

/**
 * A group that follows its template's newest version changes with it, and may itself be unchanged and left out. A
 * cluster's templates have one machine each, which is in the document when its template changes.
 */
function findOpenTemplates(pairs: readonly RecordPair[]): string[] {
  return pairs.flatMap(({ before, after }) => {
    const billed = after && findKind(after.type)?.cloud?.templates[after.type];
    if (!before || !after || !billed || isPartOfCluster(after)) return [];
    const differs = billed.some((key) => JSON.stringify(before.inputs[key]) !== JSON.stringify(after.inputs[key]));
    return differs ? [after.name] : [];
  });
}

function compareLines(old: readonly CostLine[], fresh: readonly CostLine[], isOpenTheSame: boolean): LineChange[] {
  const before = new Map(old.map((line) => [line.key, line]));
  const after = new Map(fresh.map((line) => [line.key, line]));
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    const line = is ?? was;
    if (!line || cancels(was, is, isOpenTheSame)) return [];
    const label = was && is && was.component !== is.component ? `${was.component} -> ${is.component}` : line.component;
    const unknown = [was, is].some((one) => one !== undefined && isUnknown(one));
    return [{ key, label, before: was, after: is, delta: deltaOf(was, is), unknown }];
  });
}

/**
 * Whether two lines come to no difference. What another line pays for has none; a missing price of the same thing is
 * missing on both sides.
 */
function cancels(was: CostLine | undefined, is: CostLine | undefined, isOpenTheSame: boolean): boolean {
  if ([was, is].every((line) => line === undefined || line.state === "included")) return true;
  if (!was || !is || was.component !== is.component || was.state !== is.state) return false;
  if (was.state === "unknownQuantity") return isOpenTheSame;
  if (was.state === "unpriced" && !(was.quantity ?? nothing).eq(is.quantity ?? nothing)) return false;
  const [a, b] = [amountsOf(was), amountsOf(is)];
  return a.monthlyUsd.eq(b.monthlyUsd) && a.usageMonthlyUsd.eq(b.usageMonthlyUsd) && a.oneOffUsd.eq(b.oneOffUsd);
}

const none: Amounts = { monthlyUsd: nothing, usageMonthlyUsd: nothing, oneOffUsd: nothing };

/**
 * What a line comes to more. Where a price or an amount was known and no longer is, or the other way round, there is no
 * difference to tell: it is neither saved nor spent. A fee that was paid upfront does not come back.
 */
function deltaOf(was: CostLine | undefined, is: CostLine | undefined): Amounts {
  if (was && is && isUnknown(was) !== isUnknown(is)) return none;
  const delta = minus(amountsOf(is), amountsOf(was));
  return delta.oneOffUsd.lt(0) ? { ...delta, oneOffUsd: nothing } : delta;
}

/** A line's amount, in the column that it belongs to. */
export function amountsOf(line: CostLine | undefined): Amounts {
  const monthly = line?.monthlyUsd ?? nothing;
  const isUsage = line?.usage !== undefined;
  return {
    monthlyUsd: isUsage ? nothing : monthly,
    usageMonthlyUsd: isUsage ? monthly : nothing,
    oneOffUsd: line?.oneOffUsd ?? nothing,
  };
}

function minus(a: Amounts, b: Amounts): Amounts {
  return {
    monthlyUsd: a.monthlyUsd.minus(b.monthlyUsd),
    usageMonthlyUsd: a.usageMonthlyUsd.minus(b.usageMonthlyUsd),
    oneOffUsd: a.oneOffUsd.minus(b.oneOffUsd),
  };
}

/** Sums of several, column by column. */
export function addUp(amounts: readonly Amounts[]): Amounts {
  return {
    monthlyUsd: sum(amounts.map(({ monthlyUsd }) => monthlyUsd)),
    usageMonthlyUsd: sum(amounts.map(({ usageMonthlyUsd }) => usageMonthlyUsd)),
    oneOffUsd: sum(amounts.map(({ oneOffUsd }) => oneOffUsd)),
  };
}

/** An estimate's totals as amounts. */
export function totalsAsAmounts({ monthlyUsd, usageMonthlyUsd, oneOffUsd }: Estimate): Amounts {
  return { monthlyUsd, usageMonthlyUsd, oneOffUsd };
}

function byWeight(left: ResourceChange, right: ResourceChange): number {
  const weight = ({ delta }: ResourceChange) =>
    money(delta.monthlyUsd.abs().plus(delta.usageMonthlyUsd.abs())).plus(delta.oneOffUsd.abs());
  const order = weight(right).cmp(weight(left));
  return order !== 0 ? order : left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}

function countUnsupported(
  pairs: readonly RecordPair[],
  steps: ReadonlyMap<string, ChangeStep>,
): StackDiff["unsupportedChanged"] {
  const counts = new Map<string, number>();
  for (const { before, after } of pairs) {
    const record: ResourceRecord | undefined = after ?? before;
    if (!record || !isResource(record) || findKind(record.type)) continue;
    const changed = !before || !after || steps.has(record.urn);
    if (changed) counts.set(record.type, (counts.get(record.type) ?? 0) + 1);
  }
  return [...counts].map(([type, count]) => ({ type, count }));
}
