import {
  alarmType,
  balancerType,
  type Cloud,
  cloud,
  defaultGroupType,
  endpointServiceType,
  endpointType,
  flowLogType,
  groupType,
  type Inputs,
  logGroupType,
  recordType,
  roleType,
  routeTableType,
  subnetType,
  vpcType,
  zoneType,
} from "./clouds";
import { network } from "./surroundings";

async function endpoint(it: Cloud, changes: Inputs = {}) {
  const { vpc, subnet, group } = await network(it);
  const given = {
    vpcId: vpc.id,
    vpcEndpointType: "Interface",
    serviceName: "com.amazonaws.us-east-1.ssm",
    privateDnsEnabled: true,
    subnetIds: [subnet.id],
    securityGroupIds: [group.id],
    ...changes,
  };
  return { vpc, subnet, group, given, made: await it.create(endpointType, "ssm", given) };
}

async function balancer(it: Cloud, changes: Inputs = {}) {
  const base = await network(it);
  const given = { internal: true, loadBalancerType: "network", subnets: [base.subnet.id], ...changes };
  const made = await it.create(balancerType, "nlb", given);
  return { ...base, made, outs: made.outs as Record<string, string> };
}

async function zone(it: Cloud) {
  const { vpc, made, outs } = await balancer(it);
  const hosted = await it.create(zoneType, "zone", { name: "example.internal", vpcs: [{ vpcId: vpc.id }] });
  const alias = { name: outs.dnsName, zoneId: outs.zoneId, evaluateTargetHealth: true };
  const record = { zoneId: hosted.id, name: "llm", type: "A", aliases: [alias] };
  return { vpc, made, hosted, alias, record };
}

async function flowLog(it: Cloud, changes: Inputs = {}) {
  const { vpc } = await network(it);
  const role = (await it.create(roleType, "role")).outs as Record<string, string>;
  const logs = (await it.create(logGroupType, "logs", { retentionInDays: 30 })).outs as Record<string, string>;
  const given = { vpcId: vpc.id, trafficType: "REJECT", iamRoleArn: role.arn, logDestination: logs.arn, ...changes };
  return { given, made: await it.create(flowLogType, "flow-log", given) };
}

const alarm = { metricName: "UnHealthyHostCount", namespace: "AWS/NetworkELB", statistic: "Maximum" };

