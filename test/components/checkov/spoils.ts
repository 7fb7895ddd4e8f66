import type { RecordedResource } from "../../../cli/preview/recorder";
import { type Graph, kindOf } from "./rule";

type Inputs = Record<string, unknown>;
type Spoil = (graph: Graph) => Graph;

/** Changes inputs of every resource of a kind. */
function change(kind: string, changed: Inputs | ((inputs: Inputs) => Inputs)): Spoil {
  const of = (inputs: Inputs) => (typeof changed === "function" ? changed(inputs) : changed);
  return (graph) =>
    graph.map((record) =>
      kindOf(record) === kind ? { ...record, inputs: { ...record.inputs, ...of(record.inputs) } } : record,
    );
}

/** Takes every resource of a kind away. */
function without(...kinds: string[]): Spoil {
  return (graph) => graph.filter((record) => !kinds.includes(kindOf(record)));
}

/** Adds a resource that is connected to the first of a kind. */
function add(kind: string, to: string): Spoil {
  return (graph) => {
    const target = graph.find((record) => kindOf(record) === to) as RecordedResource;
    const type = `aws:added/${kind}:${kind}`;
    return [
      ...graph,
      { ...target, urn: `${target.urn}-${kind}`, type, inputs: {}, propertyDependencies: { of: [target.urn] } },
    ];
  };
}

/** Makes one statement all of a kind's policy. */
function policy(kind: string, statement: Inputs, property = "policy"): Spoil {
  return change(kind, { [property]: JSON.stringify({ Statement: [{ Effect: "Allow", ...statement }] }) });
}

const allows = (Action: string, Resource = "*") => policy("RolePolicy", { Action, Resource });
const trusts = (Principal: Inputs) => policy("Role", { Principal, Action: "sts:AssumeRole" }, "assumeRolePolicy");
const opens = (fromPort: number, toPort = fromPort) => ({ cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp", fromPort, toPort });
const attached = (name: string) => change("Role", { managedPolicyArns: [`arn:aws:iam::aws:policy/${name}`] });
const unblocked = (property: string) => change("BucketPublicAccessBlock", { [property]: false });

/** For each rule that every cluster holds something that breaks it, so that no rule is one that cannot fail. */
export const spoils: Readonly<Record<string, Spoil>> = {
  CKV_AWS_79: change("LaunchTemplate", { metadataOptions: { httpTokens: "optional" } }),
  CKV_AWS_341: change("LaunchTemplate", { metadataOptions: { httpPutResponseHopLimit: 2 } }),
  CKV_AWS_88: change("LaunchTemplate", { networkInterfaces: [{ associatePublicIpAddress: "true" }] }),
  CKV_AWS_46: change("LaunchTemplate", {
    userData: Buffer.from("#!\nexport K=AKIAIOSFODNN7EXAMPLE").toString("base64"),
  }),
  CKV_AWS_8: change("LaunchTemplate", { blockDeviceMappings: [{ ebs: { encrypted: "false" } }] }),
  CKV_AWS_3: change("LaunchTemplate", { blockDeviceMappings: [{ ebs: {} }] }),
  CKV2_AWS_41: without("InstanceProfile"),
  CKV_AWS_23: change("SecurityGroupIngressRule", { description: undefined }),
  CKV_AWS_24: change("SecurityGroupIngressRule", opens(20, 30)),
  CKV_AWS_25: change("SecurityGroupIngressRule", opens(3389)),
  CKV_AWS_260: change("SecurityGroupIngressRule", opens(80)),
  CKV_AWS_277: change("SecurityGroupIngressRule", { cidrIpv4: "0.0.0.0/0", ipProtocol: "-1" }),
  CKV_AWS_382: change("SecurityGroupEgressRule", opens(0, 65_535)),
  CKV2_AWS_5: without("LaunchTemplate", "LoadBalancer"),
  CKV2_AWS_12: change("DefaultSecurityGroup", { ingress: [{ protocol: "-1", self: true }] }),
  CKV_AWS_130: change("Subnet", { mapPublicIpOnLaunch: true }),
  CKV2_AWS_19: without("NatGateway"),
  CKV2_AWS_35: change("Route", { networkInterfaceId: "eni-1" }),
  CKV2_AWS_44: change("Route", { vpcPeeringConnectionId: "pcx-1" }),
  CKV2_AWS_23: without("LoadBalancer"),
  CKV2_AWS_38: change("Zone", { vpcs: undefined }),
  CKV2_AWS_39: change("Zone", { vpcs: undefined }),
  CKV_AWS_19: without("BucketServerSideEncryptionConfiguration"),
  CKV_AWS_20: add("BucketAcl", "Bucket"),
  CKV_AWS_57: change("Bucket", { acl: "public-read-write" }),
  CKV_AWS_53: unblocked("blockPublicAcls"),
  CKV_AWS_54: unblocked("blockPublicPolicy"),
  CKV_AWS_55: unblocked("ignorePublicAcls"),
  CKV_AWS_56: unblocked("restrictPublicBuckets"),
  CKV2_AWS_6: without("BucketPublicAccessBlock"),
  CKV2_AWS_61: without("BucketLifecycleConfiguration"),
  CKV_AWS_70: policy("BucketPolicy", { Principal: "*", Action: "s3:GetObject" }),
  CKV_AWS_93: policy("BucketPolicy", { Effect: "Deny", Principal: "*", Action: "s3:*" }),
  CKV_AWS_300: change("BucketLifecycleConfiguration", { rules: [{ status: "Enabled", expiration: { days: 1 } }] }),
  CKV2_AWS_74: change("Listener", { sslPolicy: "ELBSecurityPolicy-2016-08" }),
  CKV_AWS_261: change("TargetGroup", { healthCheck: { port: "8000" } }),
  CKV2_AWS_28: change("LoadBalancer", { internal: false }),
  CKV2_AWS_76: change("LoadBalancer", { internal: false }),
  CKV_AWS_131: change("LoadBalancer", { loadBalancerType: "application", dropInvalidHeaderFields: false }),
  CKV_AWS_328: change("LoadBalancer", { desyncMitigationMode: "monitor" }),
  CKV_AWS_66: change("LogGroup", { retentionInDays: undefined }),
  CKV_AWS_319: change("MetricAlarm", { actionsEnabled: false }),
  CKV_AWS_337: change("Parameter", { type: "SecureString" }),
  CKV_AWS_60: trusts({ AWS: "*" }),
  CKV_AWS_61: trusts({ AWS: "arn:aws:iam::111122223333:root" }),
  CKV_AWS_393: trusts({ Federated: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }),
  CKV_AWS_62: allows("*"),
  CKV_AWS_63: allows("*", "arn:aws:s3:::models"),
  CKV_AWS_286: allows("s3:*"),
  CKV_AWS_287: allows("*"),
  CKV_AWS_288: allows("s3:GetObject"),
  CKV_AWS_289: allows("s3:*"),
  CKV2_AWS_40: allows("iam:*"),
  CKV_AWS_274: attached("AdministratorAccess"),
  CKV2_AWS_56: attached("IAMFullAccess"),
};
