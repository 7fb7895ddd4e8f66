import * as fsx from "@pulumi/aws/fsx";
import * as pulumi from "@pulumi/pulumi";
import type { ParsedAwsArgs } from "./args";
import type { Network } from "./network/network";
import type { AwsLayout } from "./plan/layout";
import { childName, placed, type Scope } from "./scope";
import type { ModelStore } from "./storage";

/** What nodes mount the file system by. */
export interface SharedFiles {
  dnsName: pulumi.Output<string>;
  mountName: pulumi.Output<string>;
}

/** A file system for every node, with the store's weights linked into it; absent unless it is asked for. */
export function createSharedFiles(
  scope: Scope,
  { lustre }: AwsLayout,
  network: Network,
  store: ModelStore,
  { kmsKey, storage }: ParsedAwsArgs,
): SharedFiles | undefined {
  if (lustre === undefined) return undefined;
  // It stands in the cluster's subnet and groups, which could not go while it stays; the store is what stays.
  const { parent } = scope;
  const files = new fsx.LustreFileSystem(
    childName(scope, "lustre"),
    {
      ...placed(scope, "lustre"),
      deploymentType: "PERSISTENT_2",
      storageType: "SSD",
      fileSystemTypeVersion: "2.15",
      storageCapacity: lustre.capacityGiB,
      perUnitStorageThroughput: lustre.throughput,
      metadataConfiguration: { mode: "AUTOMATIC" },
      efaEnabled: lustre.efa,
      // Weights do not compress.
      dataCompressionType: "NONE",
      subnetIds: network.subnetId,
      securityGroupIds: [network.nodesSecurityGroup.id],
      kmsKeyId: kmsKey,
    },
    {
      parent,
      // FSx refuses a group whose rules do not yet let Lustre pass (aws-parallelcluster#6181).
      dependsOn: network.betweenNodes,
      // The provider has been seen to read the groups back as none, and a smaller file system is another one; neither may
      // make a new one of it. A capacity that nobody gave follows the model, which may become smaller.
      ignoreChanges: ["securityGroupIds", ...(storage?.lustre?.capacityGiB === undefined ? ["storageCapacity"] : [])],
    },
  );
  new fsx.DataRepositoryAssociation(
    childName(scope, "lustre-models"),
    {
      ...placed(scope, "lustre-models"),
      fileSystemId: files.id,
      fileSystemPath: "/models",
      dataRepositoryPath: pulumi.interpolate`s3://${store.bucketName}/models/`,
      batchImportMetaDataOnCreate: true,
      // One way only: nothing that happens on a node changes the store.
      s3: { autoImportPolicy: { events: ["NEW", "CHANGED", "DELETED"] } },
    },
    { parent },
  );
  return { dnsName: files.dnsName, mountName: files.mountName };
}
