import type { Amounts, LineChange, ResourceChange } from "../diff/diffStack";
import type { GateResult } from "../diff/gate";
import type { CostReport, StackReport } from "../diff/report";
import type { Estimate } from "../estimate";
import { groupBy } from "../groupBy";
import { type CostLine, isBlockFee } from "../lines";
import { hoursPerMonth, type Money, nothing } from "../money";
import { clusterDocument } from "./ours";

// Infracost's JSON 0.2 (infracost/infracost v0.10.45, schema/infracost.schema.json): whoever reads that reads this. Money and
// quantities are decimal strings. What it has no place for (one-off amounts, dates, unknowns) stands under `llmCluster`.

/** What else a document says of how it was made. */
export interface DocumentFacts {
  /** ISO 8601. */
  timeGenerated: string;
  command: string;
  gates?: readonly GateResult[];
}

/** A report as Infracost's JSON 0.2, plus `llmCluster`. */
export function toInfracost(report: CostReport, facts: DocumentFacts) {
  const { stacks, before, after, delta } = report;
  return {
    version: "0.2",
    metadata: {
      infracostCommand: facts.command,
      vcsBranch: "",
      vcsCommitSha: "",
      vcsCommitAuthorName: "",
      vcsCommitAuthorEmail: "",
      vcsCommitTimestamp: "0001-01-01T00:00:00Z",
      vcsCommitMessage: "",
    },
    currency: "USD",
    projects: stacks.map(toProject),
    ...named("total", after),
    ...named("pastTotal", before),
    ...named("diffTotal", delta),
    timeGenerated: facts.timeGenerated,
    summary: addSummaries(stacks.map(({ after: estimate }) => summarize(estimate))),
    llmCluster: clusterDocument(report, facts.gates ?? []),
  };
}

function toProject(stack: StackReport) {
  const { title, change, before, after, resources, delta } = stack;
  return {
    name: title,
    displayName: title,
    metadata: { path: change.file, type: `pulumi_${change.kind.replaceAll(" ", "_")}` },
    pastBreakdown: toBreakdown(before),
    breakdown: toBreakdown(after),
    diff: { resources: resources.map(toDiffResource), ...totals(delta) },
    summary: summarize(after),
  };
}

function toBreakdown(estimate: Estimate) {
  const { lines, free } = estimate;
  const resources = groupBy(lines, ({ urn }) => urn);
  return {
    resources: [...resources].map(([urn, own]) => toResource(urn, own)),
    freeResources: free.map(({ urn, type, name }) => ({ name, resourceType: type, metadata: { urn } })),
    ...totals(estimate),
  };
}

function toResource(urn: string, lines: readonly CostLine[]) {
  const [first] = lines;
  const monthly = lines.flatMap(({ monthlyUsd }) => monthlyUsd ?? []);
  const used = lines.flatMap(({ monthlyUsd, usage }) => (monthlyUsd && usage ? [monthlyUsd] : []));
  const add = (values: readonly Money[]) => values.reduce((total, value) => total.plus(value), nothing);
  return {
    name: first?.name ?? urn,
    resourceType: first?.type,
    metadata: { urn },
    hourlyCost: monthly.length > 0 ? add(monthly).div(hoursPerMonth).toFixed() : null,
    monthlyCost: monthly.length > 0 ? add(monthly).toFixed() : null,
    monthlyUsageCost: used.length > 0 ? add(used).toFixed() : null,
    costComponents: lines.filter(({ state }) => state !== "included").map(toComponent),
  };
}

function toComponent(line: CostLine) {
  const { component, unit, quantity, price, monthlyUsd, oneOffUsd, usage, state, schedule } = line;
  const monthlyQuantity = schedule === "runRate" ? quantity : undefined;
  return {
    name: nameOf(line.key, component, schedule === "oneOff"),
    unit: unit || "unit",
    hourlyQuantity: monthlyQuantity?.div(hoursPerMonth).toFixed() ?? null,
    monthlyQuantity: monthlyQuantity?.toFixed() ?? null,
    price: price === undefined ? null : String(price.usd),
    hourlyCost: monthlyUsd?.div(hoursPerMonth).toFixed() ?? null,
    monthlyCost: monthlyUsd?.toFixed() ?? null,
    ...(usage || state === "usage" ? { usageBased: true } : {}),
    priceNotFound: state === "unpriced" && oneOffUsd === undefined,
  };
}

function toDiffResource({ urn, name, type, delta, lines }: ResourceChange) {
  const total = delta.monthlyUsd.plus(delta.usageMonthlyUsd);
  return {
    name,
    resourceType: type,
    metadata: { urn },
    hourlyCost: total.div(hoursPerMonth).toFixed(),
    monthlyCost: total.toFixed(),
    monthlyUsageCost: delta.usageMonthlyUsd.toFixed(),
    costComponents: lines.map(toDiffComponent),
  };
}

