import type { Subject } from "../../cli/preflight/subject";
import { imageParameter } from "../../components/aws/image";
import { check, goodAccount, machine, now, ownTags, said, ubuntu } from "./preflightSupport";

const states = async (...args: Parameters<typeof check>) =>
  (await check(...args)).findings.filter(({ state }) => state !== "ok");

describe("the zone", () => {
  test("is told under both its names, whichever was given", async () => {
    expect(said(await check({}), "zone")).toEqual([
      "ok: use1-az6 is called us-east-1a in this account",
      "ok: use1-az6 offers p5.48xlarge",
    ]);
    expect(said(await check({ zone: "us-east-1a" }), "zone")).toEqual([
      "ok: us-east-1a is use1-az6 in this account",
      "ok: us-east-1a offers p5.48xlarge",
    ]);
  });

  test("that does not offer the machine fails, and those that do are named", async () => {
    expect(await states({ zone: "us-east-1b" })).toMatchObject([
      {
        state: "fails",
        fact: "us-east-1b does not offer p5.48xlarge",
        fix: "set decision.zone to us-east-1a (use1-az6)",
      },
    ]);
    expect(await states({}, { offering: [] })).toMatchObject([
      { state: "fails", fact: "no zone of us-east-1 offers p5.48xlarge" },
    ]);
  });

  test("that is not there fails once, with those that are", async () => {
    expect(await states({ zone: "us-east-1f" })).toMatchObject([
      { state: "fails", fix: "set decision.zone to one of us-east-1a (use1-az6), us-east-1b (use1-az1)" },
    ]);
  });

  test("that the account is not opted in to, or that has trouble, is told apart", async () => {
    const [first = {}] = goodAccount.zones;
    expect(await states({}, { zones: [{ ...first, OptInStatus: "not-opted-in" }] })).toMatchObject([
      { state: "fails" },
    ]);
    expect(await states({}, { zones: [{ ...first, State: "unavailable" }] })).toMatchObject([{ state: "fails" }]);
    expect(await states({}, { zones: [{ ...first, State: "impaired" }] })).toMatchObject([{ state: "warns" }]);
  });
});

describe("the image", () => {
  test("is asked for by the parameter that the component reads", async () => {
    const asked: unknown[] = [];
    const getParameter = async (input: { Name: string | undefined }) => {
      asked.push(input.Name);
      return { $metadata: {}, Parameter: { Value: ubuntu.ImageId } };
    };
    expect(said(await check({}, {}, {}, { getParameter }), "image").join()).toMatch(
      /^ok: ami-0123456789abcdef0 is Deep Learning/,
    );
    expect(asked).toEqual([imageParameter]);
  });

  test.each<[string, object, RegExp]>([
    ["for another processor", { Architecture: "arm64" }, /is for arm64/],
    ["for Windows", { Platform: "Windows", PlatformDetails: "Windows" }, /is for Windows/],
    ["not ready", { State: "pending" }, /is pending/],
    ["rooted elsewhere", { RootDeviceName: "/dev/xvda" }, /has its root on \/dev\/xvda/],
    [
      "too large",
      { BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 201 } }] },
      /needs a root volume of 201 GiB, and nodes get 200/,
    ],
  ])("that is %s fails", async (_, changes, fact) => {
    const found = await states({ amiId: ubuntu.ImageId }, { images: [{ ...ubuntu, ...changes }] });
    expect(found).toMatchObject([{ check: "image", state: "fails", fact: expect.stringMatching(fact) }]);
  });

  test("that its owner has deprecated, or that the account does not allow, warns", async () => {
    const deprecated = { ...ubuntu, DeprecationTime: new Date(now.getTime() - 1).toISOString() };
    expect(await states({}, { images: [deprecated] })).toMatchObject([{ state: "warns" }]);
    expect(await states({}, { images: [{ ...ubuntu, ImageAllowed: false }] })).toMatchObject([{ state: "warns" }]);
  });

  test("that is not there, not published, or encrypted in the stack file, is told apart", async () => {
    expect(await states({ amiId: "ami-00000000" })).toMatchObject([
      { fact: expect.stringContaining("has no image ami-00000000") },
    ]);
    expect(await states({}, { newestImage: undefined })).toMatchObject([
      { fact: expect.stringContaining("has no parameter") },
    ]);
    expect(await states({ amiId: "[secret]" })).toMatchObject([{ state: "could not check" }]);
  });
});

