import { autoName } from "../../cli/preview/autonames";
import { answerLookup } from "../../cli/preview/lookups";
import { aws } from "./aws";
import {
  balancerType,
  bring,
  bucketType,
  cloud,
  type Inputs,
  roleType,
  subnetType,
  targetGroupType,
  templateType,
  vpcType,
} from "./clouds";

describe("what the stand-in gives", () => {
  test("automatic names, within the length that a kind allows, and the same again for the same resource", async () => {
    const { provider, urn } = cloud();
    const first = (await provider.check(urn(balancerType, "llm-nlb"), {}, {})).inputs;
    expect(first.name).toMatch(/^llm-nlb-[0-9a-f]{7}$/);
    expect((await provider.check(urn(balancerType, "llm-nlb"), first, {})).inputs.name).toBe(first.name);
    await expect(provider.check(urn(balancerType, "a".repeat(25)), {}, {})).rejects.toThrow(
      "longer than the 32 characters",
    );
  });

  test("diffs that ignore what the cloud added, and say what replaces", async () => {
    const { create, provider, urn } = cloud();
    const { id, outs } = await create(bucketType, "b");
    const { bucket } = outs as { bucket: string };
    expect(await provider.diff(id, urn(bucketType, "b"), outs, { bucket })).toEqual({ changes: false, replaces: [] });
    expect(await provider.diff(id, urn(bucketType, "b"), outs, { bucket, tags: { a: "b" } })).toEqual({
      changes: true,
      replaces: [],
    });
    expect(await provider.diff(id, urn(bucketType, "b"), outs, { bucket: "other" })).toEqual({
      changes: true,
      replaces: ["bucket"],
    });
  });

  test("a new version of a template for a change of what it launches, and none for its tags", async () => {
    const { create, provider, urn } = cloud();
    const { id, outs } = await create(templateType, "t", { instanceType: "p5.48xlarge" });
    const update = async (news: Inputs) =>
      (await provider.update(id, urn(templateType, "t"), outs, { name: (outs as Inputs).name, ...news })).outs
        ?.latestVersion;
    expect(await update({ instanceType: "p5.48xlarge", tags: { a: "b" } })).toBe(1);
    expect(await update({ instanceType: "p5en.48xlarge" })).toBe(2);
  });

  test("an error for a look-up or a kind that it does not have", async () => {
    const { provider, create } = cloud();
    await expect(provider.invoke("aws:ec2/getAmi:getAmi", {})).rejects.toThrow("does not answer");
    await expect(create("aws:rds/instance:Instance", "db")).rejects.toThrow("add a row, with its source");
  });

  test("the faults that a test orders, once each", async () => {
    const { world, create } = cloud();
    world.order({ operation: "create", kind: "Vpc", nth: 2, what: "fail" });
    await create(vpcType, "one", { cidrBlock: "10.0.0.0/16" });
    await expect(create(vpcType, "two", { cidrBlock: "10.1.0.0/16" })).rejects.toThrow("InsufficientInstanceCapacity");
    await create(vpcType, "three", { cidrBlock: "10.2.0.0/16" });
    expect(world.all("Vpc")).toHaveLength(2);
    world.order({ operation: "create", kind: "Vpc", nth: 1, what: "timeout" });
    await expect(create(vpcType, "four", { cidrBlock: "10.3.0.0/16" })).rejects.toMatchObject({
      id: expect.stringMatching(/^vpc-/),
    });
    expect(world.all("Vpc")).toHaveLength(3);
  });
});

test("a component's name of the longest length gives names that every kind allows", async () => {
  const { provider, urn } = cloud();
  const name = "a".repeat(20);
  for (const [type, suffix] of [
    [balancerType, "nlb"],
    [targetGroupType, "tg"],
    [bucketType, "models"],
    [roleType, "node-role"],
  ] as const) {
    await expect(provider.check(urn(type, `${name}-${suffix}`), {}, {})).resolves.toBeDefined();
  }
});

test("the offline preview names what the cloud names", () => {
  for (const [type, { autoName: named }] of Object.entries(aws.kinds)) {
    expect(`${type} ${Object.keys(autoName(`urn:pulumi:dev::p::${type}::x`, type, "x", {}))}`).toBe(
      `${type} ${named?.property ?? ""}`,
    );
  }
});

test("the offline preview looks up what the cloud answers", async () => {
  const { world } = cloud();
  const vpc = await bring(world, vpcType, "vpc", { cidrBlock: "10.0.0.0/16" });
  const subnet = await bring(world, subnetType, "subnet", { vpcId: vpc, cidrBlock: "10.0.0.0/20" });
  const asked: Record<string, Inputs> = {
    "aws:ssm/getParameter:getParameter": { name: "x" },
    "aws:ec2/getSubnet:getSubnet": { id: subnet },
    "aws:ec2/getVpc:getVpc": { id: vpc },
    "aws:ec2/getCapacityBlockReservation:getCapacityBlockReservation": { id: "cr-0123456789abcdef0" },
  };
  expect(Object.keys(asked).sort()).toEqual(Object.keys(aws.lookups).sort());
  for (const [token, inputs] of Object.entries(asked)) {
    const answered = Object.keys(aws.lookups[token]?.(inputs, world) ?? {});
    const offline = Object.keys(answerLookup(token) ?? {});
    // A name is known: it is what was asked for.
    expect(offline).toEqual(expect.arrayContaining(answered.filter((field) => field !== "name")));
  }
  expect(answerLookup("constructor")).toBeUndefined();
});
