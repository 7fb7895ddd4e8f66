import crypto from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RecordedResource } from "../../cli/preview/recorder";
import type { AwsClusterArgs } from "../../components/aws/args";
import { valueIn } from "../../pricing/records";
import { clusters, recordClusters } from "../fixtures/graph/clusters";
import { blocksOf, graphText, nameOf } from "../fixtures/graph/graphText";
import { expectGolden } from "../support/golden";
import { all } from "../support/graph";

/** Every key that is drawn here is this one, so that it would be found wherever it went. */
const drawn = Buffer.alloc(32, 0x5a);
let graphs: Record<string, RecordedResource[]>;
let draws = 0;

beforeAll(async () => {
  const spy = jest.spyOn(crypto, "randomBytes").mockImplementation((size) => drawn.subarray(0, size));
  graphs = await recordClusters();
  draws = spy.mock.calls.filter(([size]) => size === drawn.length).length;
  spy.mockRestore();
});

const names = Object.keys(clusters);
const graphOf = (name: string) => graphs[name] ?? [];
const argsOf = (name: string) => clusters[name] as AwsClusterArgs;
const childrenOf = (name: string) => graphOf(name).filter(({ custom }) => custom);

/** The tags that every resource of a cluster has. */
function tagsOf({ tags, observability }: AwsClusterArgs, name: string): Record<string, string> {
  const { expires, budgetUsd } = observability ?? {};
  return {
    Name: name,
    ...tags,
    ...(expires === undefined ? {} : { "llm-cluster-expires": expires }),
    ...(budgetUsd === undefined ? {} : { "llm-cluster-budget-usd": `${budgetUsd}` }),
    "llm-cluster": "llm",
    "llm-cluster-stack": "llm-cluster/test",
  };
}

