import { type Pricer, priceLine } from "../lines";

/** A Secrets Manager secret: a monthly fee, and calls, which depend on use. */
export const priceSecret: Pricer = (record, context) => [
  priceLine(record, context, { cloud: "aws", sku: "secretsmanager.secret", component: "secret", quantity: 1 }),
  priceLine(record, context, { cloud: "aws", sku: "secretsmanager.api", component: "secret calls", usage: true }),
];
