import { priceLine, type ResourcePricer, usageLine } from "../lines";
import { isPartOfCluster, valueIn } from "../records";
import { infracostDefaults, type UsageSetting } from "../usage";

const calls: UsageSetting = {
  key: "calls",
  meaning: "API calls that read the secret",
  assume: { quantity: 1_000_000, because: infracostDefaults },
};

/** A Secrets Manager secret: a monthly fee, and calls; a cluster's nodes call when they start, which is the cluster's line. */
export const secretPricer: ResourcePricer = {
  usage: [calls],
  price: (record, context) => {
    // A replica in another region is billed as a secret of its own (Secrets Manager pricing).
    const replicas = valueIn(record.inputs, "replicas");
    const count = 1 + (Array.isArray(replicas) ? replicas.length : 0);
    const fee = priceLine(record, context, {
      cloud: "aws",
      sku: "secretsmanager.secret",
      key: "secret",
      component: count === 1 ? "secret" : `secret, ${count} with its replicas`,
      quantity: count,
    });
    if (isPartOfCluster(record)) return [fee];
    return [
      fee,
      usageLine(record, context, {
        cloud: "aws",
        sku: "secretsmanager.api",
        key: "calls",
        component: "secret calls",
        setting: calls,
        unitsEach: 1e-4,
      }),
    ];
  },
};