/** Whether the provider's own declaration of a kind has an argument. */
function takes(type: string, argument: string): boolean {
  const [, path = ""] = type.split(":");
  const file = join(dirname(require.resolve("@pulumi/aws/package.json")), `${path}.d.ts`);
  const args = readFileSync(file, "utf8").split(/export interface \w+Args \{/)[1] ?? "";
  return new RegExp(`^ {4}${argument}\\??: `, "m").test(args);
}

// UPDATE_GOLDEN=1 npx jest test/components/graph writes the texts anew: look at their difference before it is kept.
describe("what a cluster registers, with its options", () => {
  const blocks = (name: string) => blocksOf(graphOf(name), (child) => tagsOf(argsOf(name), child));

  test.each(names)("%s is what test/fixtures/graph has of it", (name) => {
    // The small one is written out, the others are what differs from it: so a change shows once.
    expectGolden(`../graph/${name}.txt`, graphText(blocks(name), name === "small" ? undefined : blocks("small")));
  });

  test("has no text of a cluster that is no longer recorded", () => {
    const files = readdirSync(join(__dirname, "../fixtures/graph")).filter((file) => file.endsWith(".txt"));
    expect(files.sort()).toEqual(names.map((name) => `${name}.txt`).sort());
  });
});

describe("every child", () => {
  test.each(names)("of %s is named by the cluster and under it", (name) => {
    const [cluster, ...others] = graphOf(name).filter(({ custom }) => !custom);
    expect(others).toEqual([]);
    const children = childrenOf(name);
    expect(children.length).toBeGreaterThan(25);
    for (const child of children) {
      expect(child.name).toMatch(/^llm-[a-z0-9-]+$/);
      expect([child.name, child.parent]).toEqual([child.name, cluster?.urn]);
    }
  });

  test.each(names)("of %s that the provider has in a region is in the cluster's", (name) => {
    const wanted = childrenOf(name).map((child) => [child.name, takes(child.type, "region") ? "us-east-1" : undefined]);
    expect(childrenOf(name).map((child) => [child.name, child.inputs.region])).toEqual(wanted);
  });

  /** Kinds that could have tags and have none. */
  const untagged: Readonly<Record<string, string>> = {
    "aws:s3/bucketObjectv2:BucketObjectv2":
      "S3 takes ten tags of an object (S3 guide, object tagging), and a cluster may be given more",
  };

  test.each(names)("of %s that the provider has tags for has all of them", (name) => {
    for (const child of childrenOf(name)) {
      const wanted = takes(child.type, "tags") && untagged[child.type] === undefined;
      if (wanted) expect(child.inputs.tags).toMatchObject(tagsOf(argsOf(name), child.name));
      else expect([child.name, child.inputs.tags]).toEqual([child.name, undefined]);
    }
  });

  test("without tags is of a kind that has none, or that has a reason not to", () => {
    const kinds = new Set(names.flatMap(childrenOf).map(({ type }) => type));
    const without = [...kinds].filter((type) => !takes(type, "tags")).map((type) => type.split(":").at(-1));
    // Parts of something that has tags: rules and versions that AWS knows by what they belong to.
    expect(without.sort()).toEqual([
      "BucketLifecycleConfiguration",
      "BucketPolicy",
      "BucketPublicAccessBlock",
      "BucketServerSideEncryptionConfiguration",
      "Record",
      "RolePolicy",
      "Route",
      "RouteTableAssociation",
      "SecretVersion",
      "SubnetCidrReservation",
      "TargetGroupAttachment",
    ]);
    for (const type of Object.keys(untagged)) expect([type, takes(type, "tags")]).toEqual([type, true]);
  });
});

describe("the zone", () => {
  const zoneOf = (record: RecordedResource) => record.inputs.availabilityZone;

  test.each(names)("of every machine and reservation of %s is the decision's", (name) => {
    const graph = graphOf(name);
    const brought = argsOf(name).network?.subnetId;
    const nodes = all(graph, "Subnet").filter((subnet) => subnet.name === "llm-nodes-subnet-1a");
    expect(nodes.map(zoneOf)).toEqual(brought === undefined ? ["us-east-1a"] : []);
    const home = brought ?? "llm-nodes-subnet-1a-id";
    const templates = all(graph, "LaunchTemplate");
    expect(templates).toHaveLength(all(graph, "Instance").length);
    for (const { inputs } of templates) {
      const interfaces = inputs.networkInterfaces as { subnetId: string }[];
      expect(new Set(interfaces.map(({ subnetId }) => subnetId))).toEqual(new Set([home]));
    }
    for (const reservation of all(graph, "CapacityReservation")) expect(zoneOf(reservation)).toBe("us-east-1a");
    for (const { inputs } of all(graph, "LustreFileSystem")) expect(inputs.subnetIds).toBe(home);
    for (const { inputs } of all(graph, "SubnetCidrReservation")) expect(inputs.subnetId).toBe(home);
    for (const { inputs } of all(graph, "VpcEndpoint")) expect(inputs.subnetIds ?? [home]).toEqual([home]);
    for (const { inputs } of all(graph, "LoadBalancer")) expect(valueIn(inputs, "subnets", 0)).toBe(home);
  });

  test("of the second subnet is the one that an application load balancer was given", () => {
    const second = all(graphOf("application"), "Subnet").filter((subnet) => zoneOf(subnet) !== "us-east-1a");
    expect(second.map((subnet) => [subnet.name, zoneOf(subnet)])).toEqual([["llm-second-subnet-1b", "us-east-1b"]]);
    const [balancer] = all(graphOf("application"), "LoadBalancer");
    expect(balancer?.inputs.subnets).toEqual(["llm-nodes-subnet-1a-id", "llm-second-subnet-1b-id"]);
  });
});

describe("a public address", () => {
  test.each(names)("is the NAT gateway's and nobody else's in %s", (name) => {
    const graph = graphOf(name);
    expect(JSON.stringify(childrenOf(name).map(({ inputs }) => inputs))).not.toMatch(
      /associatePublicIpAddress|associateCarrierIpAddress|ipv6|publicIpv4Pool/i,
    );
    for (const { inputs } of all(graph, "Subnet")) expect(inputs.mapPublicIpOnLaunch).toBe(false);
    for (const { inputs } of all(graph, "LoadBalancer")) expect(inputs.internal).toBe(true);
    for (const { inputs } of all(graph, "Zone")) expect(inputs.vpcs).toHaveLength(1);
    const users = graph.flatMap(({ name: user, propertyDependencies = {} }) =>
      all(graph, "Eip").some(({ urn }) => Object.values(propertyDependencies).flat().includes(urn)) ? [user] : [],
    );
    expect(users).toEqual(all(graph, "Eip").map(() => "llm-nat"));
    const outward = all(graph, "Route").filter(({ inputs }) => inputs.gatewayId !== undefined);
    expect(outward.map(({ propertyDependencies }) => propertyDependencies?.routeTableId?.map(nameOf))).toEqual(
      all(graph, "Eip").map(() => ["llm-public-routes"]),
    );
    const inPublicTable = all(graph, "RouteTableAssociation").filter(({ propertyDependencies }) =>
      propertyDependencies?.routeTableId?.map(nameOf).includes("llm-public-routes"),
    );
    expect(inPublicTable.map(({ inputs }) => inputs.subnetId)).toEqual(
      all(graph, "Eip").map(() => "llm-public-subnet-1a-id"),
    );
  });
});

describe("the API key that is drawn", () => {
  const written = (["base64url", "base64", "hex", "latin1"] as const).map((form) => drawn.toString(form).slice(0, 20));
  const owns = names.filter((name) => {
    const { decision, serving } = argsOf(name);
    return (decision.workload ?? "inference") === "inference" && serving?.apiKeySecret === undefined;
  });

  test.each(owns)("of %s is a secret to the engine, and its only copy", (name) => {
    const values = all(graphOf(name), "SecretVersion");
    expect(values.map(({ inputs }) => inputs.secretString)).toEqual(["[secret]"]);
  });

  test.each(names)("is nowhere in what %s registers and puts out, user data and release among it", (name) => {
    const graph = graphOf(name);
    const scripts = all(graph, "LaunchTemplate").map(({ inputs }) => Buffer.from(`${inputs.userData}`, "base64"));
    const texts = [JSON.stringify(graph), ...scripts.map(String)].join("\n");
    expect(scripts.map(String).join("")).toContain("#!/usr/bin/env bash");
    expect(Object.keys(graph.find(({ custom }) => !custom)?.outputs ?? {})).toContain("endpoint");
    for (const text of written) expect(texts).not.toContain(text);
  });

  test("is drawn for every cluster that has no secret of its owner's", () => {
    expect(draws).toBe(owns.length);
  });
});

test("the fixtures are of every kind that the component can make", () => {
  const folder = join(__dirname, "../../components/aws");
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const made = sources.flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(/new (\w+)\.([A-Z]\w+)\(/g)].flatMap(([, module, kind]) =>
      existsSync(join(dirname(require.resolve("@pulumi/aws/package.json")), `${module}`)) ? [kind] : [],
    ),
  );
  const met = new Set(names.flatMap(childrenOf).map(({ type }) => type.split(":").at(-1)));
  expect(made.length).toBeGreaterThan(30);
  expect(made.filter((kind) => !met.has(kind))).toEqual([]);
});
