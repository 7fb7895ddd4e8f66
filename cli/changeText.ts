import { type CostChange, compareEstimates } from "../pricing/compare";
import type { Estimate } from "../pricing/estimate";
import { type Money, nothing, toDollars } from "../pricing/money";
import type { ResourceChange } from "./preview/changes";
import { indent, table } from "./table";

const marks: Record<ResourceChange["change"], string> = { create: "+ ", update: "~ ", replace: "+-", delete: "- " };

/** Resource changes for a person, in the engine's own signs. */
export function describeResourceChanges(changes: readonly ResourceChange[], total: number): string[] {
  const count = (change: ResourceChange["change"]) => changes.filter((one) => one.change === change).length;
  const unchanged = total - changes.filter(({ change }) => change !== "delete").length - 1;
  const lines = changes.map(({ change, name, type, properties }) => {
    return `${marks[change]} ${name}  ${type.replace(/\/[^:]*:/, ":")}${properties.length > 0 ? `: ${properties.join(", ")}` : ""}`;
  });
  return [
    `Resources: ${count("create")} to create, ${count("update")} to update, ${count("replace")} to replace, ${count("delete")} to delete, ${unchanged} unchanged`,
    ...indent(lines),
    ...(count("replace") > 0 ? ["warning: machines are replaced; GPU capacity that is let go may not come back"] : []),
  ];
}

/** Cost changes for a person: each changed component, then the two sums that are never added. */
export function describeComparison(before: Estimate, after: Estimate): string[] {
  const { changes, monthlyDeltaUsd, oneOffDeltaUsd, complete } = compareEstimates(before, after);
  const columns = [
    { heading: "RESOURCE" },
    { heading: "COMPONENT" },
    { heading: "BEFORE", right: true },
    { heading: "AFTER", right: true },
    { heading: "CHANGE", right: true },
  ];
  const monthly = describeSum("run rate a month", before.monthlyUsd, after.monthlyUsd, monthlyDeltaUsd);
  const upfront = describeSum("upfront", before.oneOffUsd, after.oneOffUsd, oneOffDeltaUsd);
  return [
    ...(changes.length > 0 ? [...table(columns, changes.map(changeRow)), ""] : []),
    complete ? monthly : `${monthly} (of what has a price)`,
    ...(before.oneOffUsd.eq(0) && after.oneOffUsd.eq(0) ? [] : [upfront]),
  ];
}

function changeRow({ name, component, schedule, beforeUsd, afterUsd }: CostChange): string[] {
  const unit = schedule === "oneOff" ? " upfront" : "";
  const shown = (amount: Money | undefined) => (amount ? `${toDollars(amount)}${unit}` : "-");
  return [
    name,
    component,
    shown(beforeUsd),
    shown(afterUsd),
    signed((afterUsd ?? nothing).minus(beforeUsd ?? nothing)),
  ];
}

function describeSum(what: string, before: Money, after: Money, delta: Money): string {
  const share = before.eq(0) ? "" : `, ${delta.div(before).times(100).toFixed(1)} %`;
  return `${what}: ${toDollars(before)} -> ${toDollars(after)} (${signed(delta)}${share})`;
}

function signed(amount: Money): string {
  return `${amount.lt(0) ? "-" : "+"}${toDollars(amount.abs())}`;
}
