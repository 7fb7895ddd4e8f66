import type { Command } from "commander";
import type { HiddenOptions } from "../pricing/hidden/hiddenCost";
import type { PricingOptions } from "./costSettings";

// Types alone are imported: every start of the command makes these options, and few read them (hiddenSettings.ts does).

/** Hidden options that are numbers. */
export type NumberName = Exclude<keyof HiddenOptions, "machineFacts" | "prices" | "utilization">;

/** A name as commander makes it of a flag: `--log-gb-per-node` is `logGbPerNode`. */
type RawName<Name extends string> = Name extends `${infer Head}GB${infer Tail}` ? `${Head}Gb${Tail}` : Name;

/** Options of hidden costs as commander hands them over; `utilization` is the one that `cost` has anyway. */
export interface RawHiddenOptions
  extends Partial<Record<RawName<NumberName>, string>>,
    Pick<PricingOptions, "utilization"> {
  hiddenCosts?: boolean;
  onPremises?: boolean;
}

/** An option that is a number: what it means, and what it may be. */
export interface NumberSpec {
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

const hidden = (value: string, meaning: string, example: string, rest: Partial<NumberSpec> = {}) =>
  ({ value, meaning, example, least: 0, of: "--hidden-costs", ...rest }) as const;
const owned = (value: string, meaning: string, example: string, rest: Partial<NumberSpec> = {}) =>
  ({ value, meaning, example, least: 0, above: true, of: "--on-premises", ...rest }) as const;

const specs: Readonly<Record<NumberName, NumberSpec>> = {
  spareNodes: hidden("number", "machines of each cluster that are kept spare; default: 0", "1", {
    whole: true,
  }),
  usedHours: hidden("hours", "hours of a capacity block that are used", "150"),
  evictionsPerMonth: hidden("number", "how often a month spot machines are taken back", "4"),
  lostHoursPerEviction: hidden("hours", "hours that an eviction costs a replica, lost work and start", "0.5"),
  replacementsPerMonth: hidden("number", "machines replaced in a month while the old ones run; default: 0", "2"),
  surgeMinutes: hidden("minutes", "minutes that an old and a new machine run together", "30"),
  egressShare: hidden("share", "share of the answers that leave for the internet, 0 to 1", "1", {
    most: 1,
  }),
  otherZoneShare: hidden("share", "share of the answers to callers in another zone, 0 to 1", "0.67", {
    most: 1,
  }),
  logGBPerNode: hidden(
    "GB",
    "GB of logs that a machine sends in a month beside the cluster's own groups; default: what those hold, else 10",
    "20",
  ),
  logRetentionDays: hidden("days", "days that logs are kept; default: 30", "90"),
  metricSeriesPerGpu: hidden("number", "custom metrics of each GPU; default: 21", "10", {
    whole: true,
  }),
  checkpointsKept: hidden("number", "checkpoints of a run in the store at a time", "3", {
    whole: true,
  }),
  snapshotGBPerNode: hidden("GB", "GB of volume snapshots of each machine; default: 0", "200"),
  supportPercent: hidden("percent", "support, in per cent of everything billed", "7", {
    most: 100,
  }),
  extraPercent: hidden("percent", "tax, or a discount with a minus sign; default: 0", "-10", {
    least: -100,
  }),
  pue: owned("factor", "power into the building over power into the machines; default: 1.25", "1.3", {
    least: 1,
    above: false,
  }),
  usdPerKwh: owned("usd", "price of electricity; default: 0.08", "0.12"),
  serverUsd: owned("usd", "price of one server, bought; default: known for 8 x H100 SXM only", "400000"),
  months: owned("months", "months that bought machines are paid off over; default: 48", "36"),
};

/** Every option that is a number. */
export const numberSpecs = Object.entries(specs) as [NumberName, NumberSpec][];

/** Adds the options of hidden costs to a command that has the pricing options; `--utilization` is among those. */
export function addHiddenOptions(command: Command): Command {
  command
    .option("--hidden-costs", "list what is on no price list line: idle time, egress, logs, support, ...")
    .option("--on-premises", "compare each cluster with the same machines of one's own");
  for (const [name, { value, meaning, of }] of numberSpecs) {
    command.option(`${flagOf(name)} <${value}>`, `${of}: ${meaning}`);
  }
  return command;
}

/** How commander calls an option. */
export function rawName<Name extends NumberName>(name: Name): RawName<Name> {
  return name.replace("GB", "Gb") as RawName<Name>;
}

/** How a user writes it: `--log-gb-per-node`. */
export function flagOf(name: NumberName): string {
  return `--${rawName(name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
