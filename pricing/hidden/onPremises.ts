import type { Estimate } from "../estimate";
import type { StackSide } from "../inputs/stackChange";
import { type Money, sum } from "../money";
import { asNumber, asPercent, asRate } from "./arithmetic";
import { type ClusterBill, clusterBills, monthlyRunRate } from "./clusterBill";
import type { HiddenCost, OnPremisesOptions } from "./hiddenCost";
import { originOf } from "./metered";
import { defaultMonths, onPremisesFigures } from "./onPremisesData";
import {
  capexOf,
  colocationOf,
  type MoneyRange,
  type OnPremisesPart,
  type OwnMachines,
  type Power,
  powerOf,
} from "./onPremisesParts";
import { utilizationOf } from "./utilization";

/** From where on owning is the cheaper of the two, by the low and by the high end of what owning costs. */
export interface BreakEven {
  /** Share of a month that the cloud's machines would have to run for; above 1 where owning is dearer even then. */
  utilization?: MoneyRange;
  /** Months until what is saved has paid for the machines; absent where nothing is saved at one of the ends. */
  months?: MoneyRange;
  /** Why one of the two, or both, cannot be told. */
  unknownBecause?: string;
}

/** The same machines in a room of one's own, beside what the cloud asks for them. */
export interface OnPremisesComparison {
  cluster: string;
  machine?: string;
  nodes?: number;
  parts: OnPremisesPart[];
  /** The share of the power that is for cooling and losses; absent where the power is not known. */
  coolingMonthlyUsd?: Money;
  /** Sum of the parts that are known, US dollars a month; "at least" where not `complete`. */
  monthlyUsd?: MoneyRange;
  complete: boolean;
  /** What is in none of the parts. */
  leftOut: readonly string[];
  /** What nobody stated and was assumed: `PUE 1.25`. */
  assumed: string[];
  /** Of the parts. */
  source: string;
  asOf: string;
  /** The cloud's machines for 730 hours, a capacity block at its hourly rate. */
  cloud: Pick<HiddenCost, "source" | "asOf" | "unknownBecause"> & { monthlyUsd?: Money };
  breakEven: BreakEven;
}

const leftOut = ["staff", "spare parts and repair", "storage", "the way to the internet"] as const;

/** Sets each cluster of a stack beside the same machines on one's own premises. Rough by nature: two ends, and sources. */
export function onPremises(side: StackSide, estimate: Estimate, options: OnPremisesOptions): OnPremisesComparison[] {
  return clusterBills(side, estimate).map((bill) => compare(bill, options));
}

function compare(bill: ClusterBill, options: OnPremisesOptions): OnPremisesComparison {
  const { machine, nodes, price, unknownBecause } = bill.machines;
  const cloudMonthlyUsd = monthlyRunRate(bill.machines);
  const common = {
    cluster: bill.name,
    machine,
    nodes,
    leftOut,
    assumed: assumptionsOf(options),
    source: onPremisesFigures.source,
    asOf: onPremisesFigures.asOf,
    cloud: {
      monthlyUsd: cloudMonthlyUsd,
      ...originOf(price),
      unknownBecause: cloudMonthlyUsd ? undefined : (unknownBecause ?? "the price of its machines is not known"),
    },
  };
  const facts = machine === undefined ? undefined : options.machineFacts(machine);
  if (!facts || nodes === undefined) {
    const why = `what GPUs ${machine ?? "its machine"} has is not known`;
    return { ...common, parts: [], complete: false, breakEven: { unknownBecause: why } };
  }
  return { ...common, ...ownCost({ nodes, ...facts }, cloudMonthlyUsd, options) };
}

function assumptionsOf({ utilization, pue, usdPerKwh, months }: OnPremisesOptions): string[] {
  const { defaultPue, defaultUsdPerKwh } = onPremisesFigures;
  return [
    ...(utilization === undefined ? [`${asPercent(utilizationOf({}).share)} of the planned load`] : []),
    ...(pue === undefined ? [`PUE ${asNumber(defaultPue)}`] : []),
    ...(usdPerKwh === undefined ? [`${asRate(defaultUsdPerKwh)} a kWh`] : []),
    ...(months === undefined ? [`${defaultMonths} months`] : []),
  ];
}

type OwnCost = Pick<OnPremisesComparison, "parts" | "coolingMonthlyUsd" | "monthlyUsd" | "complete" | "breakEven">;

function ownCost(machines: OwnMachines, cloudMonthlyUsd: Money | undefined, options: OnPremisesOptions): OwnCost {
  const { coolingMonthlyUsd, fullMonthlyUsd, ...power } = powerOf(machines, options);
  const colocation = colocationOf(machines);
  const { totalUsd, ...capex } = capexOf(machines, options);
  const parts: OnPremisesPart[] = [power, colocation, capex];
  const known = parts.flatMap(({ monthlyUsd }) => monthlyUsd ?? []);
  const total = { low: sum(known.map(({ low }) => low)), high: sum(known.map(({ high }) => high)) };
  return {
    parts,
    coolingMonthlyUsd,
    monthlyUsd: known.length > 0 ? total : undefined,
    complete: known.length === parts.length,
    breakEven: breakEvenOf({ power: { ...power, fullMonthlyUsd }, colocation, capex, totalUsd }, cloudMonthlyUsd),
  };
}

interface OwnParts {
  power: Power;
  colocation: OnPremisesPart;
  capex: OnPremisesPart;
  totalUsd?: MoneyRange;
}

function breakEvenOf({ power, colocation, capex, totalUsd }: OwnParts, cloud: Money | undefined): BreakEven {
  const { monthlyUsd: drawn, fullMonthlyUsd } = power;
  const [room, bought] = [colocation.monthlyUsd, capex.monthlyUsd];
  if (!cloud) return { unknownBecause: "the price of the cloud's machines is not known" };
  if (!drawn || !fullMonthlyUsd || !room || !bought || !totalUsd) {
    return { unknownBecause: capex.unknownBecause ?? power.unknownBecause };
  }
  // An hour in the cloud saves the electricity of an hour at home; what is bought and let is paid for either way.
  const savedByAnHour = cloud.minus(fullMonthlyUsd);
  const utilization = (end: "low" | "high") => room[end].plus(bought[end]).div(savedByAnHour);
  const saved = (end: "low" | "high") => cloud.minus(drawn[end]).minus(room[end]);
  const unknownBecause = "the cloud's machines cost no more than power and place alone";
  if (savedByAnHour.lte(0) || saved("low").lte(0) || saved("high").lte(0)) return { unknownBecause };
  return {
    utilization: { low: utilization("low"), high: utilization("high") },
    months: { low: totalUsd.low.div(saved("low")), high: totalUsd.high.div(saved("high")) },
  };
}
