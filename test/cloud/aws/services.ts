import type { Kind } from "../kinds";
import { model } from "./sources";

const bucketType = "aws:s3/bucket:Bucket";
const objectType = "aws:s3/bucketObjectv2:BucketObjectv2";
const bucket = { property: "bucket", kind: bucketType, missing: "NoSuchBucket" };
const roleType = "aws:iam/role:Role";
const role = { property: "role", kind: roleType, missing: "NoSuchEntity", holds: "DeleteConflict" };
const secret = { property: "secretId", kind: "aws:secretsmanager/secret:Secret", missing: "ResourceNotFoundException" };

/** S3, IAM, Secrets Manager and the parameter store. */
export const services: Readonly<Record<string, Kind>> = {
  [bucketType]: {
    source: `${model("s3", "CreateBucket")}: BucketAlreadyOwnedByYou; ${model("s3", "DeleteBucket")}: all objects first (BucketNotEmpty), which the provider does for forceDestroy`,
    id: "name",
    autoName: { property: "bucket", longest: 63, taken: "BucketAlreadyOwnedByYou" },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:s3:::${inputs.bucket ?? name}`,
      hostedZoneId: "Z3AQBSTGFYJSTF",
    }),
    refuseDelete: ({ id, inputs }, world) => {
      const full = world.some(({ type, inputs: other }) => type === objectType && other.bucket === id);
      return full && inputs.forceDestroy !== true ? `BucketNotEmpty: ${id} is not empty` : undefined;
    },
  },
  [objectType]: {
    source: model("s3", "PutObject"),
    id: "object-",
    attributes: ({ inputs }) => ({ etag: `etag-of-${String(inputs.content).length}`, versionId: "" }),
    references: [bucket],
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    source: model("s3", "PutPublicAccessBlock"),
    id: "pab-",
    references: [bucket],
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    source: model("s3", "PutBucketEncryption"),
    id: "sse-",
    references: [bucket],
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    source: `${model("s3", "PutBucketLifecycleConfiguration")}: a bucket has one, which the next overwrites`,
    id: "lifecycle-",
    attributes: () => ({ expectedBucketOwner: "", transitionDefaultMinimumObjectSize: "all_storage_classes_128K" }),
    references: [bucket],
  },
  "aws:s3/bucketPolicy:BucketPolicy": { source: model("s3", "PutBucketPolicy"), id: "policy-", references: [bucket] },
  [roleType]: {
    source: `${model("iam", "CreateRole")}: EntityAlreadyExists; ${model("iam", "DeleteRole")}: DeleteConflict while policies or instance profiles are attached`,
    id: "name",
    autoName: { property: "name", longest: 64, taken: "EntityAlreadyExists" },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:iam::111122223333:role/${inputs.name ?? name}`,
      uniqueId: `AROA${name}`,
    }),
  },
  "aws:iam/rolePolicy:RolePolicy": {
    source: model("iam", "PutRolePolicy"),
    id: "rolepolicy-",
    autoName: { property: "name", longest: 128 },
    references: [role],
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    source: model("iam", "AttachRolePolicy"),
    id: "attachment-",
    references: [role],
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    source: model("iam", "CreateInstanceProfile"),
    id: "name",
    autoName: { property: "name", longest: 128, taken: "EntityAlreadyExists" },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:iam::111122223333:instance-profile/${inputs.name ?? name}`,
      uniqueId: `AIPA${name}`,
    }),
    references: [role],
  },
  "aws:secretsmanager/secret:Secret": {
    source: `${model("secretsmanager", "CreateSecret")}: ResourceExistsException`,
    id: "arn",
    autoName: { property: "name", longest: 512, taken: "ResourceExistsException" },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:secretsmanager:us-east-1:111122223333:secret:${inputs.name ?? name}-AbCdEf`,
    }),
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    source: model("secretsmanager", "PutSecretValue"),
    id: "version-",
    attributes: ({ inputs, name }) => ({
      versionId: `version-of-${name}`,
      versionStages: inputs.versionStages ?? ["AWSCURRENT"],
    }),
    references: [secret],
  },
  "aws:ssm/parameter:Parameter": {
    source: `${model("ssm", "PutParameter")}: ParameterAlreadyExists`,
    id: "name",
    autoName: { property: "name", longest: 2048, taken: "ParameterAlreadyExists" },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:ssm:us-east-1:111122223333:parameter/${inputs.name ?? name}`,
      version: 1,
      value: inputs.insecureValue,
    }),
  },
};
