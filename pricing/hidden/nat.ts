import { sum } from "../money";
import { asNumber, asRate } from "./arithmetic";
import type { HiddenIdea } from "./hiddenCost";
import { originOf } from "./metered";

/** The way out for machines without a public address: hours of the gateway, used or not, and what goes through it. */
export const nat: HiddenIdea = ({ name, lines }) => {
  const ours = lines.filter(({ type, key }) => type === "aws:ec2/natGateway:NatGateway" || key === "natData");
  const known = ours.filter(({ state }) => state === "priced");
  const open = ours.filter(({ state }) => state === "unpriced" || state === "unknownQuantity");
  const [first] = known;
  if (!first) return [];
  const assumed = known.find(({ usage }) => usage?.basis === "assumed");
  return [
    {
      cluster: name,
      key: "nat",
      what: "NAT gateway and its data",
      arithmetic: known
        .map(({ quantity = 0, unit, price }) => `${asNumber(quantity)} ${unit} x ${asRate(price?.usd ?? 0)}`)
        .join(" + "),
      monthlyUsd: sum(known.flatMap(({ monthlyUsd }) => monthlyUsd ?? [])),
      within: "bill",
      ...originOf(first.price),
      assumption: assumed !== undefined,
      because: assumed?.usage?.because,
      leavesOut:
        open.length > 0 ? open.map(({ component, reason }) => `${component}: ${reason}`).join("; ") : undefined,
    },
  ];
};
