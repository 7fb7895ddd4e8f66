import { estimateCost } from "../../pricing/estimate";
import { type ResourceRecord, unknownValue } from "../../pricing/records";
import { shippedPrices } from "../../pricing/snapshot";

const clusterType = "llm-cluster:index:AwsCluster";
const clusterUrn = `urn:pulumi:dev::project::${clusterType}::llm`;
const templateUrn = "urn:pulumi:dev::project::aws:ec2/launchTemplate:LaunchTemplate::template";

const resource = (
  type: string,
  name: string,
  inputs: Record<string, unknown> = {},
  rest: Partial<ResourceRecord> = {},
): ResourceRecord => ({
  urn: `urn:pulumi:dev::project::${rest.parent === undefined ? "" : `${clusterType}$`}${type}::${name}`,
  type,
  name,
  custom: true,
  inputs: { region: "us-east-1", ...inputs },
  ...rest,
});

const template = (inputs: Record<string, unknown>) =>
  resource("aws:ec2/launchTemplate:LaunchTemplate", "template", inputs);
const instance = (rest: Partial<ResourceRecord> = {}, inputs: Record<string, unknown> = {}) =>
  resource(
    "aws:ec2/instance:Instance",
    "node",
    { launchTemplate: { id: unknownValue, version: unknownValue }, ...inputs },
    { propertyDependencies: { launchTemplate: [templateUrn] }, ...rest },
  );

/** One of each kind that costs something, as a cluster makes them. */
const cluster: ResourceRecord[] = [
  resource(clusterType, "llm", { plan: { weightsGB: 100 } }, { custom: false }),
  template({
    instanceType: "p5.48xlarge",
    blockDeviceMappings: [{ ebs: { volumeType: "gp3", volumeSize: 200, iops: 6000, throughput: 500 } }],
  }),
  instance({ parent: clusterUrn }),
  resource("aws:ec2/natGateway:NatGateway", "nat"),
  resource("aws:ec2/eip:Eip", "address"),
  resource("aws:lb/loadBalancer:LoadBalancer", "nlb", { loadBalancerType: "network", internal: true }),
  resource("aws:s3/bucket:Bucket", "models", {}, { parent: clusterUrn }),
  resource("aws:secretsmanager/secret:Secret", "key"),
  resource("aws:ec2/vpcEndpoint:VpcEndpoint", "s3", { vpcEndpointType: "Gateway" }),
  resource("aws:ec2/vpc:Vpc", "vpc"),
];

test("a month is what the price rows say, added up by hand", () => {
  const { monthlyUsd, hourlyUsd, oneOffUsd, complete, free } = estimateCost(cluster);
  const machine = 55.04 * 730;
  const volume = 200 * 0.08 + (6000 - 3000) * 0.005 + (500 - 125) * 0.04;
  const network = 730 * (0.045 + 0.005 + 0.0225);
  const rest = 100 * 0.023 + 0.3 + 0.4;
  expect(monthlyUsd.toNumber()).toBeCloseTo(machine + volume + network + rest, 6);
  expect(hourlyUsd.times(730).toNumber()).toBeCloseTo(monthlyUsd.toNumber(), 6);
  expect(oneOffUsd.toNumber()).toBe(0);
  expect(complete).toBe(true);
  expect(free.map(({ name }) => name)).toEqual(["template", "s3", "vpc"]);
});

