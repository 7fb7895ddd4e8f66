import type { HiddenCost } from "../pricing/hidden/hiddenCost";
import type { OnPremisesComparison } from "../pricing/hidden/onPremises";
import type { MoneyRange } from "../pricing/hidden/onPremisesParts";
import { besideSum } from "../pricing/hidden/sums";
import { type Money, toDollars, toLineDollars } from "../pricing/money";
import { indent, table } from "./table";

const columns = [
  { heading: "WHAT" },
  { heading: "ARITHMETIC" },
  { heading: "$/MONTH", right: true },
  { heading: "SOURCE OF" },
];

/** Hidden costs for a person: shares of the bill, then what comes on top with its sum, then what was assumed. */
export function describeHidden(costs: readonly HiddenCost[]): string[] {
  const clusters = new Set(costs.flatMap(({ cluster }) => cluster ?? []));
  const rows = (within: HiddenCost["within"]) =>
    costs.filter((cost) => cost.within === within).map((cost) => rowOf(cost, clusters.size > 1));
  const { monthlyUsd, oneOffUsd, complete } = besideSum(costs);
  // Not "at least": a discount on what is not known makes it less.
  const known = complete ? "" : ", of what is known";
  const upfront = oneOffUsd.eq(0) ? "" : `, ${show(oneOffUsd)} upfront`;
  const [shares, beside] = [rows("bill"), rows("beside")];
  return [
    ...(shares.length > 0
      ? ["part of the bill above, never to be added to it or to each other:", ...indent(table(columns, shares)), ""]
      : []),
    "on top of it:",
    ...indent(table(columns, beside)),
    "",
    `on top in all${known}: ${show(monthlyUsd)} a month${upfront}`,
    ...assumptionsOf(costs).map((because) => `** assumed: ${because}`),
    ...costs.flatMap(({ what, leavesOut }) => (leavesOut === undefined ? [] : [`${what} leaves out ${leavesOut}`])),
  ];
}

function rowOf(cost: HiddenCost, named: boolean): string[] {
  const { cluster, what, arithmetic, assumption, unknownBecause, source, asOf } = cost;
  const whose = named && cluster !== undefined ? `${cluster}: ` : "";
  const origin = unknownBecause === undefined ? `${asOf} (${source})` : "";
  return [`${whose}${what}${assumption ? " **" : ""}`, unknownBecause ?? arithmetic, amountOf(cost), origin];
}

function amountOf({ monthlyUsd, oneOffUsd }: HiddenCost): string {
  const amounts = [monthlyUsd && show(monthlyUsd), oneOffUsd && `${show(oneOffUsd)} upfront`];
  return amounts.filter((amount) => amount !== undefined).join(", ") || "-";
}

/** A discount is below nothing. */
function show(amount: Money): string {
  return amount.lt(0) ? `-${toLineDollars(amount.abs())}` : toLineDollars(amount);
}

function assumptionsOf(costs: readonly HiddenCost[]): string[] {
  return [...new Set(costs.flatMap(({ because }) => because ?? []))];
}

/** On-premises comparisons for a person: each part with its arithmetic, beside the cloud's machines. */
export function describeOnPremises(comparisons: readonly OnPremisesComparison[]): string[] {
  return comparisons.flatMap((comparison) => ["", ...describeComparison(comparison)]).slice(1);
}

function describeComparison(comparison: OnPremisesComparison): string[] {
  const {
    cluster,
    machine = "?",
    nodes = "?",
    parts,
    monthlyUsd,
    complete,
    leftOut,
    source,
    asOf,
    cloud,
    assumed,
  } = comparison;
  const rows = parts.map(({ what, arithmetic, monthlyUsd: own, unknownBecause }) => [
    what,
    unknownBecause ?? arithmetic,
    own ? showRange(own) : "-",
    own ? `${asOf} (${source})` : "",
  ]);
  const { coolingMonthlyUsd: cooling } = comparison;
  const total = monthlyUsd ? `${complete ? "" : "at least "}${showRange(monthlyUsd)} a month` : "not known";
  const rented = cloud.monthlyUsd
    ? `${toDollars(cloud.monthlyUsd)} a month (730 hours), price of ${cloud.asOf} (${cloud.source})`
    : `not known: ${cloud.unknownBecause}`;
  return [
    `${cluster}: the machines of ${nodes} x ${machine} on one's own premises, roughly:`,
    ...indent([
      ...(rows.length > 0 ? table(columns, rows) : []),
      ...(cooling ? [`of the power, ${toDollars(cooling)} is for cooling and losses`] : []),
      `in all: ${total}, without ${leftOut.join(", ")}`,
      `the cloud's machines: ${rented}`,
      ...describeBreakEven(comparison),
      ...(assumed.length > 0 ? [`assumed: ${assumed.join(", ")}`] : []),
    ]),
  ];
}

function describeBreakEven({ breakEven: { utilization, months, unknownBecause } }: OnPremisesComparison): string[] {
  if (!utilization || !months) return [`where owning begins to be cheaper cannot be told: ${unknownBecause}`];
  const share = (value: Money) => (value.gt(1) ? "over 100 %" : `${value.times(100).toFixed(0)} %`);
  const level = utilization.low.gt(1)
    ? "owning is dearer even if the cloud's machines run all the time"
    : `owning is cheaper if the cloud's machines run for more than ${share(utilization.low)} to ${share(utilization.high)} of the month`;
  const [soonest, latest] = [months.low, months.high].map((value) => value.toFixed(1));
  return [
    `${level}; against machines that run all the time, what was bought is saved again in ${soonest} to ${latest} months`,
  ];
}

function showRange({ low, high }: MoneyRange): string {
  return low.eq(high) ? toDollars(low) : `${toDollars(low)} to ${toDollars(high)}`;
}
