import { createHash } from "node:crypto";

// Properties that Pulumi's AWS provider names by itself when a program leaves them out, so that an engine's preview
// knows a name where the program gave none. Source: @pulumi/aws auto-naming, as a preview by the engine shows it.
const namedProperties: Readonly<Record<string, string>> = {
  "aws:cloudwatch/logGroup:LogGroup": "name",
  "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
  "aws:ec2/launchTemplate:LaunchTemplate": "name",
  "aws:ec2/placementGroup:PlacementGroup": "name",
  "aws:ec2/securityGroup:SecurityGroup": "name",
  "aws:iam/instanceProfile:InstanceProfile": "name",
  "aws:iam/role:Role": "name",
  "aws:iam/rolePolicy:RolePolicy": "name",
  "aws:lb/loadBalancer:LoadBalancer": "name",
  "aws:lb/targetGroup:TargetGroup": "name",
  "aws:route53/zone:Zone": "name",
  "aws:s3/bucket:Bucket": "bucket",
  "aws:secretsmanager/secret:Secret": "name",
  "aws:ssm/parameter:Parameter": "name",
};

/**
 * The name that an engine's preview would show: the resource's own and seven hex digits. The digits that the update
 * draws are others; here they follow from the URN, so that two previews are alike.
 */
export function autoName(
  urn: string,
  type: string,
  name: string,
  inputs: Record<string, unknown>,
): Record<string, string> {
  const property = namedProperties[type];
  if (property === undefined || inputs[property] !== undefined) return {};
  return { [property]: `${name}-${createHash("sha256").update(urn).digest("hex").slice(0, 7)}` };
}