function toDiffComponent({ key, label, before, after, delta, unknown }: LineChange) {
  const line = after ?? before;
  const monthly = delta.monthlyUsd.plus(delta.usageMonthlyUsd);
  const oneOff = line?.schedule === "oneOff";
  const quantity = (side: CostLine | undefined) =>
    side?.schedule === "runRate" ? (side.quantity ?? nothing) : nothing;
  const quantityDelta = quantity(after).minus(quantity(before));
  return {
    name: nameOf(key, label, oneOff),
    unit: line?.unit || "unit",
    hourlyQuantity: unknown ? null : quantityDelta.div(hoursPerMonth).toFixed(),
    monthlyQuantity: unknown ? null : quantityDelta.toFixed(),
    price: (after?.price ?? before?.price)?.usd.toString() ?? null,
    hourlyCost: unknown ? null : monthly.div(hoursPerMonth).toFixed(),
    monthlyCost: unknown ? null : monthly.toFixed(),
    ...(line?.usage ? { usageBased: true } : {}),
    priceNotFound: line?.state === "unpriced",
  };
}

/**
 * A component's name as Infracost writes them: `root volume (gp3, 200 GB)`. It takes two for the same whose names are
 * alike up to the bracket, so a machine's type must stand inside.
 */
function nameOf(key: string, label: string, oneOff: boolean): string {
  const upfront = oneOff ? ", upfront, not monthly" : "";
  if (key === "machine") return `machine (${label}${upfront})`;
  if (isBlockFee({ key })) return `capacity block (${label}${upfront})`;
  const comma = label.indexOf(", ");
  return comma < 0 ? `${label}${upfront}` : `${label.slice(0, comma)} (${label.slice(comma + 2)}${upfront})`;
}

type Named<Prefix extends string> = Record<`${Prefix}${"HourlyCost" | "MonthlyCost" | "MonthlyUsageCost"}`, string>;

function named<Prefix extends "total" | "pastTotal" | "diffTotal">(prefix: Prefix, amounts: Amounts): Named<Prefix> {
  const { totalHourlyCost, totalMonthlyCost, totalMonthlyUsageCost } = totals(amounts);
  return {
    [`${prefix}HourlyCost`]: totalHourlyCost,
    [`${prefix}MonthlyCost`]: totalMonthlyCost,
    [`${prefix}MonthlyUsageCost`]: totalMonthlyUsageCost,
  } as Named<Prefix>;
}

/** What is billed a month, with use, as Infracost adds it up; one-off amounts are in none of its totals. */
function totals({ monthlyUsd, usageMonthlyUsd }: Pick<Amounts, "monthlyUsd" | "usageMonthlyUsd">) {
  const total = monthlyUsd.plus(usageMonthlyUsd);
  return {
    totalHourlyCost: total.div(hoursPerMonth).toFixed(),
    totalMonthlyCost: total.toFixed(),
    totalMonthlyUsageCost: usageMonthlyUsd.toFixed(),
  };
}

interface Summary {
  totalDetectedResources: number;
  totalSupportedResources: number;
  totalUnsupportedResources: number;
  totalUsageBasedResources: number;
  totalNoPriceResources: number;
  unsupportedResourceCounts: Record<string, number>;
  noPriceResourceCounts: Record<string, number>;
}

/** Infracost's counts: what is priced is supported, what is free has no price, and the rest is not supported. */
function summarize({ lines, free, unsupported }: Estimate): Summary {
  const urns = (wanted: (line: CostLine) => boolean) => new Set(lines.filter(wanted).map(({ urn }) => urn)).size;
  const count = (types: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
    return Object.fromEntries(counts);
  };
  // A cluster component is priced too, for what only its plan tells.
  const priced = urns(() => true);
  const notSupported = unsupported.reduce((total, one) => total + one.count, 0);
  return {
    totalDetectedResources: priced + free.length + notSupported,
    totalSupportedResources: priced,
    totalUnsupportedResources: notSupported,
    totalUsageBasedResources: urns(({ usage, state }) => usage !== undefined || state === "usage"),
    totalNoPriceResources: free.length,
    unsupportedResourceCounts: Object.fromEntries(unsupported.map(({ type, count: many }) => [type, many])),
    noPriceResourceCounts: count(free.map(({ type }) => type)),
  };
}

function addSummaries(summaries: readonly Summary[]): Summary {
  const add = (key: keyof Summary) => summaries.reduce((total, summary) => total + (summary[key] as number), 0);
  const merge = (key: "unsupportedResourceCounts" | "noPriceResourceCounts") => {
    const merged = new Map<string, number>();
    for (const [type, count] of summaries.flatMap((summary) => Object.entries(summary[key]))) {
      merged.set(type, (merged.get(type) ?? 0) + count);
    }
    return Object.fromEntries(merged);
  };
  return {
    totalDetectedResources: add("totalDetectedResources"),
    totalSupportedResources: add("totalSupportedResources"),
    totalUnsupportedResources: add("totalUnsupportedResources"),
    totalUsageBasedResources: add("totalUsageBasedResources"),
    totalNoPriceResources: add("totalNoPriceResources"),
    unsupportedResourceCounts: merge("unsupportedResourceCounts"),
    noPriceResourceCounts: merge("noPriceResourceCounts"),
  };
}
