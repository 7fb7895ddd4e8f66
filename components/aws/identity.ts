import { randomBytes } from "node:crypto";
import * as iam from "@pulumi/aws/iam";
import * as secretsmanager from "@pulumi/aws/secretsmanager";
import * as pulumi from "@pulumi/pulumi";
import type { ParsedAwsArgs } from "./args";
import { childName, placed, type Scope, tagsOf } from "./scope";
import type { ModelStore } from "./storage";

/** Makes the secret that holds the API key, or takes the one that was brought along. Returns its ARN. */
export function createApiKeySecret(scope: Scope, { serving }: ParsedAwsArgs): pulumi.Output<string> {
  if (serving?.apiKeySecret !== undefined) return pulumi.output(serving.apiKeySecret);
  const { parent } = scope;
  const secret = new secretsmanager.Secret(
    childName(scope, "api-key"),
    // A generated key is not worth a recovery window, during which a cluster of the same name could not come back.
    { ...placed(scope, "api-key"), description: "API key of an llm-cluster's endpoint", recoveryWindowInDays: 0 },
    { parent },
  );
  new secretsmanager.SecretVersion(
    childName(scope, "api-key-value"),
    { region: scope.region, secretId: secret.id, secretString: pulumi.secret(randomBytes(32).toString("base64url")) },
    // Generated once. A later program run draws another key, and whoever rotates the secret puts in a third.
    { parent, ignoreChanges: ["secretString"] },
  );
  return secret.arn;
}

/**
 * The nodes' role, and no wider than this: read models and releases, write status, be reached by SSM; to serve, read one
 * secret; to train, read and write checkpoints.
 * @param purpose the API key's secret, where the cluster serves; the image that is trained in, where it trains
 */
export function createInstanceProfile(
  scope: Scope,
  store: ModelStore,
  purpose: { apiKeySecret?: pulumi.Output<string>; trainingImage?: string },
): iam.InstanceProfile {
  const { parent } = scope;
  const role = new iam.Role(
    childName(scope, "node-role"),
    {
      tags: tagsOf(scope, "node-role"),
      assumeRolePolicy: JSON.stringify(assumedByEc2),
      description: "Nodes of an llm-cluster",
    },
    { parent },
  );
  new iam.RolePolicy(
    childName(scope, "node-policy"),
    { role: role.id, policy: nodePolicy(store, purpose) },
    { parent },
  );
  new iam.RolePolicyAttachment(
    childName(scope, "node-ssm"),
    { role: role.name, policyArn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" },
    { parent },
  );
  return new iam.InstanceProfile(
    childName(scope, "node-profile"),
    { tags: tagsOf(scope, "node-profile"), role: role.name },
    { parent },
  );
}

const assumedByEc2 = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

type Statement = Record<string, unknown>;

function nodePolicy(
  store: ModelStore,
  { apiKeySecret, trainingImage }: Parameters<typeof createInstanceProfile>[2],
): pulumi.Output<string> {
  const { bucketArn, prefix } = store;
  const within = (folder: string) => pulumi.interpolate`${bucketArn}/${folder}/*`;
  const trains = apiKeySecret === undefined;
  const purpose: Statement[] = trains
    ? [...trainingStatements(store), ...imageStatements(trainingImage)]
    : [
        {
          Sid: "ReadApiKey",
          Effect: "Allow",
          Action: "secretsmanager:GetSecretValue",
          Resource: apiKeySecret,
        },
      ];
  const folders = ["models", ...(trains ? [`${prefix}checkpoints`, `${prefix}recipe`] : [])];
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
      ...purpose,
    ],
  });
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

/** Reading an image of the account's own registry: that repository, and a password for the registry, which has no narrower form. */
function imageStatements(image: string | undefined): Statement[] {
  const found = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+)/.exec(image ?? "");
  if (!found) return [];
  const [, account, region, repository] = found;
  return [
    { Sid: "LogInForImage", Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    {
      Sid: "ReadImage",
      Effect: "Allow",
      Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Resource: `arn:aws:ecr:${region}:${account}:repository/${repository}`,
    },
  ];
}
