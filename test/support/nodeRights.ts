import type { AwsClusterArgs } from "../../components/aws/args";
import type { AwsLayout } from "../../components/aws/plan/layout";

/** What Systems Manager's agent needs for a shell and commands. */
export const reachable = [
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
];

/** All that a node may ever do, action by action, and on what. */
export function rightsOf(
  { storage, serving, observability, kmsKey }: AwsClusterArgs,
  { serves, region, image, dcgmImage }: AwsLayout,
): Record<string, string[]> {
  const own = storage?.bucket === undefined;
  const bucket = own ? "arn:aws:::llm-models" : `arn:aws:s3:::${storage?.bucket}`;
  const prefix = own ? "" : "clusters/llm-cluster-test-llm/";
  const within = (folder: string) => `${bucket}/${folder}/*`;
  const trained = serves ? [] : [within(`${prefix}checkpoints`)];
  const apiKey = serves ? [String(serving?.apiKeySecret ?? "arn:aws:::llm-api-key")] : [];
  const token = storage?.huggingFaceTokenSecret;
  const logGroup = observability?.logGroup;
  const logs = logGroup ? `arn:aws:logs:${region}:*:log-group:${logGroup}` : "arn:aws:::llm-logs";
  const mirror = `arn:aws:ecr:${region}:111122223333:repository/mirror/`;
  const images = [image, dcgmImage].map((name) => mirror + (/\.com\/mirror\/([^:@]+)/.exec(name)?.[1] ?? ""));
  return {
    "s3:GetObject": [
      within("models"),
      within(`${prefix}releases`),
      ...trained,
      ...(serves ? [] : [within(`${prefix}recipe`)]),
    ],
    "s3:ListBucket": [bucket],
    "s3:PutObject": [within(`${prefix}status`), ...trained],
    "s3:DeleteObject": trained,
    "s3:AbortMultipartUpload": trained,
    "secretsmanager:GetSecretValue": [...apiKey, ...(token === undefined ? [] : [String(token)])],
    "ecr:GetAuthorizationToken": ["*"],
    "ecr:BatchGetImage": images,
    "ecr:GetDownloadUrlForLayer": images,
    "ecr:BatchImportUpstreamImage": images,
    "ecr:CreateRepository": images,
    "logs:CreateLogStream": [`${logs}:log-stream:*`],
    "logs:PutLogEvents": [`${logs}:log-stream:*`],
    "cloudwatch:PutMetricData": ["*"],
    ...Object.fromEntries(reachable.map((action) => [action, ["*"]])),
    ...(kmsKey === undefined ? {} : { "kms:Decrypt": [String(kmsKey)], "kms:GenerateDataKey": [String(kmsKey)] }),
  };
}
