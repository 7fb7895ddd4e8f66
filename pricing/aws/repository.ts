import { type ResourcePricer, usageLine } from "../lines";
import { infracostDefaults, type UsageSetting } from "../usage";

const imagesGB: UsageSetting = {
  key: "storageGB",
  meaning: "GB of images that are kept",
  assume: { quantity: 50, because: infracostDefaults },
};

/** An ECR repository, billed by what it holds. */
export const repositoryPricer: ResourcePricer = {
  usage: [imagesGB],
  price: (record, context) => [
    usageLine(record, context, {
      cloud: "aws",
      sku: "ecr.storage",
      key: "storage",
      component: "container images",
      setting: imagesGB,
    }),
  ],
};
