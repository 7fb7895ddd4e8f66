import { loadPrices } from "../components/priceFiles";
import type { Sibling } from "../pricing/diff/alternatives";
import type { ReportOptions } from "../pricing/diff/report";
import type { StackChange } from "../pricing/inputs/stackChange";
import { describeOddRows } from "../pricing/oddRows";
import type { PriceBook } from "../pricing/priceBook";
import { shippedPrices } from "../pricing/snapshot";
import { describeStaleness } from "../pricing/staleness";
import { assumedUtilization, UsageBook } from "../pricing/usage";
import { findMachine, gpuOf, machines } from "../sizing/catalogue";
import { readNumber } from "./options";
import { UserError } from "./output";
import { loadUsage } from "./usageFile";

/** Options that `cost`, `diff` and `preview` share, as commander hands them over. */
export interface PricingOptions {
  region?: string;
  prices?: string;
  rates?: string;
  usage?: string;
  commitment?: string;
  utilization?: string;
}

/** How a stack is priced, and what to say of the prices themselves. */
export interface CostSettings {
  report: ReportOptions & { prices: PriceBook; usage: UsageBook };
  remarks: string[];
}

/** Reads the options, and the files beside the project. Throws a UserError or a ProblemsError. */
export function readSettings(options: PricingOptions, folder = "."): CostSettings {
  const prices = loadPrices(folder, { overlay: options.prices, negotiated: options.rates }) ?? shippedPrices();
  const usage = new UsageBook(loadUsage(folder, options.usage));
  const { commitment, region } = options;
  checkCommitment(commitment, prices);
  const utilization = readShare(options.utilization, "--utilization") ?? assumedUtilization;
  return {
    report: { prices, usage, region, commitment, utilization, siblingsOf },
    remarks: [...describeStaleness(prices, today()), ...describeOddRows(prices)],
  };
}

/** What of the user's files meets nothing in these stacks: more likely a slip than a wish. */
export function describeUnmatched({ report }: CostSettings, changes: readonly StackChange[]): string[] {
  if (changes.some(({ leftOut }) => leftOut !== undefined)) return [];
  const records = changes.flatMap(({ before, after }) => [...(before?.records ?? []), ...after.records]);
  return report.usage.unmatched(records).map((words) => `${words} names nothing in these stacks`);
}

/** The day that ages are counted to; SOURCE_DATE_EPOCH stands for now where a result is to be the same again. */
export function now(): Date {
  const epoch = process.env.SOURCE_DATE_EPOCH;
  if (epoch === undefined || epoch === "") return new Date();
  const date = new Date(Number(epoch) * 1000);
  if (/^\d+$/.test(epoch) && !Number.isNaN(date.getTime())) return date;
  throw new UserError(`SOURCE_DATE_EPOCH: ${epoch} is no time. Fix: seconds since 1970, or leave it out`);
}

function today(): string {
  return now().toISOString().slice(0, 10);
}

/** A share above 0 and up to 1. */
export function readShare(given: string | undefined, flag: string): number | undefined {
  if (given === undefined) return undefined;
  const share = readNumber(given);
  if (typeof share !== "number" || !(share > 0) || share > 1) {
    throw new UserError(`${flag}: ${given} is not above 0 and at most 1. Fix: 0.5 is half`);
  }
  return share;
}

/** An amount of US dollars, 0 or more. */
export function readDollars(given: string | undefined, flag: string): number | undefined {
  if (given === undefined) return undefined;
  const amount = readNumber(given.replace(/^\$/, "").replaceAll(/[,_](?=\d{3})/g, ""));
  if (typeof amount !== "number" || !(amount >= 0) || !Number.isFinite(amount)) {
    throw new UserError(`${flag}: ${given} is no amount of US dollars. Fix: 50000 is fifty thousand a month`);
  }
  return amount;
}

function checkCommitment(commitment: string | undefined, prices: PriceBook): void {
  if (commitment === undefined) return;
  const known = [...new Set(prices.list().map(({ mode }) => mode))].filter((mode) =>
    /^(savings-plan|cud|reserved)/.test(mode),
  );
  if (!/^(savings-plan|cud|reserved)-\dy$/.test(commitment)) {
    const priced = known.length > 0 ? known.sort().join(", ") : "none";
    throw new UserError(
      `--commitment: ${commitment} is none. Fix: savings-plan-1y, savings-plan-3y, cud-1y, ... (with prices: ${priced})`,
    );
  }
}

/** Machines of the same cloud with as many GPUs and no less memory on each. */
function siblingsOf(id: string): Sibling[] {
  const machine = findMachine(id);
  if (!machine) return [];
  const { cloud, gpus } = machine;
  return machines
    .filter((other) => other.id !== id && other.cloud === cloud && other.gpus === gpus && !other.notProvisionable)
    .filter((other) => gpuOf(other).memoryGiB >= gpuOf(machine).memoryGiB)
    .map((other) => ({ id: other.id, gpus: `${gpus} x ${gpuOf(other).name}` }));
}
