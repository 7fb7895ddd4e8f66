import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { decisionSchema } from "../../../sizing/decision";
import { Egress, FlowLogs, LoadBalancerKind, OnDelete, WeightsSource } from "../args";
import { startsAtItsBase } from "../plan/addresses";

/** A text of a form, or something that will be one: an output of another resource, or a promise. */
function inputText(form: RegExp, rule: string) {
  return z.custom<pulumi.Input<string>>(
    // The offline preview has a text of its own for secrets, which it cannot read.
    (value) => (typeof value === "string" ? form.test(value) || value === "[secret]" : isComing(value)),
    rule,
  );
}

function isComing(value: unknown): boolean {
  const { __pulumiOutput: isOutput, then } = (value ?? {}) as { __pulumiOutput?: unknown; then?: unknown };
  return isOutput === true || typeof then === "function";
}

const bucketName = inputText(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of an S3 bucket");
const imageId = inputText(/^ami-[0-9a-f]{8,17}$/, "must be the id of a machine image, such as ami-0123456789abcdef0");
const subnetId = inputText(/^subnet-[0-9a-f]{8,17}$/, "must be the id of a subnet, such as subnet-0123456789abcdef0");
const routeTableId = inputText(
  /^rtb-[0-9a-f]{8,17}$/,
  "must be the id of a route table, such as rtb-0123456789abcdef0",
);
const secretArn = inputText(/^arn:[\w-]+:secretsmanager:/, "must be the ARN of a Secrets Manager secret");
const certificateArn = inputText(/^arn:[\w-]+:acm:/, "must be the ARN of an ACM certificate");
const topicArn = inputText(/^arn:[\w-]+:sns:/, "must be the ARN of an SNS topic");
const keyArn = inputText(/^arn:[\w-]+:kms:[^:]+:\d{12}:key\//, "must be the ARN of a KMS key");
const logGroupName = inputText(/^[\w./#-]{1,512}$/, "must be the name of a CloudWatch log group");
const containerImage = z
  .string()
  .regex(/^[\w][\w./:@-]*$/, "must be the name of a container image, such as vllm/vllm-openai:v0.26.0");
const imageRegistry = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9][\w.-]*)*$/,
    "must be a registry, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/docker-hub",
  );
const cidr = z
  .cidrv4("must be an IPv4 range, such as 10.0.0.0/16")
  .refine(startsAtItsBase, "must start at its own base address, as 10.0.0.0/16 does");
/** Each range makes a rule by its name, and a security group has room for 60. */
const cidrs = z
  .array(cidr)
  .min(1)
  .max(25)
  .refine((ranges) => new Set(ranges).size === ranges.length, "must name each range once");
const principal = z
  .string()
  .regex(/^arn:[\w-]+:iam::\d{12}:(root|role\/.+|user\/.+)$/, "must be the ARN of an account, role or user");
const domainName = z
  .string()
  .regex(
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be a name in lower case with at least one dot, such as llm.example.internal",
  );

// What instance metadata can show as a tag key (EC2 guide, instance tags in the metadata service): nodes read theirs there.
// IAM takes no comma, though metadata would show it.
const tagKey = /^(?!aws:|\.{1,2}$|_index$)[0-9a-zA-Z\-_+=.@:]{1,128}$/;
const tagRule = "must be letters, digits and - _ + = . @ : only, because nodes read their tags from instance metadata";
const tagValue = z
  .string()
  .regex(
    /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u,
    "must be letters, digits, spaces and _ . : / = + - @ only, 256 at most",
  );
/** Of the 50 tags that a resource takes, a node has six of the cluster's own. */
const mostTags = 44;

// CloudWatch Logs, PutRetentionPolicy: the steps that retentionInDays takes.
const retentionSteps = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const releaseNumber = z.number().int().min(1).max(1_000_000_000);

/** Shape of the arguments; test/components checks that it and the interfaces say the same. */
export const awsClusterSchema = z.strictObject({
  decision: decisionSchema,
  network: z
    .strictObject({
      vpcCidr: z.string().optional(),
      subnetId: subnetId.optional(),
      nodeAddresses: cidr.optional(),
      routeTableId: routeTableId.optional(),
      egress: z.enum(Egress).optional(),
      flowLogs: z.enum(FlowLogs).optional(),
    })
    .optional(),
  storage: z
    .strictObject({
      bucket: bucketName.optional(),
      onDelete: z.enum(OnDelete).optional(),
      weights: z.enum(WeightsSource).optional(),
      huggingFaceRepository: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+$/, "must be a repository, such as Qwen/Qwen3-32B")
        .optional(),
      huggingFaceRevision: z
        .string()
        .regex(/^[\w][\w./-]*$/, "must be a branch, a tag or a commit")
        .optional(),
      huggingFaceTokenSecret: secretArn.optional(),
      lustre: z
        .strictObject({
          capacityGiB: z.number().int().min(1).optional(),
          throughput: z.number().int().min(1).optional(),
          efa: z.boolean().optional(),
        })
        .optional(),
    })
    .optional(),
  serving: z
    .strictObject({
      image: containerImage.optional(),
      imageRegistry: imageRegistry.optional(),
      port: z.number().int().min(1024).max(65_535).optional(),
      release: releaseNumber.optional(),
      amiId: imageId.optional(),
      apiKeySecret: secretArn.optional(),
    })
    .optional(),
  training: z
    .strictObject({
      image: containerImage.optional(),
      release: releaseNumber.optional(),
      amiId: imageId.optional(),
    })
    .optional(),
  endpoint: z
    .strictObject({
      loadBalancer: z.enum(LoadBalancerKind).optional(),
      certificateArn: certificateArn.optional(),
      secondZone: z.string().min(1).optional(),
      secondSubnetId: subnetId.optional(),
      domainName: domainName.optional(),
      hostedZoneId: z
        .string()
        .regex(/^Z[A-Z0-9]{1,31}$/, "must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ")
        .optional(),
      callers: cidrs.optional(),
      privateLinkPrincipals: z.array(principal).min(1).max(50).optional(),
      deletionProtection: z.boolean().optional(),
    })
    .optional(),
  observability: z
    .strictObject({
      logRetentionDays: z
        .number()
        .refine((days) => retentionSteps.includes(days), `must be one of ${retentionSteps.join(", ")}`)
        .optional(),
      logGroup: logGroupName.optional(),
      alarmTopic: topicArn.optional(),
      metricsFrom: cidrs.optional(),
      expires: z
        .string()
        // The engine hands a day that stands in a stack file without quotes on as this.
        .transform((day) => day.replace(/ 00:00:00 \+0000 UTC$/, ""))
        .pipe(z.iso.date("must be a day, such as 2027-01-31"))
        .optional(),
      budgetUsd: z.number().positive().max(1e9).optional(),
    })
    .optional(),
  kmsKey: keyArn.optional(),
  tags: z
    .record(z.string().regex(tagKey, tagRule), tagValue)
    .refine((tags) => Object.keys(tags).length <= mostTags, `must be ${mostTags} at most`)
    .optional(),
});
