import { costOf } from "../../components/aws/cost";
import { planAwsCluster } from "../../components/aws/plan/layout";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";
import { estimateCost } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import type { TrainingPlan } from "../../sizing/training/plan";
import { place, tuning } from "../support/clusters";
import { all, known, one, recordCluster } from "../support/graph";

describe("a cluster that trains", () => {
  test("has the plan's machines, with every interface, and no endpoint and no key", async () => {
    const { resources, cluster } = await recordCluster(tuning);
    const plan = (await known(cluster.plan)) as TrainingPlan;
    expect(plan).toMatchObject({ verdict: "fits", nodes: 2, tensorParallel: 8, pipelineParallel: 2 });
    expect(all(resources, "Instance")).toHaveLength(2);
    const [template] = all(resources, "LaunchTemplate");
    expect(template?.inputs).toMatchObject({ instanceType: "p5.48xlarge" });
    const interfaces = template?.inputs.networkInterfaces as { interfaceType: string }[];
    expect(interfaces.filter(({ interfaceType }) => interfaceType === "efa-only")).toHaveLength(32);
    for (const type of ["LoadBalancer", "TargetGroup", "Listener", "Secret", "SecretVersion"])
      expect(all(resources, type)).toEqual([]);
    expect(all(resources, "SecurityGroup").map(({ name }) => name)).toEqual(["llm-nodes"]);
    expect([await known(cluster.endpoint), await known(cluster.apiKeySecret)]).toEqual(["", ""]);
    expect(await known(cluster.accessCommand)).toContain("aws ssm start-session");
  });

  test("its release knows every node's address, the weights to start from, and the image", async () => {
    const { resources } = await recordCluster(tuning);
    const release = String(one(resources, "BucketObjectv2", "llm-release").inputs.content);
    expect(release).toContain("WEIGHTS_PREFIX=models/llama-3.1-405b/bf16");
    expect(release).toContain("TRAINING_IMAGE=nvcr.io/nvidia/pytorch:25.10-py3");
    expect(release).toContain("GPUS_PER_NODE=8");
    expect(release).toMatch(/NODES_PER_REPLICA=2\n/);
    const addresses = all(resources, "LaunchTemplate").map(({ inputs }) => {
      return (inputs.networkInterfaces as { privateIpAddress?: string }[])[0]?.privateIpAddress;
    });
    for (const address of addresses) expect(release).toContain(String(address));
    expect(release).not.toContain("vllm");
  });

  test("its nodes may write checkpoints and status, and nothing else", async () => {
    const { resources } = await recordCluster(tuning);
    const policy = JSON.parse(String(one(resources, "RolePolicy", "llm-node-policy").inputs.policy)) as {
      Statement: { Action: string | string[]; Resource: unknown; Condition?: unknown }[];
    };
    const writing = policy.Statement.filter(({ Action }) => JSON.stringify(Action).match(/:(Put|Delete(?!Message))/));
    expect(writing.map(({ Resource }) => Resource)).toEqual([
      "arn:aws:::llm-models/status/*",
      "arn:aws:::llm-models/checkpoints/*",
      "arn:aws:::llm-logs:log-stream:*",
      // Metrics have no resource; their namespace holds the node to its own.
      "*",
    ]);
    expect(JSON.stringify(policy)).not.toContain("secretsmanager");
    expect(JSON.stringify(policy)).not.toContain("ecr:");
    const [listing] = policy.Statement.filter(({ Action }) => Action === "s3:ListBucket");
    expect(listing?.Condition).toEqual({ StringLike: { "s3:prefix": ["models/*", "checkpoints/*", "recipe/*"] } });
  });

  test("may pull an image of the account's own registry, that one repository", async () => {
    const image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/train@sha256:0123";
    const { resources } = await recordCluster({ ...tuning, training: { image } });
    expect(String(one(resources, "RolePolicy", "llm-node-policy").inputs.policy)).toContain(
      '"arn:aws:ecr:us-east-1:111122223333:repository/team/train"',
    );
  });

  test("leaves its store when it goes, unless that is asked for, and says what checkpoints cost", async () => {
    const { resources } = await recordCluster(tuning);
    expect(one(resources, "Bucket")).toMatchObject({ retainOnDelete: true, inputs: { forceDestroy: false } });
    const gone = await recordCluster({ ...tuning, storage: { onDelete: "delete" } });
    expect(one(gone.resources, "Bucket")).toMatchObject({ retainOnDelete: false });
    const lines = estimateCost(resources).lines.filter(({ component }) => component.startsWith("checkpoints"));
    expect(lines).toMatchObject([{ state: "usage", component: "checkpoints, 8.7 GB each" }]);
  });

  test("costs what its resources do, to the cent", async () => {
    const { resources, cluster } = await recordCluster(tuning);
    const estimate = estimateCost(resources);
    expect(estimate.unsupported).toEqual([]);
    expect(await known(cluster.hourlyCostUsd)).toBe(toText(estimate.hourlyUsd, 4));
    expect(await known(cluster.monthlyCostUsd)).toBe(toText(estimate.monthlyUsd));
  });

  test("in a capacity block costs a block as long as the run, upfront", () => {
    const capacity = { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0" } as const;
    const decision = { ...tuning.decision, capacity, training: { tokens: 1e9 } };
    const { parsed } = parseAwsArgs("llm", { ...tuning, decision });
    if (!parsed) throw new Error("these arguments are valid");
    const layout = planAwsCluster(parsed);
    const { run } = (layout.plan as TrainingPlan).training;
    const block = run.costs.find(({ capacityMode }) => capacityMode === "capacityBlock");
    expect(block?.paidHours).toBeGreaterThanOrEqual(run.hours);
    expect(costOf(layout, parsed).oneOffCostUsd).toBe(block?.usd);
  });

  test("shows in its inputs what a preview's diff should name", async () => {
    const { inputs } = one((await recordCluster(tuning)).resources, "AwsCluster");
    expect(inputs.plan).toMatchObject({
      ...{ workload: "lora", sharding: "megatron", nodes: 2, sequenceLength: 4096, weightsGB: 811.7 },
      tokensPerSecond: expect.any(Number),
    });
  });

  test.each([
    ["serving beside it", { serving: { port: 9000 } }, "serving", "use training"],
    ["no image", { training: {} }, "training.image", "container image"],
    ["an image that is none", { training: { image: "not an image" } }, "training.image", "container image"],
    ["training beside serving", { decision: { ...place, model: "llama-3.1-8b" } }, "training", "decision.workload"],
  ])("refuses %s", (_, changes, path, fix) => {
    const { problems } = parseAwsArgs("llm", { ...tuning, ...changes });
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(`${problems[0]?.message} ${problems[0]?.fix}`).toContain(fix);
  });

  test("that does not fit says what would", () => {
    const decision = { ...tuning.decision, overrides: { nodes: 1 } };
    const { parsed } = parseAwsArgs("llm", { ...tuning, decision });
    if (!parsed) throw new Error("these arguments are valid");
    expect(() => planAwsCluster(parsed)).toThrow(/does not fit 1 x p5.48xlarge[\s\S]*it would fit with/);
  });
});
