import { pricedClouds } from "../../pricing/clouds";
import { estimateCost } from "../../pricing/estimate";
import type { ResourceRecord } from "../../pricing/records";
import { shippedPrices } from "../../pricing/snapshot";
import { clusterOf, resourceOf } from "../support/records";

const template = (inputs: Record<string, unknown>) =>
  resourceOf("aws:ec2/launchTemplate:LaunchTemplate", "template", inputs);
const from = (source: ResourceRecord, property = "launchTemplate") => ({
  propertyDependencies: { [property]: [source.urn] },
});
const root = (volumeSize: number) => ({ blockDeviceMappings: [{ ebs: { volumeType: "gp3", volumeSize } }] });
const machine = template({ instanceType: "p5.48xlarge", ...root(100) });
const reservation = resourceOf("aws:ec2/capacityReservation:CapacityReservation", "reserved", {
  instanceType: "p5.48xlarge",
  instanceCount: 2,
});
const cluster = clusterOf(
  { capacity: { mode: "capacityBlock", hours: 48 } },
  { machine: "p5.48xlarge", nodes: 2, replicas: 1, weightsGB: 100, outputTokensPerSecond: 1000, checkpointGB: 50 },
);

/** Every kind that has a pricer, with what a month of it comes to by hand, run rate and use, from the shipped rows. */
const month = 730;
const kinds: [string, ResourceRecord[], number, number][] = [
  [
    "llm-cluster:index:AwsCluster",
    [cluster],
    // The weights, and the one metric that nodes send.
    100 * 0.023 + 0.3,
    // NAT: 2 nodes x 10 GB. NLB: half of 1,000 tokens a second, streamed at 226 bytes. One head looks for its key every minute;
    // two nodes ask for their release every minute and report every five.
    2 * 10 * 0.045 +
      0.006 * 297 +
      (43_800 / 1e4) * 0.05 +
      ((2 * (11_921 + 87_600)) / 1e3) * 0.0004 +
      ((2 * 8_760) / 1e3) * 0.005,
  ],
  [
    "aws:ec2/instance:Instance",
    [machine, resourceOf("aws:ec2/instance:Instance", "node", {}, from(machine))],
    55.04 * month + 8,
    0,
  ],
  [
    "aws:autoscaling/group:Group",
    [machine, resourceOf("aws:autoscaling/group:Group", "group", { desiredCapacity: 3, minSize: 1 }, from(machine))],
    3 * (55.04 * month + 8),
    0,
  ],
  [
    "aws:eks/nodeGroup:NodeGroup",
    [
      resourceOf("aws:eks/nodeGroup:NodeGroup", "pool", {
        instanceTypes: ["p5en.48xlarge"],
        scalingConfig: { desiredSize: 2 },
        diskSize: 50,
      }),
    ],
    2 * (63.296 * month + 50 * 0.08),
    0,
  ],
  ["aws:eks/cluster:Cluster", [resourceOf("aws:eks/cluster:Cluster", "k8s")], 0.1 * month, 0],
  ["aws:ec2/capacityReservation:CapacityReservation", [reservation], 2 * 55.04 * month, 0],
  [
    "aws:ec2/capacityBlockReservation:CapacityBlockReservation",
    [block("2026-12-01T11:30:00Z", "2026-12-03T11:30:00Z")],
    0,
    0,
  ],
  [
    "aws:ebs/volume:Volume",
    [resourceOf("aws:ebs/volume:Volume", "disk", { size: 1000, type: "io2", iops: 4000 })],
    1000 * 0.125 + 4000 * 0.065,
    0,
  ],
  ["aws:ec2/eip:Eip", [resourceOf("aws:ec2/eip:Eip", "address")], 0.005 * month, 0],
  ["aws:ec2/natGateway:NatGateway", [resourceOf("aws:ec2/natGateway:NatGateway", "nat")], 0.045 * month, 111 * 0.045],
  [
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    [resourceOf("aws:ec2/vpcEndpoint:VpcEndpoint", "ssm", { vpcEndpointType: "Interface", subnetIds: ["a", "b"] })],
    2 * 0.01 * month,
    500 * 0.01,
  ],
  [
    "aws:lb/loadBalancer:LoadBalancer",
    [resourceOf("aws:lb/loadBalancer:LoadBalancer", "alb", { subnets: ["a", "b"] })],
    0.0225 * month + 2 * 0.005 * month,
    250 * 0.008,
  ],
  [
    "aws:alb/loadBalancer:LoadBalancer",
    [resourceOf("aws:alb/loadBalancer:LoadBalancer", "nlb", { loadBalancerType: "network", internal: true })],
    0.0225 * month,
    250 * 0.006,
  ],
  [
    "aws:s3/bucket:Bucket",
    [resourceOf("aws:s3/bucket:Bucket", "bucket")],
    0,
    225 * 0.023 + 12_500 * 0.0004 + 1000 * 0.005,
  ],
  [
    "aws:s3/bucketV2:BucketV2",
    [resourceOf("aws:s3/bucketV2:BucketV2", "old")],
    0,
    225 * 0.023 + 12_500 * 0.0004 + 1000 * 0.005,
  ],
  ["aws:secretsmanager/secret:Secret", [resourceOf("aws:secretsmanager/secret:Secret", "key")], 0.4, 100 * 0.05],
  ["aws:kms/key:Key", [resourceOf("aws:kms/key:Key", "kms")], 1, 0],
  [
    "aws:cloudwatch/logGroup:LogGroup",
    // Ten GB a month, kept 30 days: 10 x 30 / (365 / 12) = 9.9 GB, to a tenth.
    [resourceOf("aws:cloudwatch/logGroup:LogGroup", "logs", { retentionInDays: 30 })],
    0,
    10 * 0.5 + 9.9 * 0.03,
  ],
  ["aws:cloudwatch/metricAlarm:MetricAlarm", [resourceOf("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm")], 0.1, 0],
  ["aws:ecr/repository:Repository", [resourceOf("aws:ecr/repository:Repository", "images")], 0, 50 * 0.1],
  [
    "aws:fsx/lustreFileSystem:LustreFileSystem",
    [
      resourceOf("aws:fsx/lustreFileSystem:LustreFileSystem", "scratch", {
        deploymentType: "PERSISTENT_2",
        perUnitStorageThroughput: 500,
        storageCapacity: 2400,
        metadataConfiguration: { mode: "USER_PROVISIONED", iops: 6000 },
      }),
    ],
    2400 * 0.34 + 6000 * 0.055,
    0,
  ],
  ["aws:route53/zone:Zone", [resourceOf("aws:route53/zone:Zone", "zone")], 0.5, 0],
];

