import { findKind } from "../clouds";
import type { StackSide } from "../inputs/stackChange";
import { rowModeOf } from "../machinePrice";
import { hoursPerMonth, type Money, money } from "../money";
import type { PriceBook } from "../priceBook";
import type { FoundPrice } from "../priceRow";
import { clusterTypePrefix, numberIn, textIn } from "../records";

/** A machine that could stand in for another: as many GPUs, and no less memory on each. */
export interface Sibling {
  id: string;
  /** `8 x H200`. */
  gpus: string;
}

/** The same number of machines, bought otherwise, elsewhere, or of another kind. */
export interface Alternative {
  cluster: string;
  /** `spot`, `us-east-2`, `p5en.48xlarge (8 x H200)`. */
  what: string;
  /** What is bought, where and how. */
  machine: string;
  nodes: number;
  region: string;
  mode: string;
  usdPerHour: Money;
  /** 730 hours of it; of a capacity block too, which is paid upfront. */
  monthlyUsd: Money;
  /** Less than now, or more; absent where the price of what is planned is not known. */
  deltaMonthlyUsd?: Money;
  price: FoundPrice;
  /** What comes with it. */
  note: string;
}

const notes: Readonly<Record<string, string>> = {
  spot: "may be taken back at any time; the lowest zone's price of that day",
  "capacity-block": "paid upfront for the whole block, 182 days at most",
  "savings-plan-1y": "committed for a year",
  "savings-plan-3y": "committed for three years",
  "on-demand": "if there is capacity",
};

/**
 * What the machines of each cluster would cost otherwise, by the same book: other ways of buying in the same region,
 * the cheapest other region, and machines that could stand in. Cheapest first. The plan's layout is kept: whether
 * another machine is also faster, or fewer of them would do, `size` tells.
 */
export function findAlternatives(
  { records }: StackSide,
  prices: PriceBook,
  siblingsOf: (machine: string) => readonly Sibling[],
  commitment?: string,
): Alternative[] {
  return records
    .filter(({ type }) => type.startsWith(clusterTypePrefix))
    .flatMap(({ name, type, inputs }) => {
      const cloud = findKind(type)?.cloud?.cloud;
      const machine = textIn(inputs, "plan", "machine");
      const nodes = numberIn(inputs, "plan", "nodes");
      const region = textIn(inputs, "plan", "region");
      const planned = textIn(inputs, "plan", "capacityMode") ?? "onDemand";
      if (cloud === undefined || machine === undefined || nodes === undefined || region === undefined) return [];
      const now = { cluster: name, cloud, machine, nodes, region, mode: modeOf(planned, commitment) };
      return alternativesOf(now, prices, siblingsOf(machine));
    });
}

/** What is on demand by the plan is bought under the commitment, where there is one. */
function modeOf(planned: string, commitment: string | undefined): string {
  const mode = rowModeOf(planned);
  return mode === "on-demand" ? (commitment ?? mode) : mode;
}

function noteOf(mode: string, { usd, highestUsd }: FoundPrice): string {
  const span = highestUsd !== undefined && highestUsd > usd ? `, up to $${highestUsd} an hour in others` : "";
  return `${notes[mode] ?? ""}${span}`;
}

interface Now {
  cluster: string;
  cloud: string;
  machine: string;
  nodes: number;
  region: string;
  mode: string;
}

function alternativesOf(now: Now, prices: PriceBook, siblings: readonly Sibling[]): Alternative[] {
  const { cloud, machine, region, mode } = now;
  const current = prices.find({ cloud, sku: machine, region, mode });
  const rows = prices.list().filter((row) => row.cloud === cloud && row.sku === machine);
  const modes = [...new Set(rows.map((row) => row.mode))].filter((other) => other !== mode);
  const regions = [...new Set(rows.filter((row) => row.mode === mode).map((row) => row.region))].filter(
    (other) => other !== region && other !== "*" && other !== "global",
  );
  const option = (what: string, key: { sku: string; region: string; mode: string }): Alternative[] => {
    const price = prices.find({ cloud, ...key });
    if (!price) return [];
    const usdPerHour = money(price.usd).times(now.nodes);
    const before = current ? money(current.usd).times(now.nodes) : undefined;
    const { sku, ...place } = key;
    return [
      {
        cluster: now.cluster,
        what,
        machine: sku,
        nodes: now.nodes,
        ...place,
        usdPerHour,
        monthlyUsd: usdPerHour.times(hoursPerMonth),
        deltaMonthlyUsd: before && usdPerHour.minus(before).times(hoursPerMonth),
        price,
        note: noteOf(key.mode, price),
      },
    ];
  };
  const elsewhere = regions.flatMap((other) => option(other, { sku: machine, region: other, mode }));
  const cheapest = elsewhere
    .filter(({ deltaMonthlyUsd }) => deltaMonthlyUsd?.lt(0))
    .sort((left, right) => left.usdPerHour.cmp(right.usdPerHour) || (left.region < right.region ? -1 : 1))
    .slice(0, 1);
  const options = [
    ...modes.flatMap((other) => option(other, { sku: machine, region, mode: other })),
    ...cheapest,
    ...siblings.flatMap(({ id, gpus }) => option(`${id} (${gpus})`, { sku: id, region, mode })),
  ];
  return options.sort((left, right) => left.usdPerHour.cmp(right.usdPerHour));
}
