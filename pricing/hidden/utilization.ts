import { assumedUtilization } from "../usage";
import { asPercent } from "./arithmetic";
import type { OnPremisesOptions } from "./hiddenCost";

/** The share of the planned load that is there, and what it rests on where nobody states it. */
export function utilizationOf({ utilization }: Pick<OnPremisesOptions, "utilization">): {
  share: number;
  because?: string;
} {
  if (utilization !== undefined) return { share: utilization };
  const because = `${asPercent(assumedUtilization)} of the planned load over the month (--utilization)`;
  return { share: assumedUtilization, because };
}
