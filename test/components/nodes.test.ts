import type { AwsClusterArgs } from "../../components/aws/args";
import { textIn, valueIn } from "../../pricing/records";
import { big, block, small } from "../support/clusters";
import { all, imageId, known, one, recordCluster } from "../support/graph";

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
      expect(subnetId).toBe(`llm-nodes-subnet-${region.at(-1)}a-id`);
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
    expect(await known(cluster.endpoint)).toBe("http://llm-nlb-1a.elb:8000/v1");
    expect(await known(cluster.accessCommand)).toBe("aws ssm start-session --region us-east-1 --target llm-node-0-id");
  });

  test("are grouped anew without being touched: only the release and the endpoint's targets change", async () => {
    const grouped = async (pipelineParallel: number, replicas: number) => {
      const decision = { ...big.decision, overrides: { pipelineParallel, replicas } };
      return (await recordCluster({ decision })).resources;
    };
    const [before, after] = [await grouped(1, 4), await grouped(2, 2)];
    const old = new Map(before.map(({ urn, inputs }) => [urn, JSON.stringify(inputs)]));
    const changed = after
      .filter(({ urn, inputs }) => old.has(urn) && old.get(urn) !== JSON.stringify(inputs))
      .map(({ name }) => name);
    expect(changed).toEqual(["llm", "llm-release", "llm-release-pointer"]);
    const gone = before.filter(({ urn }) => !after.some((record) => record.urn === urn)).map(({ name }) => name);
    expect(gone).toEqual(["llm-node-1-target", "llm-node-3-target"]);
    // A gang starts all or none; the reservation for that lies around the machines, and touches none.
    const made = after.filter(({ urn }) => !old.has(urn)).map(({ name }) => name);
    expect(made).toEqual(["llm-capacity-1a"]);
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