describe("a subnet that was brought along", () => {
  const network: Subject["network"] = { subnetId: "subnet-1", nodeAddresses: "10.1.4.16/28" };
  const subnet = {
    SubnetId: "subnet-1",
    VpcId: "vpc-1",
    CidrBlock: "10.1.4.0/24",
    AvailabilityZone: "us-east-1a",
    AvailabilityZoneId: "use1-az6",
  };
  const subnets = [
    subnet,
    { ...subnet, SubnetId: "subnet-2", AvailabilityZone: "us-east-1b", AvailabilityZoneId: "use1-az1" },
  ];

  test("in the zone, with a free range in it and names that resolve, is ok", async () => {
    expect(said(await check({ network }, { subnets }), "subnet")).toEqual([
      "ok: subnet-1 of vpc-1 is in us-east-1a (use1-az6)",
      "ok: 10.1.4.16/28 lies in 10.1.4.0/24, has room for 2, and is free",
      "ok: vpc-1 resolves names (enableDnsSupport, enableDnsHostnames)",
    ]);
  });

  test.each<[string, Subject["network"], RegExp]>([
    ["a subnet that is not there", { ...network, subnetId: "subnet-9" }, /has no subnet subnet-9/],
    ["a range outside the subnet", { ...network, nodeAddresses: "10.1.5.0/28" }, /does not lie in 10.1.4.0\/24/],
    ["addresses that AWS keeps", { ...network, nodeAddresses: "10.1.4.0/28" }, /addresses that AWS keeps for itself/],
  ])("%s fails", async (_, brought, fact) => {
    expect(await states({ network: brought }, { subnets })).toMatchObject([
      { state: "fails", fact: expect.stringMatching(fact) },
    ]);
  });

  test("another zone fails, a range that is too small too: the subnet's last address is AWS's", async () => {
    expect(await states({ network: { ...network, subnetId: "subnet-2" } }, { subnets })).toMatchObject([
      { state: "fails", fix: "set decision.zone to use1-az1, or bring a subnet of use1-az6" },
    ]);
    const last = { subnetId: "subnet-1", nodeAddresses: "10.1.4.240/28" };
    expect(await states({ network: last, nodes: 15 }, { subnets, quotas: { "L-417A185B": { value: 9999 } } })).toEqual(
      [],
    );
    expect(
      await states({ network: last, nodes: 16 }, { subnets, quotas: { "L-417A185B": { value: 9999 } } }),
    ).toMatchObject([{ fact: "10.1.4.240/28 has 15 addresses, and the cluster has 16 nodes" }]);
  });

  test("addresses of others fail; the cluster's own, and addresses that no node takes, do not", async () => {
    const machines = [machine("i-own", { Tags: ownTags })];
    const addresses = [{ address: "10.1.4.16", machine: "i-own" }, { address: "10.1.4.18" }];
    expect(await states({ network }, { subnets, machines, addresses })).toEqual([]);
    const taken = [...addresses, { address: "10.1.4.17", machine: "i-other" }];
    expect(await states({ network }, { subnets, machines, addresses: taken })).toMatchObject([
      { state: "fails", fact: "10.1.4.17 of 10.1.4.16/28 is in use by others" },
    ]);
  });

  test("a range that something else has reserved fails; the cluster's own reservation is known again", async () => {
    const own = { id: "scr-1", cidr: "10.1.4.16/28", description: "Fixed addresses of nodes" };
    expect(await states({ network }, { subnets, reservedRanges: [own] })).toEqual([]);
    const other = { id: "scr-2", cidr: "10.1.4.0/27" };
    expect(await states({ network }, { subnets, reservedRanges: [other] })).toMatchObject([
      { state: "fails", fact: "10.1.4.16/28 overlaps 10.1.4.0/27, which scr-2 of subnet-1 reserves" },
    ]);
  });

  test("a VPC that does not resolve names warns", async () => {
    const vpc = { enableDnsSupport: true, enableDnsHostnames: false };
    expect(await states({ network }, { subnets, vpc })).toMatchObject([
      { state: "warns", fact: "vpc-1 has enableDnsHostnames off" },
    ]);
  });

  test("a load balancer's second subnet is in another zone of the same VPC", async () => {
    const withSecond = (secondSubnetId: string) => ({ network, endpoint: { secondSubnetId } });
    expect(await states(withSecond("subnet-2"), { subnets })).toEqual([]);
    expect(await states(withSecond("subnet-1"), { subnets })).toMatchObject([{ check: "endpoint", state: "fails" }]);
    const elsewhere = [subnet, { ...subnets[1], VpcId: "vpc-2" }];
    expect(await states(withSecond("subnet-2"), { subnets: elsewhere })).toMatchObject([
      { fact: "subnet-2 is in vpc-2, and subnet-1 in vpc-1" },
    ]);
    expect(await states({ endpoint: { secondZone: "us-east-1a" } })).toMatchObject([{ state: "fails" }]);
    expect(await states({ endpoint: { secondZone: "us-east-1b" } })).toEqual([]);
  });
});

test("a bucket that was brought along is there, and in the stack's region", async () => {
  const buckets = { here: "us-east-1", there: "eu-west-1" };
  expect(said(await check({ bucket: "here" }, { buckets }), "bucket")).toEqual(["ok: here is in us-east-1"]);
  expect(said(await check({ bucket: "there" }, { buckets }), "bucket")).toEqual(["fails: there is in eu-west-1"]);
  expect(said(await check({ bucket: "nowhere" }, { buckets }), "bucket")).toEqual([
    "fails: there is no bucket nowhere",
  ]);
});
