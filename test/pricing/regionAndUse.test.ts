import { findKind } from "../../pricing/clouds";
import { estimateCost } from "../../pricing/estimate";
import { type ResourceRecord, unknownValue } from "../../pricing/records";
import { UsageBook } from "../../pricing/usage";
import { clusterOf, resourceOf } from "../support/records";

const cluster = clusterOf({}, { machine: "p5.48xlarge", nodes: 2, weightsGB: 100, outputTokensPerSecond: 1000 });

describe("the region", () => {
  const address = (rest: Partial<ResourceRecord>, inputs = {}) =>
    resourceOf("aws:ec2/eip:Eip", "address", { region: undefined, ...inputs }, rest);
  const provider = (name: string, region?: string) => resourceOf("pulumi:providers:aws", name, { region });
  const regionOf = (records: ResourceRecord[], region?: string) => {
    const line = estimateCost(records, { region }).lines[0];
    return line?.price?.region ?? line?.reason;
  };

  test("is the resource's, else its zone's, else its provider's, else the stack's", () => {
    expect(regionOf([address({}, { region: "us-west-2" })], "us-east-1")).toBe("us-west-2");
    expect(regionOf([address({}, { availabilityZone: "us-west-2a" })], "us-east-1")).toBe("us-west-2");
    const west = provider("west", "us-west-2");
    expect(regionOf([west, address({ provider: `${west.urn}::id` })], "us-east-1")).toBe("us-west-2");
    expect(regionOf([address({})], "us-east-1")).toBe("us-east-1");
  });

  test("of a provider that the document leaves out is not guessed; a default provider's is the stack's", () => {
    expect(regionOf([address({ provider: `${provider("west").urn}::id` })], "us-east-1")).toMatch(/provider west/);
    expect(regionOf([address({ provider: `${provider("default_7_48_0").urn}::id` })], "us-east-1")).toBe("us-east-1");
    expect(regionOf([address({}, { region: unknownValue })], "us-east-1")).toMatch(/not known before the update/);
  });
});

describe("use", () => {
  const nat = resourceOf("aws:ec2/natGateway:NatGateway", "egress-nat");
  const book = (content: object) => new UsageBook({ file: "usage.yaml", ...content });

  test("is what the file says of the resource, else of its kind, else assumed; and says which", () => {
    const kinds = { [nat.type]: { dataGB: 1000 } };
    const data = (usage?: UsageBook) => estimateCost([nat], { usage }).lines.find(({ key }) => key === "data");
    expect(data(book({ kinds, resources: { "egress-*": { dataGB: 50 } } }))).toMatchObject({
      usage: { basis: "stated", because: "usage.yaml: resources.egress-*.dataGB" },
    });
    expect(data(book({ kinds }))?.monthlyUsd?.toNumber()).toBeCloseTo(45, 6);
    expect(data()?.usage?.basis).toBe("assumed");
  });

  test("is never in the run rate", () => {
    const before = estimateCost([nat]);
    const after = estimateCost([nat], { usage: book({ kinds: { [nat.type]: { dataGB: 1e6 } } }) });
    expect(after.monthlyUsd.eq(before.monthlyUsd)).toBe(true);
    expect(after.usageMonthlyUsd.toNumber()).toBeCloseTo(45_000, 6);
    expect(after.assumedUsageMonthlyUsd.toNumber()).toBe(0);
  });

  test("of a cluster is told once, by the cluster, and not by its parts", () => {
    const part = (type: string) =>
      resourceOf(type, "part", { internal: true, loadBalancerType: "network" }, { parent: cluster.urn });
    for (const type of [
      "aws:ec2/natGateway:NatGateway",
      "aws:lb/loadBalancer:LoadBalancer",
      "aws:secretsmanager/secret:Secret",
      "aws:s3/bucket:Bucket",
    ]) {
      expect(findKind(type)).toBeDefined();
      expect(estimateCost([part(type)]).lines.filter(({ usage }) => usage)).toEqual([]);
      expect(estimateCost([resourceOf(type, "alone")]).lines.filter(({ usage }) => usage).length).toBeGreaterThan(0);
    }
  });
});
