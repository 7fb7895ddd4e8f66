import { isUnknown } from "../estimate";
import type { CostLine } from "../lines";
import { hoursPerMonth, type Money, nothing, sum, toDollars } from "../money";
import type { StackDiff } from "./diffStack";

/** Machines that are replaced, and what that costs beside the new rate. */
export interface Replacement {
  names: string[];
  /** Of the machines before, and after. */
  beforeUsdPerHour: Money;
  afterUsdPerHour: Money;
  /** Both at a time: what an hour costs while the old still runs beside the new. */
  overlapUsdPerHour: Money;
  /** Whether the old goes first; undefined where the document does not tell. */
  deleteBeforeReplace?: boolean;
  /** False where a machine's price is not known: then the rates are at least. */
  complete: boolean;
}

/** The machines that a change replaces, taken together; undefined when there are none. */
export function findReplacement({ change, before, after }: StackDiff): Replacement | undefined {
  const replaced = change.steps.filter(({ op }) => op === "replace");
  const urns = new Set(replaced.flatMap(({ urn }) => [urn, change.renamed?.get(urn) ?? urn]));
  const machines = (lines: readonly CostLine[]) => lines.filter(({ urn, key }) => urns.has(urn) && key === "machine");
  const [old, fresh] = [machines(before.lines), machines(after.lines)];
  if (old.length === 0 && fresh.length === 0) return undefined;
  const billed = new Set([...old, ...fresh].map(({ urn }) => urn));
  const steps = replaced.filter(({ urn }) => billed.has(urn));
  const rate = (lines: readonly CostLine[]) =>
    sum(lines.map(({ monthlyUsd }) => monthlyUsd ?? nothing)).div(hoursPerMonth);
  const [beforeUsdPerHour, afterUsdPerHour] = [rate(old), rate(fresh)];
  const orders = new Set(steps.map(({ deleteBeforeReplace }) => deleteBeforeReplace));
  return {
    names: steps.map(({ name }) => name).sort(),
    beforeUsdPerHour,
    afterUsdPerHour,
    overlapUsdPerHour: beforeUsdPerHour.plus(afterUsdPerHour),
    deleteBeforeReplace: orders.size === 1 ? [...orders][0] : undefined,
    complete: ![...old, ...fresh].some(isUnknown),
  };
}

/** What a reader must know before such an update, one sentence each. */
export function describeWarnings(diff: StackDiff): string[] {
  return [
    ...replacementWarning(findReplacement(diff)),
    ...importWarning(diff),
    ...feeWarning(diff),
    ...retainedWarning(diff),
    ...protectedWarning(diff),
    ...pendingWarning(diff),
    ...failedWarning(diff),
    ...templateWarning(diff),
  ];
}

function replacementWarning(replacement: Replacement | undefined): string[] {
  if (!replacement) return [];
  const { names, deleteBeforeReplace, overlapUsdPerHour, beforeUsdPerHour, afterUsdPerHour, complete } = replacement;
  const atLeast = complete ? "" : "at least ";
  const count = names.length === 1 ? "1 machine is replaced" : `${names.length} machines are replaced`;
  const first = `${count} (${listNames(names)}): capacity that is let go may not come back`;
  if (deleteBeforeReplace === true) {
    return [`${first}; the old goes first, so nothing serves until the new is up, and nothing is billed twice`];
  }
  const overlap = `both old and new are billed while they overlap, ${atLeast}${toDollars(overlapUsdPerHour)} an hour instead of ${toDollars(beforeUsdPerHour)} before and ${toDollars(afterUsdPerHour)} after`;
  return [`${first}; ${deleteBeforeReplace === false ? "" : "unless the old is deleted first, "}${overlap}`];
}

/** What was paid upfront and is no longer used, or less. */
function feeWarning({ resources }: StackDiff): string[] {
  const lost = resources.flatMap(({ lines }) =>
    lines.flatMap(({ before, after }) => {
      const paid = before?.oneOffUsd;
      return paid?.gt(after?.oneOffUsd ?? nothing) ? [`the fee of ${before?.component}, ${toDollars(paid)}`] : [];
    }),
  );
  return lost.length === 0 ? [] : [`${listNames(lost)}, was paid upfront and is not given back`];
}

function importWarning({ change, resources }: StackDiff): string[] {
  const imported = new Set(change.steps.filter(({ op }) => op === "import").map(({ urn }) => urn));
  const names = resources.filter(({ urn }) => imported.has(urn)).map(({ name }) => name);
  return names.length === 0
    ? []
    : [`${listNames(names)} ${names.length === 1 ? "is" : "are"} imported: new to the stack, and billed already`];
}

function retainedWarning({ change, before }: StackDiff): string[] {
  const retained = change.steps.filter((step) => step.retained);
  const urns = new Set(retained.flatMap(({ urn }) => [urn, change.renamed?.get(urn) ?? urn]));
  const lines = before.lines.filter(({ urn }) => urns.has(urn));
  const billed = new Set(lines.map(({ urn }) => urn));
  const kept = retained.filter(({ urn }) => billed.has(urn));
  if (kept.length === 0) return [];
  const monthly = sum(lines.map(({ monthlyUsd }) => monthlyUsd ?? nothing));
  return [
    `${listNames(kept.map(({ name }) => name))} ${kept.length === 1 ? "leaves" : "leave"} the stack and ${kept.length === 1 ? "stays" : "stay"} in the cloud: ${toDollars(monthly)} a month goes on being billed`,
  ];
}

function protectedWarning({ change }: StackDiff): string[] {
  const names = change.steps.filter((step) => step.protected).map(({ name }) => name);
  return names.length === 0
    ? []
    : [`${listNames(names)} ${names.length === 1 ? "is" : "are"} protected: the update will be refused`];
}

function pendingWarning({ pendingDeletion }: StackDiff): string[] {
  const names = [...new Set(pendingDeletion.lines.map(({ name }) => name))];
  if (names.length === 0) return [];
  const { monthlyUsd, usageMonthlyUsd, complete } = pendingDeletion;
  const amount = `${complete ? "" : "at least "}${toDollars(monthlyUsd.plus(usageMonthlyUsd))}`;
  return [
    `${listNames(names)} ${names.length === 1 ? "is" : "are"} replaced or dropped and not deleted yet, and billed until then: ${amount} a month, beside these sums`,
  ];
}

function failedWarning({ change }: StackDiff): string[] {
  if (change.failed.length === 0) return [];
  const names = change.failed.map((urn) => urn.split("::").slice(3).join("::"));
  return [`the update failed at ${listNames(names)}: counted as far as it came`];
}

function templateWarning({ openTemplates }: StackDiff): string[] {
  if (openTemplates.length === 0) return [];
  const [are, them] = openTemplates.length === 1 ? ["changes", "it"] : ["change", "them"];
  return [
    `${listNames(openTemplates)} ${are}, and what follows ${them} is not in this file: preview with --show-sames`,
  ];
}

const mostNames = 3;

/** A few names, and how many more. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).join(", ");
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown;
}
