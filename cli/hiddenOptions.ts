import type { Command } from "commander";
import type { StackReport } from "../pricing/diff/report";
import { hiddenCosts } from "../pricing/hidden";
import type { HiddenCost, HiddenOptions, MachineFacts } from "../pricing/hidden/hiddenCost";
import { type OnPremisesComparison, onPremises } from "../pricing/hidden/onPremises";
import type { PriceBook } from "../pricing/priceBook";
import { findMachine, gpuOf } from "../sizing/catalogue";
import { readShare } from "./costSettings";
import { readNumber } from "./options";
import { UserError } from "./output";

/** Options of hidden costs as commander hands them over; `utilization` is the one that `cost` has anyway. */
export type RawHiddenOptions = Readonly<Partial<Record<NumberName, string>>> & {
  readonly hiddenCosts?: boolean;
  readonly onPremises?: boolean;
  readonly utilization?: string;
};

type NumberName = Exclude<keyof HiddenOptions, "machineFacts" | "prices" | "utilization"> & string;

/** An option that is a number: its flag, what it means, and what it may be. */
interface NumberSpec {
  flag: string;
  value: string;
  meaning: string;
  least?: number;
  most?: number;
  whole?: boolean;
  /** Whether `least` itself is not allowed. */
  above?: boolean;
  /** The switch without which it has no effect. */
  of: "--hidden-costs" | "--on-premises";
  /** A value that is right, for the error. */
  example: string;
}

const hidden = (flag: string, value: string, meaning: string, example: string, rest: Partial<NumberSpec> = {}) =>
  ({ flag, value, meaning, example, least: 0, of: "--hidden-costs", ...rest }) as const;
const owned = (flag: string, value: string, meaning: string, example: string, rest: Partial<NumberSpec> = {}) =>
  ({ flag, value, meaning, example, least: 0, above: true, of: "--on-premises", ...rest }) as const;

const specs: Readonly<Record<NumberName, NumberSpec>> = {
  spareNodes: hidden("--spare-nodes", "number", "machines of each cluster that are kept spare; default: 0", "1", {
    whole: true,
  }),
  usedHours: hidden("--used-hours", "hours", "hours of a capacity block that are used", "150"),
  evictionsPerMonth: hidden("--evictions-per-month", "number", "how often spot machines are taken back", "4"),
  lostHoursPerEviction: hidden("--lost-hours-per-eviction", "hours", "of a replica, lost work and start", "0.5"),
  replacementsPerMonth: hidden("--replacements-per-month", "number", "machines replaced; default: 0", "2"),
  surgeMinutes: hidden("--surge-minutes", "minutes", "that an old and a new machine run together", "30"),
  egressShare: hidden("--egress-share", "share", "of the answers that leave for the internet, 0 to 1", "1", {
    most: 1,
  }),
  otherZoneShare: hidden("--other-zone-share", "share", "of the answers to callers in another zone, 0 to 1", "0.67", {
    most: 1,
  }),
  logGBPerNode: hidden("--log-gb-per-node", "GB", "logs that a machine sends in a month; default: 10", "20"),
  logRetentionDays: hidden("--log-retention-days", "days", "that logs are kept; default: 30", "90"),
  metricSeriesPerGpu: hidden("--metric-series-per-gpu", "number", "custom metrics of each GPU; default: 21", "10", {
    whole: true,
  }),
  checkpointsKept: hidden("--checkpoints-kept", "number", "checkpoints of a run in the store at a time", "3", {
    whole: true,
  }),
  snapshotGBPerNode: hidden("--snapshot-gb-per-node", "GB", "volume snapshots of each machine; default: 0", "200"),
  supportPercent: hidden("--support-percent", "percent", "support, in per cent of everything billed", "7", {
    most: 100,
  }),
  extraPercent: hidden("--extra-percent", "percent", "tax, or a discount with a minus sign; default: 0", "-10", {
    least: -100,
  }),
  pue: owned("--pue", "factor", "power into the building over power into the machines; default: 1.25", "1.3", {
    least: 1,
    above: false,
  }),
  usdPerKwh: owned("--usd-per-kwh", "usd", "price of electricity; default: 0.08", "0.12"),
  months: owned("--months", "months", "that bought machines are paid off over; default: 48", "36"),
};

/** Adds the options of hidden costs to a command that has the pricing options; `--utilization` is among those. */
export function addHiddenOptions(command: Command): Command {
  command
    .option("--hidden-costs", "list what is on no price list line: idle time, egress, logs, support, ...")
    .option("--on-premises", "compare each cluster with the same machines of one's own");
  for (const { flag, value, meaning, of } of Object.values(specs)) {
    command.option(`${flag} <${value}>`, `${of}: ${meaning}`);
  }
  return command;
}

/** Reads the options. Throws a UserError that names the option, the value and the fix. */
export function readHiddenOptions(raw: RawHiddenOptions): HiddenOptions {
  const numbers: Partial<Record<NumberName, number>> = {};
  for (const [name, spec] of Object.entries(specs) as [NumberName, NumberSpec][]) {
    const given = raw[commanderName(spec.flag) as NumberName];
    if (given === undefined) continue;
    const asked = spec.of === "--hidden-costs" ? raw.hiddenCosts : raw.onPremises;
    if (!asked) throw new UserError(`${spec.flag}: has no effect without ${spec.of}. Fix: add ${spec.of}`);
    numbers[name] = readWithin(given, spec);
  }
  return { machineFacts, utilization: readShare(raw.utilization, "--utilization"), ...numbers };
}

/** What the options ask for of one stack; absent where they do not, or where the document leaves machines out. */
export function findHidden(
  { change, after }: StackReport,
  raw: RawHiddenOptions,
  prices: PriceBook,
): { costs?: HiddenCost[]; comparisons?: OnPremisesComparison[] } {
  const options = { ...readHiddenOptions(raw), prices };
  if (change.leftOut !== undefined) return {};
  return {
    costs: raw.hiddenCosts ? hiddenCosts(change.after, after, options) : undefined,
    comparisons: raw.onPremises ? onPremises(change.after, after, options) : undefined,
  };
}

function readWithin(
  given: string,
  { flag, least = 0, most, whole = false, above = false, example }: NumberSpec,
): number {
  const number = readNumber(given);
  const isFit =
    typeof number === "number" &&
    (above ? number > least : number >= least) &&
    (most === undefined || number <= most) &&
    (!whole || Number.isInteger(number));
  if (isFit) return number;
  const kind = whole ? "whole number" : "number";
  const bounds = `${above ? "above" : "from"} ${least}${most === undefined ? "" : ` to ${most}`}`;
  throw new UserError(`${flag}: ${given} is no ${kind} ${bounds}. Fix: ${flag} ${example}`);
}

/** A flag as commander calls it: `--log-gb-per-node` is `logGbPerNode`. */
function commanderName(flag: string): string {
  return flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function machineFacts(id: string): MachineFacts | undefined {
  const machine = findMachine(id);
  return machine && { gpus: machine.gpus, gpu: gpuOf(machine).name };
}
