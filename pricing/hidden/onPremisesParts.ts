import { hoursPerMonth, type Money, money, toDollars } from "../money";
import { asNumber, asPercent, asRate } from "./arithmetic";
import type { OnPremisesOptions } from "./hiddenCost";
import { defaultMonths, onPremisesFigures as figures, gpuDraw, isPricedMachine } from "./onPremisesData";
import { utilizationOf } from "./utilization";

/** The least and the most that something comes to. */
export interface MoneyRange {
  low: Money;
  high: Money;
}

/** One part of what it costs to have machines of one's own. */
export interface OnPremisesPart {
  key: "power" | "colocation" | "capex";
  what: string;
  /** Empty where there is no amount. */
  arithmetic: string;
  /** US dollars a month; absent where it is not known. */
  monthlyUsd?: MoneyRange;
  /** Why there is no amount. */
  unknownBecause?: string;
}

/** The machines that are compared. */
export interface OwnMachines {
  nodes: number;
  /** GPUs of one machine. */
  gpus: number;
  gpu: string;
}

/** What the meter in the building says, and what of it is not the machines' own. */
export interface Power extends OnPremisesPart {
  /** The share of it that is for cooling and losses: what the PUE adds. */
  coolingMonthlyUsd?: Money;
  /** What it would be if the machines were in full use. */
  fullMonthlyUsd?: Money;
}

/**
 * Electricity: GPUs x their design power x utilisation x the server's own x PUE x 730 h x the price of a kWh. It is taken
 * to follow use all the way down, which flatters idle machines a little.
 */
export function powerOf(machines: OwnMachines, options: OnPremisesOptions): Power {
  const part = { key: "power", what: "power, cooling included" } as const;
  const { pue = figures.defaultPue, usdPerKwh = figures.defaultUsdPerKwh } = options;
  const kilowatts = fullKilowatts(machines);
  if (!kilowatts) return { ...part, arithmetic: "", unknownBecause: unknownDraw(machines) };
  const { share } = utilizationOf(options);
  const full = kilowatts.draw.times(pue).times(hoursPerMonth).times(usdPerKwh);
  const amount = full.times(share);
  return {
    ...part,
    arithmetic: `${kilowatts.words} x ${asPercent(share)} x PUE ${asNumber(pue)} x ${hoursPerMonth} h x ${asRate(usdPerKwh)} a kWh`,
    monthlyUsd: { low: amount, high: amount },
    coolingMonthlyUsd: amount.minus(amount.div(pue)),
    fullMonthlyUsd: full,
  };
}

/** A place for them: rooms are let by the kW that they must be able to give, used or not. */
export function colocationOf(machines: OwnMachines): OnPremisesPart {
  const part = { key: "colocation", what: "place in a data centre" } as const;
  const kilowatts = fullKilowatts(machines);
  if (!kilowatts) return { ...part, arithmetic: "", unknownBecause: unknownDraw(machines) };
  const { low, high } = figures.colocationUsdPerKwMonth;
  return {
    ...part,
    arithmetic: `${kilowatts.words} x ${asRate(low)} to ${asRate(high)} a kW`,
    monthlyUsd: { low: kilowatts.draw.times(low), high: kilowatts.draw.times(high) },
  };
}

/** The machines themselves and the network between them, spread over the months that they are kept. */
export function capexOf(machines: OwnMachines, options: OnPremisesOptions): OnPremisesPart & { totalUsd?: MoneyRange } {
  const { months = defaultMonths, serverUsd } = options;
  const part = { key: "capex", what: "machines and network, bought" } as const;
  const { nodes, gpus, gpu } = machines;
  if (serverUsd === undefined && !isPricedMachine(gpus, gpuDraw(gpu)?.kind)) {
    const unknownBecause = `the price of a server with ${gpus} x ${gpu} is not known (--server-usd)`;
    return { ...part, arithmetic: "", unknownBecause };
  }
  const { networkFraction: network } = figures;
  const price = serverUsd === undefined ? figures.serverUsd : { low: serverUsd, high: serverUsd };
  const stated = serverUsd === undefined ? "" : " (--server-usd)";
  const total = (end: "low" | "high") => money(price[end]).times(money(1).plus(network[end])).times(nodes);
  const totalUsd = { low: total("low"), high: total("high") };
  return {
    ...part,
    arithmetic: `${nodes} x ${span(toDollars(money(price.low)), toDollars(money(price.high)))}${stated} x (1 + ${asPercent(network.low)} to ${asPercent(network.high)}) / ${asNumber(months)} months`,
    monthlyUsd: { low: totalUsd.low.div(months), high: totalUsd.high.div(months) },
    totalUsd,
  };
}

function span(low: string, high: string): string {
  return low === high ? low : `${low} to ${high}`;
}

/** What the servers draw in full use. */
function fullKilowatts({ nodes, gpus, gpu }: OwnMachines): { draw: Money; words: string } | undefined {
  const draw = gpuDraw(gpu);
  if (!draw) return undefined;
  const kilowatts = money(draw.watts).div(1000);
  return {
    draw: kilowatts.times(nodes).times(gpus).times(figures.serverOverhead),
    words: `${nodes * gpus} x ${kilowatts.toFixed()} kW x ${figures.serverOverhead}`,
  };
}

function unknownDraw({ gpu }: OwnMachines): string {
  return `the power of ${gpu} is not in the price data`;
}
