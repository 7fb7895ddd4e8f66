import { includedLine, type ResourcePricer, usageLine } from "../lines";
import { isPartOfCluster } from "../records";
import { infracostDefaults, type UsageSetting } from "../usage";

const storageGB: UsageSetting = {
  key: "storageGB",
  meaning: "GB that the bucket holds",
  assume: { quantity: 225, because: infracostDefaults },
};
const readRequests: UsageSetting = {
  key: "readRequests",
  meaning: "GET, SELECT and other requests",
  assume: { quantity: 12_500_000, because: infracostDefaults },
};
const writeRequests: UsageSetting = {
  key: "writeRequests",
  meaning: "PUT, COPY, POST and LIST requests",
  assume: { quantity: 1_000_000, because: infracostDefaults },
};

/** An S3 bucket is billed by what it holds and by requests. A cluster's own store is priced with the cluster, whose plan knows both. */
export const bucketPricer: ResourcePricer = {
  usage: [storageGB, readRequests, writeRequests],
  price: (record, context) => {
    if (isPartOfCluster(record)) return [includedLine(record, "storage", "S3 storage", "priced with its cluster")];
    const line = { cloud: "aws" };
    return [
      usageLine(record, context, {
        ...line,
        sku: "s3.standard.storage",
        key: "storage",
        component: "S3 storage",
        setting: storageGB,
      }),
      usageLine(record, context, {
        ...line,
        sku: "s3.get",
        key: "reads",
        component: "read requests",
        setting: readRequests,
        unitsEach: 1e-3,
      }),
      usageLine(record, context, {
        ...line,
        sku: "s3.put",
        key: "writes",
        component: "write requests",
        setting: writeRequests,
        unitsEach: 1e-3,
      }),
    ];
  },
};