function block(startDate: string, endDate: string): ResourceRecord {
  const outputs = { instanceType: "p5.48xlarge", instanceCount: 4, startDate, endDate };
  const type = "aws:ec2/capacityBlockReservation:CapacityBlockReservation";
  return resourceOf(type, "block", { capacityBlockOfferingId: "cbr-1" }, { outputs });
}

test("every kind that has a pricer is worked out by hand below, or costs nothing by itself", () => {
  const priced = pricedClouds.flatMap(({ pricers }) => Object.keys(pricers)).sort();
  expect([...kinds.map(([type]) => type), "aws:ssm/parameter:Parameter"].sort()).toEqual(priced);
});

test.each(kinds)("%s", (_, records, monthly, usage) => {
  const { monthlyUsd, usageMonthlyUsd, complete } = estimateCost(records);
  expect(monthlyUsd.toNumber()).toBeCloseTo(monthly, 6);
  expect(usageMonthlyUsd.toNumber()).toBeCloseTo(usage, 6);
  expect(complete).toBe(true);
});

test("without any one price, of any kind, no total is lower without a mark, and the reason names what is missing", () => {
  for (const [type, records] of kinds) {
    const full = estimateCost(records);
    const keys = new Map(full.lines.flatMap(({ price }) => (price ? [[`${price.sku}|${price.mode}`, price]] : [])));
    expect(keys.size).toBeGreaterThan(0);
    for (const { cloud, sku, mode } of keys.values()) {
      const prices = shippedPrices().without({ cloud, sku, mode });
      const { lines, complete } = estimateCost(records, { prices });
      const missing = lines.filter(({ state }) => state === "unpriced");
      expect({ type, complete, reasons: missing.map(({ reason }) => reason?.includes(sku)) }).toEqual({
        type,
        complete: false,
        reasons: missing.map(() => true),
      });
      expect(missing.length).toBeGreaterThan(0);
      for (const line of missing) expect(line.monthlyUsd ?? line.oneOffUsd).toBeUndefined();
    }
  }
});

test("every priced line says where its price is from, and of when", () => {
  const lines = estimateCost(kinds.flatMap(([, records]) => records)).lines.filter(({ state }) => state === "priced");
  expect(lines.length).toBeGreaterThan(30);
  for (const { price } of lines) {
    expect(price).toMatchObject({ source: expect.stringMatching(/\w/), asOf: expect.stringMatching(/^20\d\d/) });
  }
});
