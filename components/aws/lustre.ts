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
  { lustre, keepStore }: AwsLayout,
  network: Network,
  store: ModelStore,
  { kmsKey }: ParsedAwsArgs,
): SharedFiles | undefined {
  if (lustre === undefined) return undefined;
  // What is only on the file system is lost with it, so it stays where the store does.
  const kept = { parent: scope.parent, retainOnDelete: keepStore };
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
      ...kept,
      // FSx refuses a group whose rules do not yet let Lustre pass (aws-parallelcluster#6181).
      dependsOn: network.betweenNodes,
      // The provider has been seen to read the groups back as none, which would make a new file system of it.
      ignoreChanges: ["securityGroupIds"],
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
    kept,
  );
  return { dnsName: files.dnsName, mountName: files.mountName };
}