test("a capacity block is paid once, for its hours, and not by the month", () => {
  const block = template({
    instanceType: "p5.48xlarge",
    instanceMarketOptions: { marketType: "capacity-block" },
    blockDeviceMappings: [{ ebs: { volumeType: "gp3", volumeSize: 100 } }],
  });
  const owner = (hours?: number) =>
    resource(
      clusterType,
      "llm",
      {
        decision: { capacity: { mode: "capacityBlock", hours } },
        plan: { machine: "p5.48xlarge", nodes: 1, weightsGB: 10 },
      },
      { custom: false },
    );
  const known = estimateCost([owner(48), block, instance({ parent: clusterUrn })]);
  expect(known.oneOffUsd.toNumber()).toBeCloseTo(41.528 * 48, 6);
  expect(known.monthlyUsd.toNumber()).toBeCloseTo(100 * 0.08 + 10 * 0.023 + 0.3, 6);
  expect(known.complete).toBe(true);
  const unknown = estimateCost([owner(), block, instance({ parent: clusterUrn })]);
  expect(unknown.complete).toBe(false);
  expect(unknown.lines[0]).toMatchObject({
    state: "unknownQuantity",
    reason: expect.stringContaining("capacity.hours"),
  });
});

test("without any one of its prices a total is never lower unmarked", () => {
  const full = estimateCost(cluster);
  const keys = full.lines.map(({ price }) => price).filter((price) => price !== undefined);
  expect(keys.length).toBeGreaterThan(8);
  for (const { cloud, sku, mode } of keys) {
    const { lines, complete, monthlyUsd } = estimateCost(cluster, {
      prices: shippedPrices().without({ cloud, sku, mode }),
    });
    const missing = lines.filter(({ state }) => state === "unpriced");
    expect(missing.length).toBeGreaterThan(0);
    expect(missing[0]?.reason).toContain(sku);
    expect(complete).toBe(false);
    expect(monthlyUsd.lte(full.monthlyUsd)).toBe(true);
  }
});

test("what no pricer knows is counted, and makes the sum a lower bound", () => {
  const { unsupported, complete } = estimateCost([
    ...cluster,
    resource("aws:rds/instance:Instance", "db"),
    resource("aws:rds/instance:Instance", "db2"),
  ]);
  expect(unsupported).toEqual([{ type: "aws:rds/instance:Instance", count: 2 }]);
  expect(complete).toBe(false);
});

test("a root volume that nobody describes is said, not passed over", () => {
  const { lines, complete } = estimateCost([template({ instanceType: "p5.48xlarge" }), instance()]);
  expect(lines.find(({ component }) => component === "root volume")).toMatchObject({ state: "unknownQuantity" });
  expect(complete).toBe(false);
});

test("an instance type that is not known yet is said, not passed over", () => {
  const { lines, complete } = estimateCost([template({ instanceType: unknownValue }), instance()]);
  expect(lines).toMatchObject([{ state: "unknownQuantity", reason: expect.stringContaining("instance type") }]);
  expect(complete).toBe(false);
});

test("a region without rows of its own borrows surroundings, marked, and never a machine", () => {
  const moved = cluster.map((record) => ({ ...record, inputs: { ...record.inputs, region: "eu-south-9" } }));
  const { lines } = estimateCost(moved);
  expect(lines.find(({ type }) => type === "aws:ec2/natGateway:NatGateway")?.price).toMatchObject({
    regionAssumed: true,
    confidence: "low",
  });
  expect(lines.find(({ component }) => component.startsWith("p5.48xlarge"))?.state).toBe("unpriced");
});

test("resources that name no region need one given", () => {
  const nowhere = [resource("aws:ec2/eip:Eip", "address", { region: undefined })];
  expect(estimateCost(nowhere).lines[0]).toMatchObject({
    state: "unpriced",
    reason: expect.stringContaining("aws:region"),
  });
  expect(estimateCost(nowhere, { region: "us-east-1" }).lines[0]?.state).toBe("priced");
});

test("an interface endpoint is billed by subnet and hour, unlike a gateway endpoint", () => {
  const endpoint = resource("aws:ec2/vpcEndpoint:VpcEndpoint", "ssm", {
    vpcEndpointType: "Interface",
    subnetIds: ["a", "b"],
  });
  expect(estimateCost([endpoint]).monthlyUsd.toNumber()).toBeCloseTo(2 * 730 * 0.01, 6);
});
