import { small } from "../support/clusters";
import { all, one, recordCluster } from "../support/graph";

test("the eight rules are these, and no others", async () => {
  const { resources } = await recordCluster({ ...small, network: { vpcCidr: "10.32.0.0/16" } });
  const groupOf = (urns: readonly string[] | undefined) => urns?.[0]?.split("::").at(-1);
  const rules = [...all(resources, "SecurityGroupIngressRule"), ...all(resources, "SecurityGroupEgressRule")].map(
    ({ type, inputs, propertyDependencies }) => {
      const direction = type.endsWith("IngressRule") ? "into" : "out of";
      const other = groupOf(propertyDependencies?.referencedSecurityGroupId) ?? inputs.cidrIpv4;
      const ports =
        inputs.fromPort === undefined ? "everything" : `${inputs.ipProtocol} ${inputs.fromPort}-${inputs.toPort}`;
      return `${direction} ${groupOf(propertyDependencies?.securityGroupId)}: ${ports} with ${other}`;
    },
  );
  expect(rules.sort()).toEqual([
    "into llm-endpoint: tcp 8000-8000 with 10.32.0.0/16",
    "into llm-nodes: everything with llm-nodes",
    "into llm-nodes: tcp 8000-8000 with llm-endpoint",
    "into llm-nodes: tcp 8090-8090 with llm-endpoint",
    "out of llm-endpoint: tcp 8000-8000 with llm-nodes",
    "out of llm-endpoint: tcp 8090-8090 with llm-nodes",
    "out of llm-nodes: everything with llm-nodes",
    "out of llm-nodes: tcp 443-443 with 0.0.0.0/0",
  ]);
  expect(groupOf(one(resources, "LoadBalancer").propertyDependencies?.securityGroups)).toBe("llm-endpoint");
});

test("the store refuses the public and whatever is not TLS", async () => {
  const { resources } = await recordCluster(small);
  expect(JSON.parse(String(one(resources, "BucketPolicy").inputs.policy))).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: ["arn:aws:::llm-models", "arn:aws:::llm-models/*"],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
  const { region, bucket, ...flags } = one(resources, "BucketPublicAccessBlock").inputs;
  expect(flags).toEqual({
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  expect(one(resources, "BucketServerSideEncryptionConfiguration").inputs.rules).toEqual([
    { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } },
  ]);
});

test("listing is for models only, and only EC2 may take the role", async () => {
  const { resources } = await recordCluster(small);
  const { Statement } = JSON.parse(String(one(resources, "RolePolicy", "llm-node-policy").inputs.policy)) as {
    Statement: Record<string, unknown>[];
  };
  expect(Statement.find(({ Sid }) => Sid === "ListModels")?.Condition).toEqual({
    StringLike: { "s3:prefix": ["models/*"] },
  });
  expect(Statement.every(({ Effect }) => Effect === "Allow")).toBe(true);
  const trust = JSON.parse(String(one(resources, "Role", "llm-node-role").inputs.assumeRolePolicy));
  expect(trust.Statement).toEqual([
    { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
  ]);
});

test("machines start with their profile, when their ways out are there, and clean up after themselves", async () => {
  const { resources } = await recordCluster(small);
  const template = one(resources, "LaunchTemplate");
  expect(template.propertyDependencies?.iamInstanceProfile).toEqual([one(resources, "InstanceProfile").urn]);
  for (const nic of template.inputs.networkInterfaces as { deleteOnTermination: string }[])
    expect(nic.deleteOnTermination).toBe("true");
  const instance = one(resources, "Instance");
  const needed = [
    "llm-nodes-default-route",
    "llm-nodes-routes-association-1a",
    "llm-s3-endpoint",
    "llm-fixed-addresses-1a",
  ];
  const names = instance.dependencies.map((urn) => urn.split("::").at(-1));
  expect(names).toEqual(expect.arrayContaining(needed));
  expect(instance.inputs.launchTemplate).toEqual({ id: "llm-node-0-template-id", version: "1" });
  expect(instance.inputs.volumeTags).toEqual(instance.inputs.tags);
  const nat = one(resources, "NatGateway");
  expect(nat.dependencies.map((urn) => urn.split("::").at(-1))).toEqual(
    expect.arrayContaining(["llm-public-default-route", "llm-public-routes-association-1a"]),
  );
  expect(nat.deleteBeforeReplace).toBe(true);
});

test("the endpoint asks whether a head is ready, lets streams pause and requests end, and its key needs no recovery window", async () => {
  const { resources } = await recordCluster(small);
  expect(one(resources, "TargetGroup").inputs).toMatchObject({
    deregistrationDelay: 120,
    healthCheck: { path: "/ready", port: "8090", protocol: "HTTP", matcher: "200" },
    // A head that drains keeps the streams that it has.
    targetHealthStates: [{ enableUnhealthyConnectionTermination: false, unhealthyDrainingInterval: 3600 }],
  });
  expect(one(resources, "Listener").inputs.tcpIdleTimeoutSeconds).toBe(3600);
  expect(one(resources, "LoadBalancer").deleteBeforeReplace).toBe(true);
  expect(one(resources, "Secret").inputs.recoveryWindowInDays).toBe(0);
});

test("a user's tags hide neither a resource's name of cluster nor a node's index", async () => {
  const { resources } = await recordCluster({ ...small, tags: { "llm-cluster": "mine", "llm-cluster-index": "7" } });
  expect(one(resources, "Vpc").inputs.tags).toMatchObject({ "llm-cluster": "llm" });
  expect(one(resources, "Instance").inputs.tags).toMatchObject({ "llm-cluster": "llm", "llm-cluster-index": "0" });
});
