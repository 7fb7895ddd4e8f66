import * as fc from "fast-check";
import type { z } from "zod";
import type { AwsClusterArgs, awsClusterSchema } from "../../components/aws/args";
import { parseAwsArgs } from "../../components/aws/args";
import { costOf } from "../../components/aws/cost";
import { planAwsCluster } from "../../components/aws/layout";
import { estimateCost } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import { numberIn, textIn, valueIn } from "../../pricing/records";
import { someDecision } from "../support/decisions";
import { all, imageId, known, one, recordCluster } from "../support/graph";
import { gang, singleNode } from "../support/plans";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const _sameArgs: Same<AwsClusterArgs, z.input<typeof awsClusterSchema>> = true;
void _sameArgs;

const place = { region: "us-east-1", zone: "us-east-1a" };
const small: AwsClusterArgs = { decision: { ...singleNode, ...place } };
const big: AwsClusterArgs = { decision: { ...gang, ...place } };
const block: AwsClusterArgs = {
  decision: {
    ...gang,
    ...place,
    capacity: { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0", hours: 48 },
  },
};

describe("what every cluster is like", () => {
  test.each([
    ["one machine", small],
    ["a gang", big],
    ["a capacity block", block],
  ])("%s: children are named by their parent, in its region, tagged, and unprotected", async (_, args) => {
    const { resources } = await recordCluster({ ...args, tags: { team: "platform" } }, { name: "chat" });
    const [cluster] = resources.filter(({ custom }) => !custom);
    const children = resources.filter(({ custom }) => custom);
    expect(children.length).toBeGreaterThan(30);
    for (const child of children) {
      expect(child.parent).toBe(cluster?.urn);
      expect(child.name).toMatch(/^chat-[a-z0-9-]+$/);
      expect(child.protect).toBe(false);
      const isGlobal = child.type.startsWith("aws:iam/");
      expect(`${child.name} ${child.inputs.region}`).toBe(`${child.name} ${isGlobal ? undefined : "us-east-1"}`);
      const tags = child.inputs.tags as Record<string, string> | undefined;
      if (tags) expect(tags).toMatchObject({ Name: child.name, team: "platform", "llm-cluster": "chat" });
    }
    expect(
      children
        .filter(({ inputs }) => inputs.tags === undefined)
        .map(({ type }) => type.split(":").at(-1))
        .sort(),
    ).toEqual(expect.arrayContaining(["BucketObjectv2", "BucketPolicy", "Route", "RouteTableAssociation"]));
  });

  test("a preview registers the same resources as an update", async () => {
    const names = async (preview: boolean) => (await recordCluster(big, { preview })).resources.map(({ urn }) => urn);
    expect(await names(true)).toEqual(await names(false));
  });

  test("no public address reaches a node, and only HTTPS leaves the group", async () => {
    const { resources } = await recordCluster(small);
    for (const subnet of all(resources, "Subnet")) expect(subnet.inputs.mapPublicIpOnLaunch).toBe(false);
    expect(JSON.stringify(one(resources, "LaunchTemplate").inputs)).not.toContain("associatePublicIpAddress");
    expect(one(resources, "LoadBalancer").inputs).toMatchObject({ internal: true, loadBalancerType: "network" });
    const open = [...all(resources, "SecurityGroupIngressRule"), ...all(resources, "SecurityGroupEgressRule")].filter(
      ({ inputs }) => inputs.cidrIpv4 === "0.0.0.0/0",
    );
    expect(open.map(({ name }) => name)).toEqual(["llm-nodes-to-https"]);
    expect(open[0]?.inputs).toMatchObject({ fromPort: 443, toPort: 443 });
  });

  test("the nodes' group lets everything pass to and from itself, which EFA needs both ways", async () => {
    const { resources } = await recordCluster(big);
    const group = one(resources, "SecurityGroup", "llm-nodes");
    for (const [type, name] of [
      ["SecurityGroupIngressRule", "llm-nodes-from-nodes"],
      ["SecurityGroupEgressRule", "llm-nodes-to-nodes"],
    ] as const) {
      const rule = one(resources, type, name);
      expect(rule.inputs.ipProtocol).toBe("-1");
      expect(rule.propertyDependencies).toMatchObject({
        securityGroupId: [group.urn],
        referencedSecurityGroupId: [group.urn],
      });
    }
  });

  test("traffic to S3 takes the free endpoint, everything else NAT, all in one zone", async () => {
    const { resources } = await recordCluster(small);
    const nodesTable = one(resources, "RouteTable", "llm-nodes-routes").urn;
    expect(one(resources, "VpcEndpoint").inputs).toMatchObject({
      vpcEndpointType: "Gateway",
      serviceName: "com.amazonaws.us-east-1.s3",
    });
    expect(one(resources, "VpcEndpoint").propertyDependencies?.routeTableIds).toEqual([nodesTable]);
    expect(one(resources, "Route", "llm-nodes-default-route").propertyDependencies?.natGatewayId).toEqual([
      one(resources, "NatGateway").urn,
    ]);
    expect(new Set(all(resources, "Subnet").map(({ inputs }) => inputs.availabilityZone))).toEqual(
      new Set(["us-east-1a"]),
    );
    const byId = await recordCluster({ decision: { ...small.decision, zone: "use1-az6" } });
    expect(all(byId.resources, "Subnet")[0]?.inputs).toMatchObject({ availabilityZoneId: "use1-az6" });
  });

  test("the role reads models, releases and one secret, writes status, and may do nothing else", async () => {
    const { resources } = await recordCluster(small);
    const policy = JSON.parse(String(one(resources, "RolePolicy").inputs.policy)) as {
      Statement: Record<string, unknown>[];
    };
    const bucket = "arn:aws:::llm-models";
    expect(policy.Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      ["s3:GetObject", [`${bucket}/models/*`, `${bucket}/releases/*`]],
      ["s3:ListBucket", bucket],
      ["s3:PutObject", `${bucket}/status/*`],
      ["secretsmanager:GetSecretValue", "arn:aws:::llm-api-key"],
    ]);
    expect(all(resources, "RolePolicyAttachment").map(({ inputs }) => inputs.policyArn)).toEqual([
      "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    ]);
  });

  test("the generated key is a secret everywhere, and is drawn once", async () => {
    const { resources } = await recordCluster(small);
    const value = one(resources, "SecretVersion");
    expect(value.inputs.secretString).toBe("[secret]");
    expect(value.ignoreChanges).toEqual(["secretString"]);
  });

  test("the store is private, encrypted, TLS only, and goes with the cluster unless it is to be kept", async () => {
    const { resources } = await recordCluster(small);
    expect(one(resources, "Bucket")).toMatchObject({ retainOnDelete: false, inputs: { forceDestroy: true } });
    expect(one(resources, "BucketPublicAccessBlock").inputs).toMatchObject({
      blockPublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(String(one(resources, "BucketPolicy").inputs.policy)).toContain('"aws:SecureTransport":"false"');
    const kept = await recordCluster({ ...small, storage: { onDelete: "retain" } });
    for (const type of ["Bucket", "BucketPublicAccessBlock", "BucketPolicy"])
      expect(one(kept.resources, type).retainOnDelete).toBe(true);
    expect(one(kept.resources, "Bucket").inputs.forceDestroy).toBe(false);
  });

  test("what is brought along is used and not made", async () => {
    const { resources, cluster } = await recordCluster({
      ...small,
      storage: { bucket: "ours" },
      serving: {
        apiKeySecret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:key",
        amiId: "ami-0123456789abcdef1",
      },
    });
    expect(all(resources, "Bucket")).toHaveLength(0);
    expect(all(resources, "Secret")).toHaveLength(0);
    expect(await known(cluster.modelStore)).toBe("ours");
    const template = one(resources, "LaunchTemplate");
    expect(template.inputs.imageId).toBe("ami-0123456789abcdef1");
    expect(all(resources, "Parameter")).toHaveLength(0);
    // A brought bucket may be another cluster's too: releases and reports of each stand apart, weights are shared.
    const keys = all(resources, "BucketObjectv2").map(({ inputs }) => inputs.key);
    expect(keys).toEqual([
      "clusters/llm-cluster-test-llm/releases/1/release.sh",
      "clusters/llm-cluster-test-llm/releases/current",
    ]);
    expect(String(one(resources, "RolePolicy").inputs.policy)).toContain("ours/clusters/llm-cluster-test-llm/status/*");
    expect(String(one(resources, "RolePolicy").inputs.policy)).toContain("ours/models/*");
  });
});

describe("the launch template", () => {
  test.each([
    ["p5.48xlarge", "llama-3.1-405b", 33, 32, "us-east-1"],
    ["p5en.48xlarge", "llama-3.1-405b", 17, 16, "us-east-1"],
    ["p6-b300.48xlarge", "llama-3.1-405b", 17, 16, "us-west-2"],
    ["p5.4xlarge", "llama-3.1-8b", 2, 1, "us-east-1"],
  ])("of a %s has every interface, IMDSv2, and an encrypted gp3 root", async (machine, model, total, efa, region) => {
    const decision = { model, precision: "fp8", contextLength: 8192, machine, region, zone: `${region}a` };
    const { resources } = await recordCluster({ decision });
    const template = one(resources, "LaunchTemplate").inputs;
    const interfaces = template.networkInterfaces as Record<string, unknown>[];
    expect(interfaces).toHaveLength(total);
    expect(
      interfaces.filter(({ interfaceType }) => interfaceType === "efa" || interfaceType === "efa-only"),
    ).toHaveLength(efa);
    const firstCard = interfaces
      .filter(({ networkCardIndex }) => networkCardIndex === 0)
      .map(({ interfaceType }) => interfaceType);
    expect(firstCard).toEqual(machine === "p6-b300.48xlarge" ? ["interface"] : ["interface", "efa-only"]);
    for (const { securityGroups, subnetId } of interfaces) {
      expect(securityGroups).toEqual(["llm-nodes-id"]);
      expect(subnetId).toBe("llm-nodes-subnet-id");
    }
    expect(template).toMatchObject({
      instanceType: machine,
      imageId,
      metadataOptions: {
        httpTokens: "required",
        httpEndpoint: "enabled",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "enabled",
      },
    });
    expect(valueIn(template, "blockDeviceMappings", 0, "ebs")).toMatchObject({
      volumeType: "gp3",
      encrypted: "true",
      deleteOnTermination: "true",
    });
    // Beside interfaces EC2 takes no groups of its own, and a template's tags would make every tag change a replacement.
    expect(template).not.toHaveProperty("vpcSecurityGroupIds");
    expect(template).not.toHaveProperty("tagSpecifications");
  });

  test("of a capacity block names market and block, and has no placement group; on demand has the group and neither", async () => {
    const reserved = await recordCluster(block);
    for (const { inputs } of all(reserved.resources, "LaunchTemplate")) {
      expect(inputs.instanceMarketOptions).toEqual({ marketType: "capacity-block" });
      expect(inputs.capacityReservationSpecification).toEqual({
        capacityReservationTarget: { capacityReservationId: "cr-0123456789abcdef0" },
      });
    }
    expect(all(reserved.resources, "PlacementGroup")).toHaveLength(0);
    const { resources } = await recordCluster(big);
    for (const { inputs } of all(resources, "LaunchTemplate")) {
      expect(inputs).not.toHaveProperty("instanceMarketOptions");
      expect(inputs).not.toHaveProperty("capacityReservationSpecification");
    }
    const group = one(resources, "PlacementGroup");
    expect(group.inputs.strategy).toBe("cluster");
    for (const { propertyDependencies } of all(resources, "Instance"))
      expect(propertyDependencies?.placementGroup).toEqual([group.urn]);
  });

  test("asks P6, which forgets idle connections soon, to remember them; P5 does so by itself", async () => {
    const primary = async (machine: string, region: string) => {
      const decision = { model: "llama-3.1-8b", contextLength: 8192, machine, region, zone: `${region}a` };
      return valueIn(
        one((await recordCluster({ decision })).resources, "LaunchTemplate").inputs,
        "networkInterfaces",
        0,
        "connectionTrackingSpecification",
      );
    };
    expect(await primary("p6-b200.48xlarge", "us-west-2")).toEqual({ tcpEstablishedTimeout: 432_000 });
    expect(await primary("p5en.48xlarge", "us-east-1")).toBeUndefined();
  });

  test("takes no notice of newer images, and all nodes start from one", async () => {
    const { resources, cluster } = await recordCluster(big);
    const pinned = one(resources, "Parameter");
    expect(pinned).toMatchObject({
      ignoreChanges: ["insecureValue"],
      inputs: { insecureValue: imageId, type: "String" },
    });
    for (const { propertyDependencies } of all(resources, "LaunchTemplate"))
      expect(propertyDependencies?.imageId).toEqual([pinned.urn]);
    expect(await known(cluster.imageId)).toBe(imageId);
  });

  test("carries user data that no decision changes", async () => {
    const userData = async (args: AwsClusterArgs) =>
      textIn(all((await recordCluster(args)).resources, "LaunchTemplate")[0]?.inputs, "userData");
    const before = await userData(small);
    expect(Buffer.from(before ?? "", "base64").toString()).toMatch(/^#!\/usr\/bin\/env bash\n.*llm-models-0123456/s);
    const other = { ...small.decision, model: "qwen3-32b", precision: "fp8", contextLength: 4096 };
    expect(await userData({ decision: other, serving: { release: 9, image: "x/y:z" } })).toBe(before);
    expect(await userData(big)).toBe(before);
  });
});

describe("nodes", () => {
  test("have an index as tag and a fixed address each, which the release groups; only heads are behind the endpoint", async () => {
    const { resources } = await recordCluster(big);
    const nodes = all(resources, "Instance");
    expect(nodes.map(({ name, inputs }) => [name, valueIn(inputs, "tags", "llm-cluster-index")])).toEqual([
      ["llm-node-0", "0"],
      ["llm-node-1", "1"],
      ["llm-node-2", "2"],
    ]);
    const addresses = all(resources, "LaunchTemplate").map(({ inputs }) =>
      textIn(inputs, "networkInterfaces", 0, "privateIpAddress"),
    );
    expect(addresses).toEqual(["10.0.4.0", "10.0.4.1", "10.0.4.2"]);
    expect(one(resources, "SubnetCidrReservation").inputs).toMatchObject({
      reservationType: "explicit",
      cidrBlock: "10.0.4.0/22",
    });
    const release = textIn(one(resources, "BucketObjectv2", "llm-release").inputs, "content");
    expect(release).toContain("NODES_PER_REPLICA=3\nNODE_ADDRESSES=(10.0.4.0 10.0.4.1 10.0.4.2)");
    expect(all(resources, "TargetGroupAttachment").map(({ name }) => name)).toEqual(["llm-node-0-target"]);
    // The address, and scarce capacity, must be free before the next machine takes them.
    for (const { deleteBeforeReplace } of nodes) expect(deleteBeforeReplace).toBe(true);
  });

  test("of single-machine replicas are each behind the endpoint", async () => {
    const decision = { ...small.decision, overrides: { replicas: 3 } };
    const { resources, cluster } = await recordCluster({ decision });
    expect(all(resources, "TargetGroupAttachment")).toHaveLength(3);
    expect(all(resources, "PlacementGroup")).toHaveLength(1);
    expect(await known(cluster.nodeAddresses)).toHaveLength(3);
    expect(await known(cluster.endpoint)).toBe("http://llm-nlb.elb:8000/v1");
    expect(await known(cluster.accessCommand)).toBe("aws ssm start-session --region us-east-1 --target llm-node-0-id");
  });

  test("are grouped anew without being touched: only the release and the endpoint's targets change", async () => {
    const grouped = async (pipelineParallel: number, replicas: number) => {
      const decision = { ...big.decision, overrides: { pipelineParallel, replicas } };
      return (await recordCluster({ decision })).resources;
    };
    const [before, after] = [await grouped(1, 4), await grouped(2, 2)];
    const old = new Map(before.map((record) => [record.urn, JSON.stringify(record)]));
    const changed = after.filter((record) => old.get(record.urn) !== JSON.stringify(record)).map(({ name }) => name);
    expect(changed).toEqual(["llm", "llm-release", "llm-release-pointer"]);
    const gone = before.filter(({ urn }) => !after.some((record) => record.urn === urn)).map(({ name }) => name);
    expect(gone).toEqual(["llm-node-1-target", "llm-node-3-target"]);
  });

  test("take a release only when all of them are there", async () => {
    const { resources } = await recordCluster(big);
    const pointer = one(resources, "BucketObjectv2", "llm-release-pointer");
    for (const { urn } of all(resources, "Instance")) expect(pointer.dependencies).toContain(urn);
    expect(pointer.dependencies).toContain(one(resources, "BucketObjectv2", "llm-release").urn);
  });

  test("are not touched by a change of model: only the release, its pointer and the component's own inputs change", async () => {
    const before = (await recordCluster(small)).resources;
    const after = (
      await recordCluster({
        decision: { ...small.decision, model: "qwen3-32b", precision: "fp8", contextLength: 4096 },
      })
    ).resources;
    const changed = after.filter((record, index) => JSON.stringify(record) !== JSON.stringify(before[index]));
    expect(changed.map(({ name }) => name)).toEqual(["llm", "llm-release", "llm-release-pointer"]);
    expect(after.map(({ urn }) => urn)).toEqual(before.map(({ urn }) => urn));
  });

  test("nor by a change of tags, as far as their template goes", async () => {
    const template = async (tags: Record<string, string>) =>
      one((await recordCluster({ ...small, tags })).resources, "LaunchTemplate").inputs;
    const templates = await recordCluster(small);
    expect(one(templates.resources, "LaunchTemplate").ignoreChanges).toEqual(["tags", "tagsAll"]);
    const { tags: _, ...before } = await template({ team: "a" });
    const { tags: __, ...after } = await template({ team: "b" });
    expect(after).toEqual(before);
  });
});

describe("cost", () => {
  test.each([
    ["one machine", small],
    ["a gang", big],
    ["a capacity block", block],
    [
      "what is brought along",
      {
        ...small,
        storage: { bucket: "ours" },
        serving: { apiKeySecret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:key" },
      },
    ],
  ])("of %s: the outputs are the sum over the registered resources, to the cent", async (_, args) => {
    const { resources, cluster } = await recordCluster(args);
    const estimate = estimateCost(resources);
    expect(estimate.unsupported).toEqual([]);
    expect(await known(cluster.hourlyCostUsd)).toBe(toText(estimate.hourlyUsd, 4));
    expect(await known(cluster.monthlyCostUsd)).toBe(toText(estimate.monthlyUsd));
    expect(await known(cluster.oneOffCostUsd)).toBe(toText(estimate.oneOffUsd));
  });

  test("that is not known is `unknown`, never a sum without it", () => {
    const costs = (decision: AwsClusterArgs["decision"]) => {
      const { parsed } = parseAwsArgs("llm", { decision });
      if (!parsed) throw new Error("these arguments are valid");
      return costOf(planAwsCluster(parsed), parsed);
    };
    const unpriced = { ...gang, machine: "p5e.48xlarge", region: "us-east-2", zone: "us-east-2a" };
    expect(costs(unpriced)).toMatchObject({ hourlyCostUsd: "unknown", monthlyCostUsd: "unknown" });
    const { hours: _, ...noHours } = block.decision.capacity ?? {};
    expect(costs({ ...block.decision, capacity: noHours })).toMatchObject({
      oneOffCostUsd: "unknown",
      monthlyCostUsd: expect.stringMatching(/^\d/),
    });
  });

  test("facts that shape it are in the component's inputs, which a preview shows", async () => {
    const { inputs } = one((await recordCluster(big)).resources, "AwsCluster");
    expect(inputs.plan).toMatchObject({
      machine: "p5.48xlarge",
      nodes: 3,
      pipelineParallel: 3,
      machinesUsdPerHour: "165.1200",
      priceAsOf: "2026-07-20",
    });
    expect(numberIn(inputs, "decision", "concurrency")).toBe(32);
  });
});

describe("arguments", () => {
  const problemsOf = (args: unknown, name = "llm", region?: string) =>
    parseAwsArgs(name, args, region)
      .problems.map(({ path }) => path)
      .sort();

  test("are all checked before anything is registered, and every problem is said at once", async () => {
    const args = {
      decision: { model: "nope", contextLength: -1 },
      network: { vpcCidr: "10.0.0.0/8" },
      serving: { port: 80, imag: "x" },
      storag: {},
    };
    expect(problemsOf(args, "Name_")).toEqual([
      "decision.contextLength",
      "decision.model",
      "decision.region",
      "decision.zone",
      "name",
      "network.vpcCidr",
      "serving.imag",
      "serving.port",
      "storag",
    ]);
    await expect(recordCluster(args as unknown as AwsClusterArgs)).rejects.toThrow(/9 problems|8 problems/);
  });

  test.each([
    ["nothing", undefined, ["decision"]],
    ["a text", "llm", [""]],
    ["no decision", {}, ["decision"]],
    ["spot", { decision: { ...small.decision, capacity: { mode: "spot" } } }, ["decision.capacity.mode"]],
    ["tags that are no texts", { ...small, tags: { a: 1 } }, ["tags.a"]],
    ["a bucket that is an object", { ...small, storage: { bucket: {} } }, ["storage.bucket"]],
    [
      "an API key that is no secret's ARN",
      { ...small, serving: { apiKeySecret: "hunter2" } },
      ["serving.apiKeySecret"],
    ],
    ["an image that is no image's name", { ...small, serving: { image: "a b; rm" } }, ["serving.image"]],
    ["a tag that instance metadata cannot show", { ...small, tags: { "Cost Center": "x" } }, ["tags.Cost Center"]],
  ])("%s is refused", (_, args, paths) => {
    expect(problemsOf(args)).toEqual(expect.arrayContaining(paths));
  });

  test("a decision that no machine carries ends before anything is registered", async () => {
    const decision = { model: "llama-3.1-405b", precision: "bf16", machine: "p5.4xlarge", ...place };
    await expect(recordCluster({ decision })).rejects.toThrow(/does not fit 1 x p5.4xlarge[\s\S]*weights do not load/);
  });

  test("the stack's region stands in for the decision's, and must agree with it", () => {
    const { region: _, ...decision } = small.decision;
    expect(problemsOf({ decision }, "llm", "us-east-1")).toEqual([]);
    expect(
      problemsOf({ decision: { ...decision, region: "us-west-2", zone: "us-west-2a" } }, "llm", "us-east-1"),
    ).toEqual(["decision.region"]);
  });
});

test("any decision that fits lays out with a head for each replica, and an address for each node", () => {
  fc.assert(
    fc.property(someDecision, (decision) => {
      const { parsed } = parseAwsArgs("llm", { decision: { ...decision, region: "us-west-2", zone: "us-west-2a" } });
      if (!parsed) throw new Error("the decision is valid");
      let layout: ReturnType<typeof planAwsCluster>;
      try {
        layout = planAwsCluster(parsed);
      } catch (error) {
        expect(String(error)).toContain("does not fit");
        return;
      }
      const { nodes, plan } = layout;
      expect(nodes.map(({ index }) => index)).toEqual(Array.from({ length: plan.nodes }, (_, index) => index));
      expect(nodes.filter(({ isHead }) => isHead)).toHaveLength(plan.replicas);
      expect(new Set(nodes.map(({ privateIpAddress }) => privateIpAddress)).size).toBe(plan.nodes);
    }),
    { numRuns: 200 },
  );
});
