// What `pulumi up` runs: reads the stack's configuration, makes the cluster that it decides on, puts its facts out.
import * as pulumi from "@pulumi/pulumi";
import type { AwsCluster } from "../components/aws/awsCluster";
import { readClusterArgs } from "./settings";

const cluster = createCluster();

export const endpoint = cluster.endpoint;
export const apiKeySecret = cluster.apiKeySecret;
export const modelStore = cluster.modelStore;
export const nodeAddresses = cluster.nodeAddresses;
export const instanceIds = cluster.instanceIds;
export const accessCommand = cluster.accessCommand;
export const imageId = cluster.imageId;
export const newestImageId = cluster.newestImageId;
export const vpc = cluster.vpc;
export const logGroup = cluster.logGroup;
export const privateLinkService = cluster.privateLinkService;
export const capacityEndsAt = cluster.capacityEndsAt;
export const machine = cluster.plan.apply(({ nodes, machine }) => `${nodes} x ${machine}`);
export const hourlyCostUsd = cluster.hourlyCostUsd;
export const monthlyCostUsd = cluster.monthlyCostUsd;
export const oneOffCostUsd = cluster.oneOffCostUsd;

/** One cloud's component, by the decision. Only that cloud's SDK is loaded: loading is most of a preview's time. */
function createCluster(): AwsCluster {
  const args = readClusterArgs(pulumi.getProject(), pulumi.runtime.allConfig());
  const { AwsCluster: Cluster } =
    require("../components/aws/awsCluster") as typeof import("../components/aws/awsCluster");
  return new Cluster("llm", args);
}
