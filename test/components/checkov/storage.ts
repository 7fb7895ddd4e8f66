import type { RecordedResource } from "../../../cli/preview/recorder";
import { textIn, valueIn } from "../../../pricing/records";
import { connected, type Graph, given, type Rule } from "./rule";

function blocks(id: string, title: string, source: string, property: string): Rule {
  const holds = ({ inputs }: RecordedResource) => inputs[property] === true;
  return { id, title, source: `resource/aws/${source}`, kinds: ["BucketPublicAccessBlock"], holds };
}

/** A rule of a bucket that holds where something else is connected to it. */
function bucketHas(id: string, title: string, source: string, kind: string): Rule {
  const holds = (record: RecordedResource, graph: Graph) => connected(record, kind, graph).length > 0;
  return { id, title, source: `graph_checks/aws/${source}`, kinds: ["Bucket"], holds };
}

/** The algorithms that a bucket is encrypted with by default. */
function algorithmsOf(bucket: RecordedResource, graph: Graph): (string | undefined)[] {
  return connected(bucket, "BucketServerSideEncryptionConfiguration", graph).flatMap(({ inputs }) =>
    (inputs.rules as unknown[]).map((rule) => textIn(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm")),
  );
}

interface Statement {
  Effect: string;
  Principal?: unknown;
  Action: string | string[];
  Condition?: unknown;
}

function statementsOf({ inputs }: RecordedResource): Statement[] {
  return (JSON.parse(String(inputs.policy)) as { Statement: Statement[] }).Statement;
}

export const storageRules: readonly Rule[] = [
  bucketHas("CKV_AWS_18", "Ensure the S3 bucket has access logging enabled", "S3BucketLogging", "BucketLogging"),
  {
    id: "CKV_AWS_19",
    title: "Ensure all data stored in the S3 bucket is securely encrypted at rest",
    source: "graph_checks/aws/S3BucketEncryption",
    kinds: ["Bucket"],
    holds: (record, graph) => {
      const algorithms = algorithmsOf(record, graph);
      return algorithms.length > 0 && algorithms.every((name) => name === "AES256" || name === "aws:kms");
    },
  },
  {
    id: "CKV_AWS_145",
    title: "Ensure that S3 buckets are encrypted with KMS by default",
    source: "graph_checks/aws/S3KMSEncryptedByDefault",
    kinds: ["Bucket"],
    holds: (record, graph) => algorithmsOf(record, graph).includes("aws:kms"),
  },
  {
    id: "CKV_AWS_20",
    title: "S3 Bucket has an ACL defined which allows public READ access.",
    source: "graph_checks/aws/S3PublicACLRead",
    kinds: ["Bucket"],
    holds: (record, graph) => !given(record.inputs.acl) && connected(record, "BucketAcl", graph).length === 0,
  },
  {
    id: "CKV_AWS_57",
    title: "S3 Bucket has an ACL defined which allows public WRITE access.",
    source: "graph_checks/aws/S3PublicACLWrite",
    kinds: ["Bucket"],
    holds: (record, graph) => !given(record.inputs.acl) && connected(record, "BucketAcl", graph).length === 0,
  },
  bucketHas(
    "CKV_AWS_21",
    "Ensure all data stored in the S3 bucket have versioning enabled",
    "S3BucketVersioning",
    "BucketVersioning",
  ),
  blocks("CKV_AWS_53", "Ensure S3 bucket has block public ACLS enabled", "S3BlockPublicACLs", "blockPublicAcls"),
  blocks("CKV_AWS_54", "Ensure S3 bucket has block public policy enabled", "S3BlockPublicPolicy", "blockPublicPolicy"),
  blocks("CKV_AWS_55", "Ensure S3 bucket has ignore public ACLs enabled", "S3IgnorePublicACLs", "ignorePublicAcls"),
  blocks(
    "CKV_AWS_56",
    "Ensure S3 bucket has 'restrict_public_buckets' enabled",
    "S3RestrictPublicBuckets",
    "restrictPublicBuckets",
  ),
  bucketHas(
    "CKV2_AWS_6",
    "Ensure that S3 bucket has a Public Access block",
    "S3BucketHasPublicAccessBlock",
    "BucketPublicAccessBlock",
  ),
  bucketHas(
    "CKV2_AWS_61",
    "Ensure that an S3 bucket has a lifecycle configuration",
    "S3BucketLifecycle",
    "BucketLifecycleConfiguration",
  ),
  bucketHas(
    "CKV2_AWS_62",
    "Ensure S3 buckets should have event notifications enabled",
    "S3BucketEventNotifications",
    "BucketNotification",
  ),
  bucketHas(
    "CKV_AWS_144",
    "Ensure that S3 bucket has cross-region replication enabled",
    "S3BucketReplicationConfiguration",
    "BucketReplicationConfig",
  ),
  {
    id: "CKV_AWS_70",
    title: "Ensure S3 bucket does not allow an action with any Principal",
    source: "resource/aws/S3AllowsAnyPrincipal",
    kinds: ["BucketPolicy"],
    holds: (record) => statementsOf(record).every(({ Effect }) => Effect === "Deny"),
  },
  {
    id: "CKV_AWS_93",
    title: "Ensure S3 bucket policy does not lockout all but root user. (Prevent lockouts needing root account fixes)",
    source: "resource/aws/S3ProtectAgainstPolicyLockout",
    kinds: ["BucketPolicy"],
    holds: (record) => statementsOf(record).every(({ Effect, Condition }) => Effect !== "Deny" || given(Condition)),
  },
  {
    id: "CKV_AWS_300",
    title: "Ensure S3 lifecycle configuration sets period for aborting failed uploads",
    source: "resource/aws/S3AbortIncompleteUploads",
    kinds: ["BucketLifecycleConfiguration"],
    holds: ({ inputs }) =>
      (inputs.rules as Record<string, unknown>[]).some(
        (rule) =>
          given(rule.abortIncompleteMultipartUpload) &&
          rule.status === "Enabled" &&
          !given(valueIn(rule, "filter", "prefix")),
      ),
  },
  {
    id: "CKV_AWS_190",
    title: "Ensure lustre file systems is encrypted by KMS using a customer managed Key (CMK)",
    source: "resource/aws/LustreFSEncryptedWithCMK",
    kinds: ["LustreFileSystem"],
    holds: ({ inputs }) => given(inputs.kmsKeyId),
  },
];
