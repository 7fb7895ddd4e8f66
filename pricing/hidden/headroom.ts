import { hoursPerMonth, type Money, money } from "../money";
import { numberIn } from "../records";
import { asNumber, asRate, count } from "./arithmetic";
import type { ClusterBill } from "./clusterBill";
import { type HiddenCost, type HiddenIdea, unknownCost } from "./hiddenCost";
import { originOf } from "./metered";

/** Machines that are billed and carry nothing: those kept spare, and those in the bill beyond what the plan needs. */
export const headroom: HiddenIdea = (bill, { spareNodes = 0 }) => {
  const extra = machinesBeyondPlan(bill);
  return [
    ...(spareNodes > 0
      ? [headroomCost(bill, spareNodes, "spareNodes", `${count(spareNodes, "machine")} kept spare`)]
      : []),
    ...(extra > 0 ? [headroomCost(bill, extra, "beyondPlan", `${count(extra, "machine")} beyond the plan`)] : []),
  ];
};

function headroomCost(bill: ClusterBill, number: number, key: string, what: string): HiddenCost {
  const { isBlock, price, nodes, machine, blockHours, unknownBecause } = bill.machines;
  const subject = { cluster: bill.name, key, what, within: "bill" } as const;
  if (nodes !== undefined && key === "spareNodes" && number > nodes) {
    return unknownCost(subject, `--spare-nodes: the cluster has ${count(nodes, "machine")} in all`);
  }
  const hours: Money | undefined = isBlock ? blockHours : money(hoursPerMonth);
  if (!price || !hours) return unknownCost(subject, unknownBecause ?? "the price of a machine is not known");
  const amount = money(price.usd).times(number).times(hours);
  return {
    ...subject,
    arithmetic: `${asNumber(number)} x ${machine} x ${asRate(price.usd)} x ${asNumber(hours)} h`,
    ...(isBlock ? { oneOffUsd: amount } : { monthlyUsd: amount }),
    ...originOf(price),
    assumption: false,
  };
}

/** Machines with a line in the bill beyond those that the plan counts; a half-done update leaves such behind. */
function machinesBeyondPlan({ inputs, lines }: ClusterBill): number {
  const planned = numberIn(inputs, "plan", "nodes");
  const billed = lines.filter(({ key, state }) => key === "machine" && state === "priced").length;
  return planned === undefined ? 0 : Math.max(0, billed - planned);
}
