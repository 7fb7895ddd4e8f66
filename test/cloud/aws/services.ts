import { type Kind, valuesAt } from "../kinds";
import { model } from "./sources";

const bucketType = "aws:s3/bucket:Bucket";
const objectType = "aws:s3/bucketObjectv2:BucketObjectv2";
const bucket = { property: "bucket", kind: bucketType, missing: "NoSuchBucket" };
const roleType = "aws:iam/role:Role";
const role = { property: "role", kind: roleType, missing: "NoSuchEntity", holds: "DeleteConflict" };
const secret = { property: "secretId", kind: "aws:secretsmanager/secret:Secret", missing: "ResourceNotFoundException" };
const groupType = "aws:lb/targetGroup:TargetGroup";

/** S3, IAM, Secrets Manager and load balancing. */
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
    attributes: ({ name }) => ({ versionId: `version-of-${name}`, versionStages: ["AWSCURRENT"] }),
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
  "aws:lb/loadBalancer:LoadBalancer": {
    source: `${model("elbv2", "CreateLoadBalancer")}: DuplicateLoadBalancerNameException, SubnetNotFoundException, InvalidSecurityGroupException`,
    id: "arn",
    autoName: { property: "name", longest: 32, taken: "DuplicateLoadBalancerName" },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/net/${inputs.name ?? name}/50dc6c495c0c9188`,
      dnsName: `${inputs.name ?? name}-50dc6c495c0c9188.elb.us-east-1.amazonaws.com`,
      zoneId: "Z26RNL4JYFTOTI",
    }),
    references: [
      { property: "subnets[]", kind: "aws:ec2/subnet:Subnet", missing: "SubnetNotFound", holds: "DependencyViolation" },
      {
        property: "securityGroups[]",
        kind: "aws:ec2/securityGroup:SecurityGroup",
        missing: "InvalidSecurityGroup",
        holds: "DependencyViolation",
      },
    ],
  },
  [groupType]: {
    source: `${model("elbv2", "CreateTargetGroup")}: DuplicateTargetGroupNameException; ${model("elbv2", "DeleteTargetGroup")}: not while an action names it`,
    id: "arn",
    autoName: { property: "name", longest: 32, taken: "DuplicateTargetGroupName" },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/${inputs.name ?? name}/73e2d6bc24d8a067`,
    }),
    references: [{ property: "vpcId", kind: "aws:ec2/vpc:Vpc", missing: "ValidationError" }],
    refuseDelete: ({ attributes }, world) => {
      const used = world.some(({ inputs }) =>
        valuesAt(inputs, "defaultActions[].targetGroupArn").includes(attributes.arn),
      );
      return used ? "ResourceInUse: the target group is named by a listener" : undefined;
    },
  },
  "aws:lb/listener:Listener": {
    source: `${model("elbv2", "CreateListener")}: LoadBalancerNotFoundException, TargetGroupNotFoundException, DuplicateListenerException, TargetGroupAssociationLimitException (a target group serves one load balancer)`,
    id: "arn",
    attributes: ({ inputs, name }) => ({
      arn: `${String(inputs.loadBalancerArn).replace(":loadbalancer/", ":listener/")}/${name}`,
    }),
    references: [
      { property: "loadBalancerArn", kind: "aws:lb/loadBalancer:LoadBalancer", missing: "LoadBalancerNotFound" },
      { property: "defaultActions[].targetGroupArn", kind: groupType, missing: "TargetGroupNotFound" },
    ],
    refuse: ({ inputs }, world) => {
      const twin = world.some(
        ({ type, inputs: other }) =>
          type === "aws:lb/listener:Listener" &&
          other.loadBalancerArn === inputs.loadBalancerArn &&
          other.port === inputs.port,
      );
      if (twin) return `DuplicateListener: port ${inputs.port} has a listener`;
      const groups = valuesAt(inputs, "defaultActions[].targetGroupArn");
      const elsewhere = world.some(
        ({ type, inputs: other }) =>
          type === "aws:lb/listener:Listener" &&
          other.loadBalancerArn !== inputs.loadBalancerArn &&
          valuesAt(other, "defaultActions[].targetGroupArn").some((arn) => groups.includes(arn)),
      );
      return elsewhere ? "TargetGroupAssociationLimit: the target group serves another load balancer" : undefined;
    },
  },
  "aws:lb/targetGroupAttachment:TargetGroupAttachment": {
    source: `${model("elbv2", "RegisterTargets")}: TargetGroupNotFoundException, InvalidTargetException`,
    id: "target-",
    references: [
      { property: "targetGroupArn", kind: groupType, missing: "TargetGroupNotFound" },
      { property: "targetId", kind: "aws:ec2/instance:Instance", missing: "InvalidTarget" },
    ],
  },
};
