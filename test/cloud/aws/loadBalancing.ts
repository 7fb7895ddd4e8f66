import { type Kind, valuesAt } from "../kinds";
import type { WorldResource } from "../world";
import { accountId, model } from "./sources";

const balancerType = "aws:lb/loadBalancer:LoadBalancer";
const groupType = "aws:lb/targetGroup:TargetGroup";

/** Load balancers, their target groups and listeners. */
export const loadBalancing: Readonly<Record<string, Kind>> = {
  [balancerType]: {
    source: `${model("elbv2", "CreateLoadBalancer")}: DuplicateLoadBalancerNameException, SubnetNotFoundException, InvalidSecurityGroupException, InvalidConfigurationRequestException, an application load balancer takes two zones at least; ${model("elbv2", "DeleteLoadBalancer")}: OperationNotPermitted while protected`,
    id: "arn",
    autoName: { property: "name", longest: 32, taken: "DuplicateLoadBalancerName" },
    attributes: ({ inputs, name }) => {
      const suffix = `${isApplication(inputs) ? "app" : "net"}/${inputs.name ?? name}/50dc6c495c0c9188`;
      return {
        arn: `arn:aws:elasticloadbalancing:us-east-1:${accountId}:loadbalancer/${suffix}`,
        arnSuffix: suffix,
        dnsName: `${inputs.name ?? name}-50dc6c495c0c9188.elb.us-east-1.amazonaws.com`,
        // The zones of the load balancers' own names in us-east-1 (AWS General Reference, Elastic Load Balancing endpoints).
        zoneId: isApplication(inputs) ? "Z35SXDOTRQ7X7K" : "Z26RNL4JYFTOTI",
      };
    },
    references: [
      { property: "subnets[]", kind: "aws:ec2/subnet:Subnet", missing: "SubnetNotFound", holds: "DependencyViolation" },
      {
        property: "securityGroups[]",
        kind: "aws:ec2/securityGroup:SecurityGroup",
        missing: "InvalidSecurityGroup",
        holds: "DependencyViolation",
      },
    ],
    refuse: refuseSubnets,
    refuseDelete: ({ inputs, id }) =>
      inputs.enableDeletionProtection === true
        ? `OperationNotPermitted: Load balancer '${id}' cannot be deleted because deletion protection is enabled`
        : undefined,
  },
  [groupType]: {
    source: `${model("elbv2", "CreateTargetGroup")}: DuplicateTargetGroupNameException; ${model("elbv2", "DeleteTargetGroup")}: not while an action names it`,
    id: "arn",
    autoName: { property: "name", longest: 32, taken: "DuplicateTargetGroupName" },
    attributes: ({ inputs, name }) => {
      const suffix = `targetgroup/${inputs.name ?? name}/73e2d6bc24d8a067`;
      return { arn: `arn:aws:elasticloadbalancing:us-east-1:${accountId}:${suffix}`, arnSuffix: suffix };
    },
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

/** The provider makes an application load balancer where the program does not say (aws_lb, load_balancer_type). */
function isApplication({ loadBalancerType = "application" }: Record<string, unknown>): boolean {
  return loadBalancerType === "application";
}

function refuseSubnets({ inputs }: WorldResource, world: readonly WorldResource[]): string | undefined {
  const subnets = valuesAt(inputs, "subnets[]");
  const zones = world.filter(({ id }) => subnets.includes(id)).map(({ attributes }) => attributes.availabilityZone);
  if (new Set(zones).size < subnets.length)
    return "InvalidConfigurationRequest: a load balancer takes one subnet of a zone";
  if (isApplication(inputs) && new Set(zones).size < 2)
    return "ValidationError: At least two subnets in two different Availability Zones must be specified";
  return undefined;
}
