import { type Pricer, priceLine } from "../lines";
import { hoursPerMonth } from "../money";

/** A public IPv4 address, billed in use and idle alike. */
export const priceElasticIp: Pricer = (record, context) => [
  priceLine(record, context, {
    cloud: "aws",
    sku: "public-ipv4 (EIP, in use or idle)",
    component: "public IPv4 address",
    quantity: hoursPerMonth,
  }),
];
