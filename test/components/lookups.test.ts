import type { AwsClusterArgs } from "../../components/aws/args";
import { checkBlock, checkBought, type DescribedBlock } from "../../components/aws/block";
import { checkSubnet, type DescribedSubnet } from "../../components/aws/network/subnet";
import { planAwsCluster } from "../../components/aws/plan/layout";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";
import { block, small } from "../support/clusters";

function layoutOf(args: AwsClusterArgs) {
  const { parsed, problems } = parseAwsArgs("llm", args);
  if (!parsed) throw new Error(JSON.stringify(problems));
  return planAwsCluster(parsed);
}

describe("a capacity block that AWS describes", () => {
  const layout = layoutOf(block);
  const good: DescribedBlock = {
    id: "cr-0123456789abcdef0",
    instanceType: layout.plan.machine,
    instanceCount: layout.plan.nodes,
    availabilityZone: "us-east-1a",
    availabilityZoneId: "use1-az6",
    state: "active",
    startDate: "2027-01-24T11:30:00Z",
    endDate: "2027-01-31T11:30:00Z",
  };

  test("is taken while it is active", () => {
    expect(checkBlock(good, layout).endDate).toBe(good.endDate);
  });

  test("that the stack has just bought is held against the plan, too", () => {
    expect(checkBought(good, layout)).toBe(good);
    expect(() => checkBought({ ...good, instanceType: "p5.4xlarge" }, layout)).toThrow(/is a block of p5\.4xlarge/);
  });

  test.each<[string, Partial<DescribedBlock>, RegExp]>([
    ["of another machine", { instanceType: "p5en.48xlarge" }, /is a block of p5en\.48xlarge.*set decision\.machine/],
    [
      "in another zone",
      { availabilityZone: "us-east-1b", availabilityZoneId: "use1-az1" },
      /use1-az1.*decision\.zone is us-east-1a/,
    ],
    ["too small", { instanceCount: 1 }, /has 1 machines, and the plan takes 3/],
    ["over", { state: "expired" }, /is expired; it is from 2027-01-24.* to 2027-01-31.*name the block that follows/],
    ["not begun", { state: "scheduled" }, /is scheduled; it is from 2027-01-24.*update when it has begun/],
  ])("that is %s ends the update, with the fix", (_, wrong, words) => {
    expect(() => checkBlock({ ...good, ...wrong }, layout)).toThrow(words);
  });

  test("is compared by the zone's id where the decision gives that", () => {
    const byId = layoutOf({ decision: { ...block.decision, zone: "use1-az6" } });
    expect(checkBlock({ ...good, availabilityZone: "us-east-1f" }, byId)).toBeDefined();
  });
});

describe("a subnet that is brought along", () => {
  const layout = layoutOf({
    ...small,
    network: { subnetId: "subnet-0123456789abcdef0", nodeAddresses: "10.1.4.0/28" },
  });
  const good: DescribedSubnet = {
    id: "subnet-0123456789abcdef0",
    vpcId: "vpc-0123456789abcdef0",
    cidrBlock: "10.1.0.0/20",
    availabilityZone: "us-east-1a",
    availabilityZoneId: "use1-az6",
  };

  test("is taken where it is in the zone and holds the nodes' addresses", () => {
    expect(checkSubnet(good, layout)).toBe(good);
  });

  test("whose first addresses AWS keeps gives none of them to a node", () => {
    const base = { ...good, cidrBlock: "10.1.4.0/24" };
    expect(() => checkSubnet(base, layout)).toThrow(/would give node-0 10\.1\.4\.0, and AWS keeps the first four/);
  });

  test("elsewhere, or too small, ends the update with both problems at once", () => {
    const wrong = { ...good, availabilityZone: "us-east-1b", cidrBlock: "10.1.0.0/24" };
    expect(() => checkSubnet(wrong, layout)).toThrow(/us-east-1b[\s\S]*"10\.1\.4\.0\/28" is not inside/);
  });
});
