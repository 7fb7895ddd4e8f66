import type { Money } from "../money";
import type { PriceBook } from "../priceBook";
import type { ClusterBill } from "./clusterBill";

/** A cost that is on no price list line of the stack. */
export interface HiddenCost {
  /** The cluster that it is of; absent where it is of the whole stack. */
  cluster?: string;
  /** What it is, the same from run to run: `idle`, `internetEgress`. */
  key: string;
  what: string;
  /** How the amount was made, with its units: `1 x p5.48xlarge x $55.04 x 730 h x 50 %`. Empty where there is no amount. */
  arithmetic: string;
  monthlyUsd?: Money;
  /** Paid once. Never added to a monthly amount. */
  oneOffUsd?: Money;
  /**
   * `bill` is a share of what the estimate bills already: never to be added to its total, nor to another share, since two
   * shares may be of the same hours. `beside` comes on top.
   */
  within: "bill" | "beside";
  /** Short name of the price's source, as `priceSources` has it; the option where the user's word is the source. */
  source: string;
  /** When the source was read; `stated` where the user's word is the source, `unknown` where there is no price. */
  asOf: string;
  /** Whether the amount rests on something that nobody stated. */
  assumption: boolean;
  /** What an assumed amount rests on. */
  because?: string;
  /** What has no price and is not in the amount: then it is of what is known. */
  leavesOut?: string;
  /** Why there is no amount: never a zero in its place. */
  unknownBecause?: string;
}

/** What a machine has. */
export interface MachineFacts {
  gpus: number;
  /** The GPU's name, such as `NVIDIA H100 SXM 80 GB`. */
  gpu: string;
}

/** What an on-premises comparison is made with. */
export interface OnPremisesOptions {
  /** Looks a machine type up; undefined for one that is not known. Pricing has no catalogue of its own. */
  machineFacts: (machine: string) => MachineFacts | undefined;
  /** Share of the planned load that is there over the month, above 0 and up to 1. Default: `assumedUtilization`. */
  utilization?: number;
  /** Power into the building over power into the machines, 1 or more. Default: the middle of what is typical. */
  pue?: number;
  /** Default: that of the price data. */
  usdPerKwh?: number;
  /** Months that a bought machine is paid off over, above 0. Default: 48. */
  months?: number;
  /** What a server is bought for, US dollars, without the network. Default: known for 8 x H100 SXM only. */
  serverUsd?: number;
}

/** What hidden costs are made with; what is not given here is assumed with a reason, left out, or listed as not stated. */
export interface HiddenOptions extends OnPremisesOptions {
  /** Default: the prices that ship. */
  prices?: PriceBook;
  /** Machines of each cluster that are kept spare, of those that are billed. Default: 0, which leaves the line out. */
  spareNodes?: number;
  /** Hours of a capacity block that are used. Default: not stated. */
  usedHours?: number;
  /** How often a month spot machines of a cluster are taken back. Default: not stated. */
  evictionsPerMonth?: number;
  /** Hours that a replica is lost for, lost work and start together. Default: not stated. */
  lostHoursPerEviction?: number;
  /** How often a month a machine is replaced while its old one still runs. Default: none, which leaves the line out. */
  replacementsPerMonth?: number;
  /** Minutes that both run. Default: not stated. */
  surgeMinutes?: number;
  /** Share of the answers that leave the cloud for the internet, 0 to 1. Default: not stated. */
  egressShare?: number;
  /** Share of the answers that go to callers in another zone, 0 to 1. Default: not stated. */
  otherZoneShare?: number;
  /** GB of logs that a machine sends in a month. Default: assumed, see `logs.ts`. */
  logGBPerNode?: number;
  /** Days that logs are kept. Default: 30. */
  logRetentionDays?: number;
  /** Time series that are sent of each GPU. Default: `defaultSeriesPerGpu`. */
  metricSeriesPerGpu?: number;
  /** Checkpoints of a training run in the store at a time. Default: not stated. */
  checkpointsKept?: number;
  /** GB of volume snapshots kept for each machine. Default: none, which leaves the line out. */
  snapshotGBPerNode?: number;
  /** Support, in per cent of everything billed. Default: not stated. */
  supportPercent?: number;
  /** Tax, or with a minus sign a discount, in per cent of everything. Default: none, which leaves the line out. */
  extraPercent?: number;
}

/** Turns a cluster's bill into costs of one idea. */
export type HiddenIdea = (bill: ClusterBill, options: HiddenOptions) => HiddenCost[];

type Subject = Pick<HiddenCost, "key" | "what" | "within"> & { cluster?: string };

/** A cost that nothing can be said of but why. */
export function unknownCost(subject: Subject, unknownBecause: string): HiddenCost {
  return { ...subject, arithmetic: "", source: "none", asOf: "unknown", assumption: false, unknownBecause };
}

/** A cost that depends on what only the user knows, and for which no default can be defended. */
export function notStated(subject: Subject, ...flags: string[]): HiddenCost {
  return unknownCost(subject, `not stated: ${flags.join(", ")}`);
}
