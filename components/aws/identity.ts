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
 * @param apiKeySecret absent where the cluster trains
 */
export function createInstanceProfile(
  scope: Scope,
  store: ModelStore,
  apiKeySecret: pulumi.Output<string> | undefined,
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
    { role: role.id, policy: nodePolicy(store, apiKeySecret) },
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

function nodePolicy(
  { bucketArn, prefix }: ModelStore,
  apiKeySecret: pulumi.Output<string> | undefined,
): pulumi.Output<string> {
  const within = (folder: string) => pulumi.interpolate`${bucketArn}/${folder}/*`;
  const checkpoints = {
    Sid: "ReadAndWriteCheckpoints",
    Effect: "Allow",
    // Large objects go up in parts; without the right to give up on them, those that broke off are paid for.
    Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
    Resource: within(`${prefix}checkpoints`),
  };
  const secret = {
    Sid: "ReadApiKey",
    Effect: "Allow",
    Action: "secretsmanager:GetSecretValue",
    Resource: apiKeySecret,
  };
  const listed = ["models/*", ...(apiKeySecret === undefined ? [`${prefix}checkpoints/*`] : [])];
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
        Condition: { StringLike: { "s3:prefix": listed } },
      },
      { Sid: "WriteStatus", Effect: "Allow", Action: "s3:PutObject", Resource: within(`${prefix}status`) },
      apiKeySecret === undefined ? checkpoints : secret,
    ],
  });
}
