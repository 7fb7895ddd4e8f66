import { randomBytes } from "node:crypto";
import * as iam from "@pulumi/aws/iam";
import * as secretsmanager from "@pulumi/aws/secretsmanager";
import * as pulumi from "@pulumi/pulumi";
import type { ParsedAwsArgs } from "./args";
import { type NodePolicyRequest, nodePolicy } from "./nodePolicy";
import { assumedBy } from "./policies";
import { childName, placed, type Scope, tagsOf } from "./scope";

/** Makes the secret that holds the API key, or takes the one that was brought along. Returns its ARN. */
export function createApiKeySecret(scope: Scope, { serving, kmsKey }: ParsedAwsArgs): pulumi.Output<string> {
  if (serving?.apiKeySecret !== undefined) return pulumi.output(serving.apiKeySecret);
  const { parent } = scope;
  const secret = new secretsmanager.Secret(
    childName(scope, "api-key"),
    {
      ...placed(scope, "api-key"),
      description: "API key of an llm-cluster's endpoint",
      // A generated key is not worth a recovery window, during which a cluster of the same name could not come back.
      recoveryWindowInDays: 0,
      kmsKeyId: kmsKey,
    },
    { parent },
  );
  new secretsmanager.SecretVersion(
    childName(scope, "api-key-value"),
    {
      region: scope.region,
      secretId: secret.id,
      secretString: pulumi.secret(randomBytes(32).toString("base64url")),
      // A label of its own: Secrets Manager forgets a version that has none, as this one after two rotations, and it would
      // then be made anew over the key that its owner has put in (terraform-provider-aws#37302).
      versionStages: ["AWSCURRENT", "llm-cluster-first"],
    },
    // Generated once. A later program run draws another key, and whoever rotates the secret puts in a third.
    { parent, ignoreChanges: ["secretString", "versionStages"] },
  );
  return secret.arn;
}

/** The nodes' role, with the one policy that says what a node may do. */
export function createInstanceProfile(scope: Scope, request: NodePolicyRequest): iam.InstanceProfile {
  const { parent } = scope;
  const role = new iam.Role(
    childName(scope, "node-role"),
    {
      tags: tagsOf(scope, "node-role"),
      assumeRolePolicy: assumedBy("ec2.amazonaws.com"),
      description: "Nodes of an llm-cluster",
    },
    { parent },
  );
  const policy = new iam.RolePolicy(
    childName(scope, "node-policy"),
    { role: role.id, policy: nodePolicy(request) },
    { parent },
  );
  return new iam.InstanceProfile(
    childName(scope, "node-profile"),
    { tags: tagsOf(scope, "node-profile"), role: role.name },
    // Whoever waits for the profile waits for what it may do.
    { parent, dependsOn: [policy] },
  );
}
