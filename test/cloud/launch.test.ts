import { awsMachines } from "../../sizing/machinesAws";
import { machinesApart } from "./aws/launch";
import { cloud, groupType, type Inputs, subnetType, vpcType } from "./clouds";
import { type Changes, launch } from "./launches";

const first = (change: Inputs) => (interfaces: Inputs[]) =>
  interfaces.map((nic, index) => (index === 0 ? { ...nic, ...change } : nic));
const second = (change: Inputs) => (interfaces: Inputs[]) =>
  interfaces.map((nic, index) => (index === 1 ? { ...nic, ...change } : nic));

test.each(awsMachines.map(({ id, zoneIds }) => [id, zoneIds[0]]))(
  "EC2 takes a %s with every interface of its type",
  async (machine, zone) => {
    const it = cloud();
    await launch(it, { machine, zone });
    expect(it.world.all("Instance")).toHaveLength(1);
  },
);

// Each is a launch that EC2 takes, with one thing wrong.
const refusals: [string, string, Changes][] = [
  [
    "two interfaces in one place",
    "unique device index",
    { interfaces: ([a, b, ...rest]) => [a, b, b, ...rest] as Inputs[] },
  ],
  ["an interface without a device index", "MissingParameter", { interfaces: second({ deviceIndex: undefined }) }],
  ["no primary interface", "device 0 of network card 0", { interfaces: ([, ...rest]) => rest }],
  [
    "an interface of a kind that is none",
    "efaonly is no interface type",
    { interfaces: second({ interfaceType: "efaonly" }) },
  ],
  [
    "EFA on card 0 of a p6-b300, which takes none there",
    "card 0 of p6-b300.48xlarge does not support",
    {
      machine: "p6-b300.48xlarge",
      zone: "usw2-az2",
      interfaces: ([primary, , ...rest]) =>
        [primary, { ...primary, deviceIndex: 1, interfaceType: "efa-only" }, ...rest] as Inputs[],
    },
  ],
  ["EFA-only as the primary", "cannot be the primary", { interfaces: first({ interfaceType: "efa-only" }) }],
  ["EFA-only with an address", "do not support IP addresses", { interfaces: second({ privateIpAddress: "10.0.5.0" }) }],
  [
    "more interfaces on a card than it holds",
    "AttachmentLimitExceeded",
    { interfaces: (all) => [...all, { ...all[0], deviceIndex: 2 }] },
  ],
  [
    "two EFA interfaces on a card",
    "takes one Elastic Fabric Adapter",
    { interfaces: (all) => [...all, { ...all[2], deviceIndex: 1 }] },
  ],
  ["a card that is not there", "no network card 32", { interfaces: second({ networkCardIndex: 32, deviceIndex: 0 }) }],
  ["groups beside the interfaces", "instance-level security groups", { template: { vpcSecurityGroupIds: ["sg-1"] } }],
  ["a subnet beside the interfaces", "InvalidParameterCombination", { instance: { subnetId: "subnet-1" } }],
  [
    "a public address with several interfaces",
    "associatePublicIPAddress",
    { interfaces: first({ associatePublicIpAddress: "true" }) },
  ],
  ["an address outside the subnet", "does not fall within", { interfaces: first({ privateIpAddress: "10.9.0.4" }) }],
  ["an address that AWS keeps", "reserved address range", { interfaces: first({ privateIpAddress: "10.0.0.3" }) }],
  ["a type that the zone lacks", "Unsupported", { machine: "p5e.48xlarge" }],
  ["a type that is none", "InvalidParameterValue", { machine: "p9.48xlarge" }],
  ["an image id that is none", "InvalidAMIID.Malformed", { template: { imageId: "resolve:ssm:x" } }],
  [
    "user data over 16 KiB",
    "limited to 16384 bytes",
    { template: { userData: Buffer.alloc(16 * 1024 + 1, "a").toString("base64") } },
  ],
  ["user data that is not in base64", "InvalidUserData.Malformed", { template: { userData: "#!/bin/bash" } }],
];

test.each(refusals)("EC2 refuses %s: %s", async (_, code, changes) => {
  const it = cloud();
  await expect(launch(it, changes)).rejects.toThrow(code);
  expect(it.world.all("Instance")).toEqual([]);
});

test("EC2 refuses interfaces in two zones, and a group of another VPC", async () => {
  const it = cloud();
  const far = async ({ vpcId }: { vpcId: string }) =>
    (await it.create(subnetType, "far", { vpcId, cidrBlock: "10.0.64.0/20", availabilityZoneId: "use1-az2" })).id;
  await launch(it);
  const { inputs } = it.world.all("Subnet")[0] ?? {};
  const subnetId = await far({ vpcId: String(inputs?.vpcId) });
  await expect(launch(it, { name: "split", interfaces: second({ subnetId }) })).rejects.toThrow(
    "one Availability Zone",
  );
  const other = await it.create(vpcType, "other", { cidrBlock: "10.1.0.0/16" });
  const strange = await it.create(groupType, "strange", { vpcId: other.id });
  await expect(launch(it, { name: "strange", interfaces: second({ securityGroups: [strange.id] }) })).rejects.toThrow(
    "belong to different networks",
  );
});

test("EC2 takes user data of 16 KiB, and where a test says so a type in a zone that is not recorded", async () => {
  const it = cloud();
  it.world.know({ zoneIds: { "p5e.48xlarge": ["use1-az6"] } });
  const userData = Buffer.alloc(16 * 1024, "a").toString("base64");
  await launch(it, { machine: "p5e.48xlarge", template: { userData } });
  expect(it.world.all("Instance")).toHaveLength(1);
});

test("machines of a cluster in two zones start, and are found to be apart by our own check", async () => {
  const it = cloud();
  await launch(it, { name: "one" });
  expect(machinesApart(it.world.resources())).toBeUndefined();
  await launch(it, { name: "two", zone: "use1-az2" });
  expect(machinesApart(it.world.resources())).toMatch("use1-az2 and use1-az6, and EFA does not cross zones");
});
