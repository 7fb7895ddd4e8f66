import { type Pricer, priceLine } from "../lines";
import { numberIn } from "../records";

/** An S3 bucket: what it stores, known when it is a cluster's model store, and requests, which depend on use. */
export const priceBucket: Pricer = (record, context) => {
  const weightsGB = numberIn(context.graph.clusterOf(record)?.inputs, "plan", "weightsGB");
  return [
    priceLine(record, context, {
      cloud: "aws",
      sku: "s3.standard.storage",
      component: weightsGB === undefined ? "storage" : `model weights, ${weightsGB} GB`,
      quantity: weightsGB,
      usage: weightsGB === undefined,
    }),
    priceLine(record, context, { cloud: "aws", sku: "s3.get", component: "read requests", usage: true }),
    priceLine(record, context, { cloud: "aws", sku: "s3.put", component: "write requests", usage: true }),
  ];
};
