import * as pulumi from "@pulumi/pulumi";
import { metricNamespace } from "../../serving/metrics";
import type { ParsedAwsArgs } from "./args";
import type { EngineLogs } from "./logs";
import { repositoryArn } from "./plan/images";
import type { AwsLayout } from "./plan/layout";
import type { Statement } from "./policies";
import type { ModelStore } from "./storage";

export interface NodePolicyRequest {
  layout: AwsLayout;
  args: ParsedAwsArgs;
  store: ModelStore;
  logs: EngineLogs;
  /** Absent where the cluster trains. */
  apiKeySecret?: pulumi.Output<string>;
}

/**
 * What a node may do, and no wider than this: read models and releases, write status, logs and one namespace of metrics;
 * to serve, read one secret; to train, read and write checkpoints; and what a token, a private image or a key of its
 * owner's takes.
 */
export function nodePolicy(request: NodePolicyRequest): pulumi.Output<string> {
  const { layout, args, store, logs, apiKeySecret } = request;
  const { bucketArn, prefix } = store;
  const within = (folder: string) => pulumi.interpolate`${bucketArn}/${folder}/*`;
  const folders = ["models", ...(layout.serves ? [] : [`${prefix}checkpoints`, `${prefix}recipe`])];
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "ReadModelsAndReleases",
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: [within("models"), within(`${prefix}releases`)],
      },
      {
        Sid: "ListModels",
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: bucketArn,
        Condition: { StringLike: { "s3:prefix": folders.map((folder) => `${folder}/*`) } },
      },
      { Sid: "WriteStatus", Effect: "Allow", Action: "s3:PutObject", Resource: within(`${prefix}status`) },
      ...(layout.serves ? [readSecret("ReadApiKey", apiKeySecret)] : trainingStatements(store)),
      ...(args.storage?.huggingFaceTokenSecret === undefined
        ? []
        : [readSecret("ReadHuggingFaceToken", args.storage.huggingFaceTokenSecret)]),
      ...imageStatements(layout, args),
      ...observabilityStatements(logs),
      beReached,
      ...(args.kmsKey === undefined ? [] : [useKey(args.kmsKey, layout)]),
    ],
  });
}

function readSecret(sid: string, secret: pulumi.Input<string> | undefined): Statement {
  return { Sid: sid, Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: secret };
}

function trainingStatements({ bucketArn, prefix }: ModelStore): Statement[] {
  return [
    {
      Sid: "ReadAndWriteCheckpoints",
      Effect: "Allow",
      // Large objects go up in parts, which whoever gives up on one should take back.
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      Resource: pulumi.interpolate`${bucketArn}/${prefix}checkpoints/*`,
    },
    {
      Sid: "ReadRecipe",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: pulumi.interpolate`${bucketArn}/${prefix}recipe/*`,
    },
  ];
}

/** Reading images of the account's own registry: those repositories, and a password for the registry, which has no narrower form. */
function imageStatements({ image, dcgmImage }: AwsLayout, { serving }: ParsedAwsArgs): Statement[] {
  const repositories = [image, dcgmImage].map(repositoryArn).filter((arn) => arn !== undefined);
  if (repositories.length === 0) return [];
  // A pull-through cache fetches an image when it is first asked for it, in the name of whoever asks.
  const fetchFirst =
    serving?.imageRegistry === undefined ? [] : ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"];
  return [
    { Sid: "LogInForImage", Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    {
      Sid: "ReadImage",
      Effect: "Allow",
      Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", ...fetchFirst],
      Resource: repositories,
    },
  ];
}

function observabilityStatements({ arn }: EngineLogs): Statement[] {
  return [
    {
      Sid: "WriteLogs",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: pulumi.interpolate`${arn}:log-stream:*`,
    },
    {
      Sid: "WriteMetrics",
      Effect: "Allow",
      Action: "cloudwatch:PutMetricData",
      // The call names no resource; its namespace is what can be held to (CloudWatch, condition keys).
      Resource: "*",
      Condition: { StringEquals: { "cloudwatch:namespace": metricNamespace } },
    },
  ];
}

/** Reading what the key encrypts, and reports that are written into a bucket of it. */
function useKey(kmsKey: pulumi.Input<string>, { region }: AwsLayout): Statement {
  const services = ["s3", "secretsmanager"].map((service) => `${service}.${region}.amazonaws.com`);
  return {
    Sid: "UseKey",
    Effect: "Allow",
    Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    Resource: kmsKey,
    // Through these two, and not by itself.
    Condition: { StringEquals: { "kms:ViaService": services } },
  };
}

/**
 * A shell and commands by Systems Manager, and no more of it: AWS's own policy for machines, AmazonSSMManagedInstanceCore,
 * reads every parameter of the account (Systems Manager guide, "Instance permissions for Session Manager"). None of these
 * calls names a resource.
 */
const beReached: Statement = {
  Sid: "BeReached",
  Effect: "Allow",
  Action: [
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
  ],
  Resource: "*",
};
