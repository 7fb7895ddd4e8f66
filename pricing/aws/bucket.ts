import { type Pricer, priceLine } from "../lines";
import { numberIn } from "../records";

/** An S3 bucket: what it stores, known when it is a cluster's model store, and requests, which depend on use. */
export const priceBucket: Pricer = (record, context) => {
  const cluster = context.graph.clusterOf(record)?.inputs;
  const weightsGB = numberIn(cluster, "plan", "weightsGB");
  const checkpointGB = numberIn(cluster, "plan", "checkpointGB");
  const storage = { cloud: "aws", sku: "s3.standard.storage" };
  // How many of them are kept, nobody says.
  const checkpoints = { ...storage, component: `checkpoints, ${checkpointGB} GB each`, usage: true };
  return [
    priceLine(record, context, {
      ...storage,
      component: weightsGB === undefined ? "storage" : `model weights, ${weightsGB} GB`,
      quantity: weightsGB,
      usage: weightsGB === undefined,
    }),
    ...(checkpointGB === undefined ? [] : [priceLine(record, context, checkpoints)]),
    priceLine(record, context, { cloud: "aws", sku: "s3.get", component: "read requests", usage: true }),
    priceLine(record, context, { cloud: "aws", sku: "s3.put", component: "write requests", usage: true }),
  ];
};
