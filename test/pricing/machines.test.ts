import { estimateCost } from "../../pricing/estimate";
import { type ResourceRecord, unknownValue } from "../../pricing/records";
import { clusterOf, resourceOf } from "../support/records";

const month = 730;
const template = (inputs: Record<string, unknown>) =>
  resourceOf("aws:ec2/launchTemplate:LaunchTemplate", "template", inputs);
const from = (source: ResourceRecord, property = "launchTemplate") => ({
  propertyDependencies: { [property]: [source.urn] },
});
const root = (volumeSize: number) => ({ blockDeviceMappings: [{ ebs: { volumeType: "gp3", volumeSize } }] });
const reservation = resourceOf("aws:ec2/capacityReservation:CapacityReservation", "reserved", {
  instanceType: "p5.48xlarge",
  instanceCount: 2,
});
const cluster = clusterOf(
  { capacity: { mode: "capacityBlock", hours: 48 } },
  { machine: "p5.48xlarge", nodes: 2, weightsGB: 100 },
);

function block(startDate: string, endDate: string): ResourceRecord {
  const outputs = { instanceType: "p5.48xlarge", instanceCount: 4, startDate, endDate };
  const type = "aws:ec2/capacityBlockReservation:CapacityBlockReservation";
  return resourceOf(type, "block", { capacityBlockOfferingId: "cbr-1" }, { outputs });
}

describe("capacity that is paid for anyway", () => {
  test("a block that a stack buys is upfront, for its machines and hours; before it is bought nobody knows", () => {
    const { oneOffUsd, monthlyUsd } = estimateCost([block("2026-12-01T11:30:00Z", "2026-12-03T11:30:00Z")]);
    expect(oneOffUsd.toNumber()).toBeCloseTo(4 * 48 * 41.528, 6);
    expect(monthlyUsd.toNumber()).toBe(0);
    const offered = { ...block("", ""), outputs: undefined };
    expect(estimateCost([offered])).toMatchObject({
      complete: false,
      lines: [{ schedule: "oneOff", state: "unknownQuantity" }],
    });
  });

  test("a cluster's block is one line for all its machines, and the machines say so", () => {
    const inBlock = template({
      instanceType: "p5.48xlarge",
      instanceMarketOptions: { marketType: "capacity-block" },
      ...root(100),
    });
    const nodes = ["a", "b"].map((name) =>
      resourceOf("aws:ec2/instance:Instance", name, {}, { parent: cluster.urn, ...from(inBlock) }),
    );
    const { oneOffUsd, lines } = estimateCost([cluster, inBlock, ...nodes]);
    expect(oneOffUsd.toNumber()).toBeCloseTo(2 * 48 * 41.528, 6);
    expect(lines.filter(({ key, state }) => key === "machine" && state === "included")).toHaveLength(2);
  });

  test("an instance in a reservation of the stack is not billed twice", () => {
    const target = { capacityReservationSpecification: { capacityReservationTarget: {} } };
    const inside = resourceOf(
      "aws:ec2/instance:Instance",
      "node",
      { instanceType: "p5.48xlarge", rootBlockDevice: { volumeSize: 10, volumeType: "gp3" }, ...target },
      from(reservation, "capacityReservationSpecification"),
    );
    const { lines, monthlyUsd } = estimateCost([reservation, inside]);
    expect(lines.find(({ name, key }) => name === "node" && key === "machine")).toMatchObject({
      state: "included",
      reason: "paid by reserved",
    });
    expect(monthlyUsd.toNumber()).toBeCloseTo(2 * 55.04 * month + 0.8, 6);
  });
});

