import { priceMachine } from "../../pricing/machinePrice";
import { money, toText } from "../../pricing/money";
import type { PriceBook } from "../../pricing/priceBook";
import { modeOwner } from "../capacityRules";
import { type CapacityArgs, CapacityMode } from "../decisionArgs";
import type { Machine } from "../hardware";
import { round } from "../units";

/** What a run costs when its machines are bought in one way. */
export interface RunCost {
  capacityMode: CapacityMode;
  /** Hours that are paid for; a capacity block is as long as the run, in the lengths that it is sold in. */
  paidHours?: number;
  /** Decimal string; absent where `why` says why. */
  usd?: string;
  /** Day and sureness of the price. */
  priceAsOf?: string;
  priceConfidence?: string;
  /** Why it cannot be bought so, or why its cost is not known. */
  why?: string;
}

/** A run of training: how long, and what it costs in every way to buy. */
export interface TrainingRun {
  /** Tokens that are trained on; a billion where nobody said how many. */
  tokens: number;
  isTokensAssumed: boolean;
  hours: number;
  days: number;
  costs: RunCost[];
}

const modes = [
  CapacityMode.onDemand,
  CapacityMode.spot,
  CapacityMode.capacityBlock,
  CapacityMode.flexStart,
  CapacityMode.calendar,
] as const;

/** The longest that a mode gives machines for, days: EC2 guide, Capacity Blocks; Google Cloud, flex-start and calendar mode. */
const longestDays: Readonly<Partial<Record<CapacityMode, number>>> = {
  [CapacityMode.capacityBlock]: 182,
  [CapacityMode.flexStart]: 7,
  [CapacityMode.calendar]: 90,
};

/** The longest capacity block that is sold: 26 weeks. */
export const longestBlockHours = 182 * 24;

/** A capacity block that is as long as a run: whole days up to 14, then whole weeks. */
export function blockHours(hours: number): number {
  const days = Math.ceil(hours / 24 - 1e-9);
  return days <= 14 ? Math.max(1, days) * 24 : Math.ceil(days / 7) * 168;
}

/**
 * Prices a run of so many hours on so many machines in each way that they are sold.
 * @param own the decision's own way, which may be a reservation, or a block of a given length
 */
export function priceRun(
  machine: Machine,
  nodes: number,
  region: string,
  hours: number,
  own: Pick<CapacityArgs, "hours"> & { mode: CapacityMode },
  prices: PriceBook,
): RunCost[] {
  return [...new Set<CapacityMode>([...modes, own.mode])]
    .filter((mode) => (modeOwner[mode] ?? machine.cloud) === machine.cloud)
    .map((mode) =>
      priceMode(machine, nodes, region, { hours, given: own.mode === mode ? own.hours : undefined }, mode, prices),
    );
}

function priceMode(
  machine: Machine,
  nodes: number,
  region: string,
  { hours, given }: { hours: number; given?: number },
  capacityMode: CapacityMode,
  prices: PriceBook,
): RunCost {
  const unsold = machine.notSold?.[capacityMode];
  if (unsold) return { capacityMode, why: unsold };
  const paidHours = given ?? (capacityMode === CapacityMode.capacityBlock ? blockHours(hours) : hours);
  const longest = longestDays[capacityMode];
  if (longest !== undefined && paidHours > longest * 24) {
    return {
      capacityMode,
      why: `the run takes ${round(hours / 24, 1)} days, and ${longest} are the most that are sold`,
    };
  }
  const price = priceMachine(machine, region, capacityMode, prices);
  if (price.state === "unpriced") return { capacityMode, paidHours: round(paidHours, 1), why: price.reason };
  return {
    capacityMode,
    paidHours: round(paidHours, 1),
    usd: toText(money(price.row.usd).times(nodes).times(paidHours)),
    priceAsOf: price.row.asOf,
    priceConfidence: price.row.confidence,
  };
}
