import type { Estimate } from "./estimate";
import type { CostLine } from "./lines";
import { type Money, nothing } from "./money";

/** What one component of one resource cost before and costs after; undefined where it was not there, or has no price. */
export interface CostChange {
  name: string;
  component: string;
  schedule: CostLine["schedule"];
  beforeUsd?: Money;
  afterUsd?: Money;
}

export interface CostComparison {
  changes: CostChange[];
  monthlyDeltaUsd: Money;
  oneOffDeltaUsd: Money;
  /** False when either side has something without a price: then the deltas are of the priced part. */
  complete: boolean;
}

/**
 * Compares two estimates, component by component of each resource. A component's name is matched up to its first
 * comma, so that `p5.48xlarge, on-demand` that becomes `p5en.48xlarge, on-demand` of the same node is one change.
 */
export function compareEstimates(before: Estimate, after: Estimate): CostComparison {
  const old = byPlace(before.lines);
  const fresh = byPlace(after.lines);
  const changes = [...new Set([...old.keys(), ...fresh.keys()])].flatMap((place) => {
    const was = old.get(place);
    const is = fresh.get(place);
    const line = is ?? was;
    if (!line) return [];
    const [beforeUsd, afterUsd] = [amountOf(was), amountOf(is)];
    const same = (beforeUsd ?? nothing).eq(afterUsd ?? nothing) && was?.component === is?.component;
    const component =
      was && is && was.component !== is.component ? `${was.component} -> ${is.component}` : line.component;
    return same ? [] : [{ name: line.name, component, schedule: line.schedule, beforeUsd, afterUsd }];
  });
  return {
    changes,
    monthlyDeltaUsd: after.monthlyUsd.minus(before.monthlyUsd),
    oneOffDeltaUsd: after.oneOffUsd.minus(before.oneOffUsd),
    complete: before.complete && after.complete,
  };
}

/** Lines by resource and by what of it: a resource has one machine, one root volume's capacity, and so on. */
function byPlace(lines: readonly CostLine[]): Map<string, CostLine> {
  const counted = lines.filter(({ state }) => state !== "usage");
  return new Map(
    counted.map((line) => [[line.type, line.name, line.schedule, line.price?.unit ?? line.component].join("|"), line]),
  );
}

function amountOf(line: CostLine | undefined): Money | undefined {
  return line?.monthlyUsd ?? line?.oneOffUsd;
}
