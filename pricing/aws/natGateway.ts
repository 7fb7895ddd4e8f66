import { type Pricer, priceLine } from "../lines";
import { hoursPerMonth } from "../money";

/** A NAT gateway: its hours, and the traffic through it, which depends on what the nodes fetch. */
export const priceNatGateway: Pricer = (record, context) => [
  priceLine(record, context, {
    cloud: "aws",
    sku: "nat-gateway.hour",
    component: "NAT gateway",
    quantity: hoursPerMonth,
  }),
  priceLine(record, context, { cloud: "aws", sku: "nat-gateway.data", component: "data through NAT", usage: true }),
];
