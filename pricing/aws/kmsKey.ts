import { priceLine, type ResourcePricer, usageLine } from "../lines";
import type { UsageSetting } from "../usage";

const keyRequests: UsageSetting = {
  key: "requests",
  meaning: "requests that use the key",
};

/** A KMS key that the user owns, and requests. */
export const kmsKeyPricer: ResourcePricer = {
  usage: [keyRequests],
  price: (record, context) => [
    priceLine(record, context, { cloud: "aws", sku: "kms.key", key: "fee", component: "KMS key", quantity: 1 }),
    usageLine(record, context, {
      cloud: "aws",
      sku: "kms.requests",
      key: "requests",
      component: "KMS requests",
      setting: keyRequests,
      unitsEach: 1e-4,
    }),
  ],
};
