import { big, block, small } from "../support/clusters";
import { all, known, one, recordCluster } from "../support/graph";

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
    const policy = JSON.parse(String(one(resources, "RolePolicy", "llm-node-policy").inputs.policy)) as {
      Statement: Record<string, unknown>[];
    };
    const bucket = "arn:aws:::llm-models";
    expect(policy.Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      ["s3:GetObject", [`${bucket}/models/*`, `${bucket}/releases/*`]],
      ["s3:ListBucket", bucket],
      ["s3:PutObject", `${bucket}/status/*`],
      ["secretsmanager:GetSecretValue", "arn:aws:::llm-api-key"],
      [["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:::llm-logs:log-stream:*"],
      ["cloudwatch:PutMetricData", "*"],
      [
        expect.arrayContaining([
          "ssm:UpdateInstanceInformation",
          "ssmmessages:OpenDataChannel",
          "ec2messages:GetMessages",
        ]),
        "*",
      ],
    ]);
    expect(policy.Statement.at(-2)?.Condition).toEqual({ StringEquals: { "cloudwatch:namespace": "LlmCluster" } });
    // Reached for a shell, it reads no parameter of the account.
    expect(JSON.stringify(policy)).not.toContain("ssm:Get");
    expect(all(resources, "RolePolicyAttachment")).toEqual([]);
  });

  test("the generated key is a secret everywhere, and is drawn once", async () => {
    const { resources } = await recordCluster(small);
    const value = one(resources, "SecretVersion");
    expect(value.inputs.secretString).toBe("[secret]");
    expect(value.ignoreChanges).toEqual(["secretString", "versionStages"]);
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
    expect(String(one(resources, "RolePolicy", "llm-node-policy").inputs.policy)).toContain(
      "ours/clusters/llm-cluster-test-llm/status/*",
    );
    expect(String(one(resources, "RolePolicy", "llm-node-policy").inputs.policy)).toContain("ours/models/*");
  });
});