describe("a group", () => {
  const wide = template({
    instanceType: "p5.48xlarge",
    blockDeviceMappings: [
      { ebs: { volumeType: "gp3", volumeSize: 100 } },
      { deviceName: "/dev/sdf", ebs: { volumeType: "gp3", volumeSize: 1000 } },
    ],
    networkInterfaces: [{ associatePublicIpAddress: "true" }],
  });
  const monthly = (inputs: object, rest: object) =>
    estimateCost([wide, resourceOf("aws:autoscaling/group:Group", "group", { ...inputs }, rest)]);

  test("pays for every volume and address of its template, as often as it has machines", () => {
    const { monthlyUsd } = monthly({ minSize: 2 }, from(wide));
    expect(monthlyUsd.toNumber()).toBeCloseTo(2 * (55.04 * month + 8 + 80 + 0.005 * month), 6);
  });

  test("of a mixed policy is on demand up to its base, then by its share, and on spot for the rest", () => {
    const instancesDistribution = { onDemandBaseCapacity: 2, onDemandPercentageAboveBaseCapacity: 25 };
    const { lines } = monthly(
      { desiredCapacity: 10, mixedInstancesPolicy: { instancesDistribution } },
      from(wide, "mixedInstancesPolicy"),
    );
    // Two, and a quarter of the other eight.
    expect(lines.slice(0, 2).map(({ component }) => component)).toEqual([
      "4 x p5.48xlarge, on-demand",
      "6 x p5.48xlarge, spot",
    ]);
  });

  test("whose template the document leaves out is not known, and no small machine", () => {
    const pool = resourceOf("aws:eks/nodeGroup:NodeGroup", "pool", {
      launchTemplate: { id: "lt-1" },
      scalingConfig: { desiredSize: 2 },
    });
    expect(estimateCost([pool])).toMatchObject({ complete: false, lines: [{ state: "unknownQuantity" }] });
  });
});

test("an address that a load balancer brings along is billed by itself", () => {
  const address = resourceOf("aws:ec2/eip:Eip", "address");
  const subnetMappings = [{ subnetId: "a", allocationId: "eipalloc-1" }, { subnetId: "b" }];
  const balancer = resourceOf("aws:lb/loadBalancer:LoadBalancer", "nlb", {
    loadBalancerType: "network",
    subnetMappings,
  });
  expect(estimateCost([address, balancer]).monthlyUsd.toNumber()).toBeCloseTo((0.0225 + 2 * 0.005) * month, 6);
});

test("values that are made on this machine cost nothing, and leave an estimate complete", () => {
  const key = resourceOf("random:index/randomPassword:RandomPassword", "password");
  expect(estimateCost([key])).toMatchObject({ complete: true, free: [{ name: "password" }] });
});

describe("an instance", () => {
  const instance = (inputs: Record<string, unknown>, rest: Partial<ResourceRecord> = {}) =>
    estimateCost([resourceOf("aws:ec2/instance:Instance", "node", inputs, rest)]);
  const disk = { rootBlockDevice: { volumeSize: 10, volumeType: "gp3" } };

  test("is priced by what AWS answered where the program does not say, and not where the program hides it", () => {
    const outputs = { instanceType: "p5.48xlarge", rootBlockDevice: { volumeSize: 20, volumeType: "gp2" } };
    expect(instance({}, { outputs }).monthlyUsd.toNumber()).toBeCloseTo(55.04 * month + 20 * 0.1, 6);
    expect(instance({ instanceType: unknownValue }, { outputs }).complete).toBe(false);
  });

  test("on spot has spot's price, on dedicated hardware none, under a commitment its own or none", () => {
    const spot = instance({ instanceType: "p5.48xlarge", instanceMarketOptions: { marketType: "spot" }, ...disk });
    expect(spot.lines[0]).toMatchObject({ component: "p5.48xlarge, spot", price: { mode: "spot" } });
    expect(instance({ instanceType: "p5.48xlarge", tenancy: "dedicated", ...disk }).lines[0]).toMatchObject({
      state: "unpriced",
    });
    const records = [resourceOf("aws:ec2/instance:Instance", "node", { instanceType: "p5.48xlarge", ...disk })];
    const committed = estimateCost(records, { commitment: "savings-plan-1y" });
    expect(committed.lines[0]).toMatchObject({ state: "unpriced", reason: expect.stringContaining("savings-plan-1y") });
  });

  test("pays for a public address, and for every volume that it or its template brings", () => {
    const { lines } = instance({
      instanceType: "p5.48xlarge",
      associatePublicIpAddress: true,
      ...disk,
      ebsBlockDevices: [{ deviceName: "/dev/sdf", volumeType: "gp3", volumeSize: 30, iops: 4000 }],
    });
    expect(lines.map(({ component }) => component)).toEqual([
      "p5.48xlarge, on-demand",
      "root volume, gp3, 10 GB",
      "volume /dev/sdf, gp3, 30 GB",
      "volume /dev/sdf IOPS, 1000 over 3000",
      "public IPv4 address",
    ]);
  });
});
