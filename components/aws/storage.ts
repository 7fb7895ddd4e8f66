import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import type { ParsedAwsArgs } from "./args";
import type { AwsLayout } from "./plan/layout";
import { childName, placed, type Scope } from "./scope";

/** The bucket of weights (`models/`), releases (`releases/`) and node reports (`status/`); to train also of recipes and checkpoints. */
export interface ModelStore {
  bucketName: pulumi.Output<string>;
  bucketArn: pulumi.Output<string>;
  /** What goes before the keys of releases and reports: nothing in a bucket of the cluster's own. Weights are shared. */
  prefix: string;
}

/** Makes the model store, or takes the bucket that was brought along. */
export function createModelStore(scope: Scope, layout: AwsLayout, { storage, kmsKey }: ParsedAwsArgs): ModelStore {
  if (storage?.bucket !== undefined) {
    const bucketName = pulumi.output(storage.bucket);
    // Several clusters may bring the same bucket, for its weights; each has releases and reports of its own.
    const prefix = `clusters/${pulumi.getProject()}-${pulumi.getStack()}-${scope.name}/`;
    return { bucketName, bucketArn: pulumi.interpolate`arn:aws:s3:::${bucketName}`, prefix };
  }
  // Weights are copies of what is published: they go with the cluster unless its owner wants them kept. A store with what
  // was trained stays. Nothing in it is versioned: an older version of some weights costs as much as they do.
  const kept = { parent: scope.parent, retainOnDelete: layout.keepStore };
  const { region } = scope;
  const child = (suffix: string) => childName(scope, suffix);
  const bucket = new s3.Bucket(child("models"), { ...placed(scope, "models"), forceDestroy: !layout.keepStore }, kept);
  const bucketName = bucket.bucket;
  const block = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
  const accessBlock = new s3.BucketPublicAccessBlock(
    child("models-private"),
    { region, bucket: bucketName, ...block },
    kept,
  );
  const encryption = { region, bucket: bucketName, rules: [encryptionRule(kmsKey)] };
  new s3.BucketServerSideEncryptionConfiguration(child("models-encryption"), encryption, kept);
  new s3.BucketLifecycleConfiguration(
    child("models-lifecycle"),
    { region, bucket: bucketName, rules: lifecycleRules },
    kept,
  );
  // S3 refuses two changes of a bucket's policy and its access block at the same time.
  const policy = tlsOnly(bucket.arn);
  new s3.BucketPolicy(
    child("models-tls-only"),
    { region, bucket: bucketName, policy },
    { ...kept, dependsOn: [accessBlock] },
  );
  return { bucketName, bucketArn: bucket.arn, prefix: "" };
}

function encryptionRule(kmsKey: pulumi.Input<string> | undefined) {
  if (kmsKey === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  // A key of the bucket's own saves a request to KMS for every part of every weight.
  return {
    applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKey },
    bucketKeyEnabled: true,
  };
}

/** Uploads that broke off are billed until somebody ends them, and a push can still be resumed for a week; nodes renew their reports. */
const lifecycleRules = [
  {
    id: "abandoned-uploads",
    status: "Enabled",
    filter: { prefix: "" },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
  },
  { id: "old-reports", status: "Enabled", filter: { prefix: "status/" }, expiration: { days: 90 } },
];

function tlsOnly(arn: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, pulumi.interpolate`${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}
