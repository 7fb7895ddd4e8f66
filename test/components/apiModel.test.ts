import { everyCluster } from "../cloud/everyCluster";
import { checkRequest } from "../ec2Model/model";
import { createCapacityReservation, createLaunchTemplate, requestsOf, runInstances } from "../ec2Model/requests";
import { all, one, recordCluster } from "../support/graph";

// That EC2's API model has nothing against any cluster is held in neverRefused.test.ts, where each is made anyway; here is
// that the model would say so.
describe("EC2's own API model", () => {
  const first = everyCluster.find(({ what }) => what === "2 x p6-b200.48xlarge on demand, all or none");
  const resources = (async () => {
    if (!first) throw new Error("the table has no such cluster");
    return (await recordCluster(first.args)).resources;
  })();
  /** A good template with something of its first network interface, or of itself, changed. */
  const changed = async (change: Record<string, unknown>, nic: Record<string, unknown> = {}) => {
    const { inputs } = one(await resources, "LaunchTemplate", "llm-node-0-template");
    const [primary, ...others] = inputs.networkInterfaces as Record<string, unknown>[];
    const networkInterfaces = [{ ...primary, ...nic }, ...others];
    return createLaunchTemplate({ name: "llm", ...inputs, ...change, networkInterfaces });
  };

  test("finds nothing in what it is changed from", async () => {
    expect(checkRequest("CreateLaunchTemplate", await changed({}))).toEqual([]);
  });

  test.each([
    [
      "a value that no interface type has",
      { interfaceType: "efaonly" },
      /InterfaceType "efaonly" is none of its values/,
    ],
    ["a text for an index", { deviceIndex: "0" }, /DeviceIndex "0" is no integer/],
    ["one group for a list of them", { securityGroups: "sg-1" }, /Groups is no list/],
    [
      "a time-out that is longer than EC2 keeps a connection",
      { connectionTrackingSpecification: { tcpEstablishedTimeout: 432_001 } },
      /TcpEstablishedTimeout 432001 is not from 60 to 432000/,
    ],
  ])("refuses %s", async (_, nic, problem) => {
    expect(checkRequest("CreateLaunchTemplate", await changed({}, nic))).toEqual([expect.stringMatching(problem)]);
  });

  test.each([
    ["a market that is none", { instanceMarketOptions: { marketType: "capacityBlock" } }, /MarketType/],
    ["a machine that EC2 does not have", { instanceType: "p9.48xlarge" }, /InstanceType "p9.48xlarge"/],
    [
      "a description of 256 characters",
      { description: "a".repeat(256) },
      /VersionDescription "a+" is not from 0 to 255/,
    ],
    ["a volume type that is none", { blockDeviceMappings: [{ ebs: { volumeType: "gp4" } }] }, /VolumeType/],
    ["a throughput that no volume has", { blockDeviceMappings: [{ ebs: { throughput: 2500 } }] }, /125 to 2000/],
  ])("refuses %s", async (_, change, problem) => {
    expect(checkRequest("CreateLaunchTemplate", await changed(change))).toEqual([expect.stringMatching(problem)]);
  });

  test("refuses a member that is unknown, and a request that lacks what it needs", async () => {
    const { inputs } = one(await resources, "CapacityReservation");
    const whole = createCapacityReservation({ ...inputs, placementGroupArn: undefined });
    expect(checkRequest("CreateCapacityReservation", { ...whole, Zone: "us-east-1a" })).toEqual([
      "CreateCapacityReservation.Zone is unknown",
    ]);
    expect(checkRequest("CreateCapacityReservation", { ...whole, InstanceCount: undefined })).toEqual([
      "CreateCapacityReservation.InstanceCount is missing",
    ]);
    const group = { ...whole, PlacementGroupArn: "arn:aws:ec2:us-east-1:1:placement-group/close" };
    expect(checkRequest("CreateCapacityReservation", group)).toEqual([expect.stringMatching("does not match")]);
    expect(checkRequest("RunInstances", { MinCount: 1 })).toEqual(["RunInstances.MaxCount is missing"]);
  });

  test("is asked about every machine, its template, and the reservation of all", async () => {
    const asked = requestsOf(await resources).map(([operation]) => operation);
    expect(asked).toHaveLength(2 * all(await resources, "Instance").length + 1);
    expect(new Set(asked)).toEqual(new Set(["CreateCapacityReservation", "CreateLaunchTemplate", "RunInstances"]));
  });

  test("cannot be passed by an argument that nobody looked at, or by a text that is no boolean", async () => {
    await expect(changed({ keyName: "mine" })).rejects.toThrow("LaunchTemplate.keyName: no one has looked");
    await expect(changed({}, { ipv6AddressCount: 1 })).rejects.toThrow("networkInterfaces[0].ipv6AddressCount");
    await expect(changed({}, { deleteOnTermination: "yes" })).rejects.toThrow('"yes" is no text');
    expect(() => runInstances({ hostId: "h-1" })).toThrow("Instance.hostId");
    expect(() => checkRequest("StopInstances", {})).toThrow("add it to make.py");
  });
});
