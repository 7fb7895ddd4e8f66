import { money } from "../money";
import { asNumber, asRate } from "./arithmetic";
import { type HiddenIdea, notStated, unknownCost } from "./hiddenCost";
import { originOf } from "./metered";

/** Hours of a capacity block that nobody uses: the fee is for all of them, is paid upfront, and is not given back. */
export const unusedBlock: HiddenIdea = ({ name, machines }, { usedHours }) => {
  if (!machines.isBlock) return [];
  const subject = { cluster: name, key: "unusedBlock", what: "capacity block, unused hours", within: "bill" } as const;
  const { price, nodes, machine, blockHours, unknownBecause = "the block is not known" } = machines;
  if (!price || nodes === undefined || !blockHours) return [unknownCost(subject, unknownBecause)];
  if (usedHours === undefined) return [notStated(subject, "--used-hours")];
  if (blockHours.lt(usedHours)) {
    return [unknownCost(subject, `--used-hours: ${usedHours} is more than the block's ${asNumber(blockHours)}`)];
  }
  return [
    {
      ...subject,
      arithmetic: `${nodes} x ${machine} x ${asRate(price.usd)} x (${asNumber(blockHours)} - ${asNumber(usedHours)}) h`,
      oneOffUsd: money(price.usd).times(nodes).times(blockHours.minus(usedHours)),
      ...originOf(price),
      assumption: false,
    },
  ];
};