const refusals: [string, string, (it: Cloud) => Promise<unknown>][] = [
  [
    "a second private name for one service in a VPC",
    "conflicting DNS domain",
    async (it) => it.create(endpointType, "again", (await endpoint(it)).given),
  ],
  [
    "a private name in a VPC without host names",
    "requires both enableDnsSupport and enableDnsHostnames",
    async (it) => {
      const vpc = await it.create(vpcType, "plain", { cidrBlock: "10.8.0.0/16" });
      return endpoint(it, { vpcId: vpc.id });
    },
  ],
  [
    "a second way to S3 in one route table",
    "RouteAlreadyExists",
    async (it) => {
      const { vpc } = await network(it);
      const table = await it.create(routeTableType, "t", { vpcId: vpc.id });
      const s3 = { vpcId: vpc.id, serviceName: "com.amazonaws.us-east-1.s3", routeTableIds: [table.id] };
      await it.create(endpointType, "a", s3);
      return it.create(endpointType, "b", s3);
    },
  ],
  ["an endpoint in no subnet", "InvalidSubnetID.NotFound", (it) => endpoint(it, { subnetIds: ["subnet-0"] })],
  [
    "a subnet's end while an endpoint is in it",
    "DependencyViolation",
    async (it) => it.remove(subnetType, (await endpoint(it)).subnet.id),
  ],
  [
    "a group's end while an endpoint carries it",
    "DependencyViolation",
    async (it) => it.remove(groupType, (await endpoint(it)).group.id),
  ],
  [
    "an application load balancer in one zone",
    "two different",
    (it) => balancer(it, { loadBalancerType: "application" }),
  ],
  [
    "two subnets of one zone for a load balancer",
    "InvalidConfigurationRequest",
    async (it) => {
      const { vpc, subnet } = await network(it);
      const near = { vpcId: vpc.id, cidrBlock: "10.0.32.0/20", availabilityZoneId: "use1-az6" };
      const other = await it.create(subnetType, "near", near);
      return it.create(balancerType, "nlb", { loadBalancerType: "network", subnets: [subnet.id, other.id] });
    },
  ],
  [
    "the end of a load balancer that is protected",
    "OperationNotPermitted",
    async (it) => it.remove(balancerType, (await balancer(it, { enableDeletionProtection: true })).made.id),
  ],
  [
    "the end of a load balancer that an endpoint service names",
    "ResourceInUse",
    async (it) => {
      const { made } = await balancer(it);
      await it.create(endpointServiceType, "s", { acceptanceRequired: true, networkLoadBalancerArns: [made.id] });
      return it.remove(balancerType, made.id);
    },
  ],
  [
    "an endpoint service of an application load balancer",
    "InvalidParameter",
    async (it) => {
      const { subnet, second } = await network(it);
      const made = await it.create(balancerType, "alb", { subnets: [subnet.id, second.id] });
      return it.create(endpointServiceType, "s", { acceptanceRequired: true, networkLoadBalancerArns: [made.id] });
    },
  ],
  [
    "a zone's end while it has records",
    "HostedZoneNotEmpty",
    async (it) => {
      const { hosted, record } = await zone(it);
      await it.create(recordType, "r", record);
      return it.remove(zoneType, hosted.id);
    },
  ],
  [
    "one name twice in a VPC",
    "ConflictingDomainExists",
    async (it) => it.create(zoneType, "z", { name: "example.internal", vpcs: [{ vpcId: (await zone(it)).vpc.id }] }),
  ],
  [
    "a record twice",
    "InvalidChangeBatch",
    async (it) => {
      const { record } = await zone(it);
      await it.create(recordType, "a", record);
      return it.create(recordType, "b", { ...record, name: "LLM.example.internal." });
    },
  ],
  [
    "an alias whose target is in another zone",
    "does not lie within the target zone",
    async (it) => {
      const { record, alias, hosted } = await zone(it);
      return it.create(recordType, "r", { ...record, aliases: [{ ...alias, zoneId: hosted.id }] });
    },
  ],
  [
    "a record in no zone",
    "NoSuchHostedZone",
    async (it) => it.create(recordType, "r", { ...(await zone(it)).record, zoneId: "Z0" }),
  ],
  [
    "flow logs without a role for CloudWatch",
    "DeliverLogsPermissionArn",
    (it) => flowLog(it, { iamRoleArn: undefined }),
  ],
  [
    "flow logs with a role that is not there",
    "InvalidParameter",
    (it) => flowLog(it, { iamRoleArn: "arn:aws:iam::1:role/x" }),
  ],
  ["a flow log twice", "FlowLogAlreadyExists", async (it) => it.create(flowLogType, "b", (await flowLog(it)).given)],
  [
    "a retention of 31 days",
    "InvalidParameterException",
    (it) => it.create(logGroupType, "l", { retentionInDays: 31 }),
  ],
  [
    "a log group with a space in its name",
    "InvalidParameterException",
    (it) => it.create(logGroupType, "l", { name: "a b" }),
  ],
  ["an alarm of nothing", "ValidationError", (it) => it.create(alarmType, "a", { evaluationPeriods: 1 })],
  ["an alarm that compares nothing", "comparison_operator", (it) => it.create(alarmType, "a", alarm)],
];

test.each(refusals)("AWS refuses %s: %s", async (_, code, act) => {
  await expect(act(cloud())).rejects.toThrow(code);
});

describe("what AWS gives", () => {
  test("the VPC's own default group, which is forgotten and not deleted, and does not keep the VPC", async () => {
    const it = cloud();
    const vpc = await it.create(vpcType, "vpc", { cidrBlock: "10.0.0.0/16" });
    const adopted = await it.create(defaultGroupType, "default", { vpcId: vpc.id });
    expect(adopted.id).toBe((vpc.outs as Inputs).defaultSecurityGroupId);
    await it.remove(vpcType, vpc.id);
    expect(it.world.all("Vpc")).toEqual([]);
  });

  test("a record its whole name, the zone's behind it where the program left it out", async () => {
    const it = cloud();
    const { record } = await zone(it);
    expect((await it.create(recordType, "a", record)).outs).toMatchObject({ fqdn: "llm.example.internal" });
    const outside = { ...record, name: "llm.elsewhere.org" };
    expect((await it.create(recordType, "b", outside)).outs).toMatchObject({
      fqdn: "llm.elsewhere.org.example.internal",
    });
  });

  test("an alarm the place of another of the same name, without a word", async () => {
    const it = cloud();
    const whole = { ...alarm, comparisonOperator: "GreaterThanThreshold", evaluationPeriods: 1, name: "one" };
    await it.create(alarmType, "a", whole);
    await it.create(alarmType, "b", { ...whole, threshold: 2 });
    expect(it.world.all("MetricAlarm")).toHaveLength(1);
  });

  test("suffixes that metrics name load balancers by", async () => {
    const { outs } = await balancer(cloud());
    expect(outs.arn).toBe(`arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/${outs.arnSuffix}`);
    expect(outs.arnSuffix).toMatch(/^net\/nlb-/);
  });
});
