import { money, toDollars } from "../pricing/money";
import { textIn } from "../pricing/records";

/** The way out of a cluster's own VPC beside the other one, by the component's inputs; nothing for a subnet that was brought along. */
export function describeEgress(inputs: unknown): string[] {
  const [nat, none] = ["nat", "none"].map((way) => textIn(inputs, "plan", "egressMonthlyUsd", way));
  if (nat === undefined || none === undefined) return [];
  const ways = {
    nat: `a NAT gateway, ${describeRate(nat)}`,
    none: `endpoints of AWS services, ${describeRate(none)}`,
  };
  const isClosed = textIn(inputs, "network", "egress") === "none";
  const [own, other] = isClosed ? [ways.none, ways.nat] : [ways.nat, ways.none];
  return [`way out: ${own}; network.egress ${isClosed ? "nat" : "none"} would be ${other}; traffic is billed beside`];
}

function describeRate(usd: string): string {
  return usd === "unknown" ? "of unknown price" : `${toDollars(money(usd))} a month`;
}
