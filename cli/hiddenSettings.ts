import type { StackReport } from "../pricing/diff/report";
import { hiddenCosts } from "../pricing/hidden";
import type { HiddenCost, HiddenOptions, MachineFacts } from "../pricing/hidden/hiddenCost";
import { type OnPremisesComparison, onPremises } from "../pricing/hidden/onPremises";
import type { PriceBook } from "../pricing/priceBook";
import { findMachine, gpuOf } from "../sizing/catalogue";
import { readShare } from "./costSettings";
import { flagOf, type NumberName, type NumberSpec, numberSpecs, type RawHiddenOptions, rawName } from "./hiddenOptions";
import { readNumber } from "./options";
import { UserError } from "./output";

/** Reads the options. Throws a UserError that names the option, the value and the fix. */
export function readHiddenOptions(raw: RawHiddenOptions): HiddenOptions {
  const numbers: Partial<Record<NumberName, number>> = {};
  for (const [name, spec] of numberSpecs) {
    const given = raw[rawName(name)];
    if (given === undefined) continue;
    const flag = flagOf(name);
    const asked = spec.of === "--hidden-costs" ? raw.hiddenCosts : raw.onPremises;
    if (!asked) throw new UserError(`${flag}: has no effect without ${spec.of}. Fix: add ${spec.of}`);
    numbers[name] = readWithin(given, flag, spec);
  }
  return { machineFacts, utilization: readShare(raw.utilization, "--utilization"), ...numbers };
}

/** What the options ask for of one stack. */
export interface FoundHidden {
  costs?: HiddenCost[];
  comparisons?: OnPremisesComparison[];
  /** Why there is neither, though they were asked for. */
  note?: string;
}

/** Computes what the options ask for of one stack; of a document that leaves resources out, nothing but a note. */
export function findHidden({ change, after }: StackReport, raw: RawHiddenOptions, prices: PriceBook): FoundHidden {
  const options = { ...readHiddenOptions(raw), prices };
  if (!raw.hiddenCosts && !raw.onPremises) return {};
  if (change.leftOut !== undefined) {
    return { note: "hidden costs are of whole stacks, and this file leaves unchanged resources out" };
  }
  return {
    costs: raw.hiddenCosts ? hiddenCosts(change.after, after, options) : undefined,
    comparisons: raw.onPremises ? onPremises(change.after, after, options) : undefined,
  };
}

function readWithin(given: string, flag: string, spec: NumberSpec): number {
  const { least = 0, most = Number.MAX_VALUE, whole = false, above = false, example } = spec;
  const number = readNumber(given);
  const isFit =
    typeof number === "number" &&
    (above ? number > least : number >= least) &&
    number <= most &&
    (!whole || Number.isInteger(number));
  if (isFit) return number;
  const bounds = `${above ? "above" : "from"} ${least}${spec.most === undefined ? "" : ` to ${most}`}`;
  throw new UserError(`${flag}: ${given} is no ${whole ? "whole " : ""}number ${bounds}. Fix: ${flag} ${example}`);
}

function machineFacts(id: string): MachineFacts | undefined {
  const machine = findMachine(id);
  return machine && { gpus: machine.gpus, gpu: gpuOf(machine).name };
}
