import { type CostLine, type PricingContext, priceLine, type ResourcePricer } from "../lines";
import { hoursPerMonth } from "../money";
import type { ResourceRecord } from "../records";

/** Public IPv4 addresses, billed by the hour in use and idle alike. */
export function publicAddressLine(
  record: ResourceRecord,
  context: PricingContext,
  count: number | undefined,
  unknownBecause = "the number of addresses is not known before the update",
): CostLine {
  return priceLine(record, context, {
    cloud: "aws",
    sku: "public-ipv4 (EIP, in use or idle)",
    key: "publicAddress",
    component: count === undefined || count === 1 ? "public IPv4 address" : `public IPv4 address, ${count}`,
    quantity: count === undefined ? undefined : count * hoursPerMonth,
    unknownBecause,
  });
}

/** An Elastic IP address. */
export const elasticIpPricer: ResourcePricer = {
  price: (record, context) => [publicAddressLine(record, context, 1)],
};
