import { type Money, money, toDollars } from "../money";
import { asPercent } from "./arithmetic";
import type { ClusterBill } from "./clusterBill";
import { type HiddenIdea, notStated, unknownCost } from "./hiddenCost";
import { originOf } from "./metered";
import { utilizationOf } from "./utilization";

/** What machines cost while nobody asks them for anything: their run rate, or a block's fee, less the share that is used. */
export const idle: HiddenIdea = (bill, options) => {
  const { machines, serves } = bill;
  const subject = { cluster: bill.name, key: "idle", what: "idle GPU time", within: "bill" } as const;
  // A run keeps its machines busy; the default is a share of a load that is served.
  if (!serves && options.utilization === undefined) return [notStated(subject, "--utilization")];
  const { share, because } = utilizationOf(options);
  const total = machines.isBlock ? usedFee(bill, options.usedHours) : machines.monthlyUsd;
  const { price, unknownBecause = "--used-hours is more than the block has" } = machines;
  if (!total) return [unknownCost(subject, unknownBecause)];
  const amount = total.times(money(1).minus(share));
  const paidFor = machines.isBlock ? "for a block's hours" : "of machines";
  return [
    {
      ...subject,
      arithmetic: `${toDollars(total)} ${paidFor} x (1 - ${asPercent(share)})`,
      ...(machines.isBlock ? { oneOffUsd: amount } : { monthlyUsd: amount }),
      ...originOf(price),
      assumption: because !== undefined,
      because,
    },
  ];
};

/** The part of a block's fee that is for hours in use: hours that are not used at all have a line of their own. */
function usedFee({ machines }: ClusterBill, usedHours: number | undefined): Money | undefined {
  const { oneOffUsd, price, nodes, blockHours } = machines;
  if (usedHours === undefined || !price || nodes === undefined || !blockHours) return oneOffUsd;
  return blockHours.lt(usedHours) ? undefined : money(price.usd).times(nodes).times(usedHours);
}
