import type { Amounts, ResourceChange } from "../diff/diffStack";
import type { GateResult } from "../diff/gate";
import type { CostReport, StackReport } from "../diff/report";
import type { TokenCost } from "../diff/tokens";
import { type Estimate, isUnknown } from "../estimate";
import type { CostLine } from "../lines";
import { type Money, shownDelta, toExactText, toText } from "../money";

/** What Infracost's shape has no place for. */
export function clusterDocument(report: CostReport, gates: readonly GateResult[]) {
  const { stacks, before, after, complete, differenceComplete, wholeStacks } = report;
  return {
    complete,
    differenceComplete,
    wholeStacks,
    runRateMonthlyUsd: column(before.monthlyUsd, after.monthlyUsd),
    usageMonthlyUsd: column(before.usageMonthlyUsd, after.usageMonthlyUsd),
    oneOffUsd: column(before.oneOffUsd, after.oneOffUsd),
    gates,
    stacks: stacks.map(stackFacts),
  };
}

/** Cents on both sides, and their difference: it adds up. */
function column(before: Money, after: Money) {
  return { before: toText(before), after: toText(after), delta: toText(shownDelta(before, after)) };
}

function stackFacts(stack: StackReport) {
  const { title, change, before, after, delta, replacement, resources } = stack;
  return {
    title,
    project: change.project,
    stack: change.stack,
    kind: change.kind,
    file: change.file,
    leftOut: change.leftOut ?? 0,
    decisions: stack.decisions,
    notes: change.notes,
    warnings: stack.warnings,
    complete: before.complete && after.complete,
    differenceComplete: stack.differenceComplete,
    before: estimateFacts(before),
    after: estimateFacts(after),
    delta: amountFacts(delta),
    changes: resources.map(changeFacts),
    unsupportedChanged: stack.unsupportedChanged,
    openTemplates: stack.openTemplates,
    pendingDeletion: stack.pendingDeletion.lines.map(lineFacts),
    replacement: replacement && {
      names: replacement.names,
      deleteBeforeReplace: replacement.deleteBeforeReplace,
      beforeUsdPerHour: toText(replacement.beforeUsdPerHour, 4),
      afterUsdPerHour: toText(replacement.afterUsdPerHour, 4),
      overlapUsdPerHour: toText(replacement.overlapUsdPerHour, 4),
      complete: replacement.complete,
    },
    tokens: { before: stack.tokensBefore.map(tokenFacts), after: stack.tokensAfter.map(tokenFacts) },
    alternatives: stack.alternatives.map(({ usdPerHour, monthlyUsd, deltaMonthlyUsd, ...rest }) => ({
      ...rest,
      usdPerHour: toText(usdPerHour, 4),
      monthlyUsd: toText(monthlyUsd),
      deltaMonthlyUsd: deltaMonthlyUsd && toText(deltaMonthlyUsd),
    })),
  };
}

function tokenFacts({ usdPerMillionTokens, ...rest }: TokenCost) {
  return { ...rest, usdPerMillionTokens: toText(usdPerMillionTokens, 4) };
}

function changeFacts({ lines, delta, ...rest }: ResourceChange) {
  return {
    ...rest,
    delta: amountFacts(delta),
    lines: lines.map(({ key, label, before, after, delta: own, unknown }) => ({
      key,
      label,
      unknown,
      before: before && lineFacts(before),
      after: after && lineFacts(after),
      delta: amountFacts(own),
    })),
  };
}

function amountFacts({ monthlyUsd, usageMonthlyUsd, oneOffUsd }: Amounts) {
  return { monthlyUsd: toText(monthlyUsd), usageMonthlyUsd: toText(usageMonthlyUsd), oneOffUsd: toText(oneOffUsd) };
}

/** An estimate as data: sums as decimal strings, every line with its price, and what is not known. */
export function estimateFacts(estimate: Estimate) {
  const { hourlyUsd, monthlyUsd, usageMonthlyUsd, assumedUsageMonthlyUsd, oneOffUsd, lines } = estimate;
  return {
    hourlyCostUsd: toText(hourlyUsd, 4),
    monthlyCostUsd: toText(monthlyUsd),
    usageMonthlyCostUsd: toText(usageMonthlyUsd),
    assumedUsageMonthlyCostUsd: toText(assumedUsageMonthlyUsd),
    oneOffCostUsd: toText(oneOffUsd),
    complete: estimate.complete,
    priceDate: estimate.priceDate,
    unknownLines: lines.filter(isUnknown).length,
    unsupported: estimate.unsupported,
    freeResources: estimate.free.length,
    regionFallbacks: estimate.regionFallbacks,
    lines: lines.map(lineFacts),
  };
}

/** A line as data: mode, price, date, source and confidence beside the amount. */
export function lineFacts({ quantity, monthlyUsd, oneOffUsd, ...line }: CostLine) {
  return {
    ...line,
    quantity: quantity?.toString(),
    monthlyCostUsd: monthlyUsd && toExactText(monthlyUsd),
    oneOffCostUsd: oneOffUsd && toExactText(oneOffUsd),
  };
}
