import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { defaultDcgmImage } from "../../serving/metrics";
import { publish, pushWeights } from "../support/deployer";
import { eventually } from "../support/nodeGroups";
import { type Identity, NodeHost } from "../support/nodeHost";
import { singleNode } from "../support/plans";
import { publishTraining, trainedWeights } from "../support/trainingDeployer";

let node: NodeHost;

async function boot(identity: Partial<Identity> = {}): Promise<void> {
  node = new NodeHost({ index: 0, ...identity });
  await node.boot();
  pushWeights(node, singleNode);
}

afterEach(() => node.close());

const engine = () => node.containers("llm-cluster-engine").at(-1) ?? [];

describe("an engine's output", () => {
  test("goes to a stream of the node and its unit, and never makes the engine wait", async () => {
    await boot();
    publish(node, singleNode, 1, { surroundings: { logGroup: "llm-logs" } });
    await node.tick();
    const stream = "engine/replica-0/rank-0/i-0123456789abcdef0";
    expect(node.text("streams.log")).toBe(`llm-logs ${stream}\n`);
    expect(engine()).toEqual(
      expect.arrayContaining([
        "awslogs",
        "mode=non-blocking",
        "awslogs-group=llm-logs",
        "awslogs-region=us-east-1",
        `awslogs-stream=${stream}`,
      ]),
    );
    // The stream is there when the engine starts again.
    publish(node, { ...singleNode, contextLength: 4096 }, 2, { surroundings: { logGroup: "llm-logs" } });
    await node.tick();
    expect(engine()).toContain("awslogs");
    expect(node.status()).toMatchObject({ stage: "ready", reason: "" });
  });

  test("stays on the node when CloudWatch cannot be reached, and the status says so", async () => {
    await boot();
    node.trouble("no-logs", true);
    publish(node, singleNode, 1, { surroundings: { logGroup: "llm-logs" } });
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready", reason: "logs stay on the node: no stream in llm-logs" });
    expect(engine().join(" ")).toContain("--log-driver local");
    expect(engine()).not.toContain("awslogs");
  });

  test("stays on the node, in files that rotate, when no group is named", async () => {
    await boot();
    publish(node, singleNode, 1);
    await node.tick();
    expect(engine().join(" ")).toContain("--log-driver local");
    expect(node.status()).toMatchObject({ stage: "ready", reason: "" });
  });
});

describe("metrics", () => {
  const settings = { LLM_CLUSTER_SAMPLE_SECONDS: "0.1", LLM_CLUSTER_SAMPLES: "2" };
  const exporters = () => node.containers("llm-cluster-dcgm");

  test("the exporter runs once on the node's own address, and the mean of the GPUs is sent", async () => {
    await boot({ helpers: ["metrics"], settings });
    publish(node, singleNode, 1, { surroundings: { metricCluster: "proj-stack-llm" } });
    await node.tick();
    await eventually("three reports", () => node.text("cloudwatch.log").split("\n").length > 3);
    expect(node.text("cloudwatch.log").split("\n")[0]).toBe(
      "LlmCluster GpuUtilization Percent Cluster=proj-stack-llm 50.0",
    );
    expect(exporters()).toHaveLength(1);
    expect(exporters()[0]).toEqual(
      expect.arrayContaining(["SYS_ADMIN", `DCGM_EXPORTER_LISTEN=${node.address}:9400`, defaultDcgmImage]),
    );
  });

  test("an exporter that cannot be pulled stops nothing, and is tried again", async () => {
    await boot({ helpers: ["metrics"], settings });
    publish(node, singleNode, 1, { surroundings: { dcgmImage: "registry/missing-image:1", metricCluster: "c" } });
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    await eventually("it is tried again", () => (node.told("pull").match(/missing-image/g) ?? []).length > 1);
    expect(node.text("cloudwatch.log")).not.toBe("");
    expect(exporters()).toHaveLength(0);
  });

  test("nothing is sent and nothing exported where nobody asked for it", async () => {
    await boot({ helpers: ["metrics"], settings });
    publish(node, singleNode, 1, { surroundings: { dcgmImage: "" } });
    await node.tick();
    await eventually("two minutes are over", () => node.text("looks.log").length > 4);
    expect(node.text("cloudwatch.log")).toBe("");
    expect(exporters()).toHaveLength(0);
  });
});

describe("images", () => {
  const account = "111122223333.dkr.ecr.us-west-2.amazonaws.com/team/engine:1";

  test("of an account's own registry are logged in for, whichever region it is of", async () => {
    await boot();
    publish(node, singleNode, 1, { image: account });
    await node.tick();
    expect(node.told("login")).toContain("111122223333.dkr.ecr.us-west-2.amazonaws.com");
    expect(node.status()).toMatchObject({ stage: "ready" });
  });

  test("of anybody else's are not", async () => {
    await boot();
    publish(node, singleNode, 1, { image: "111122223333.dkr.ecr.us-west-2.amazonaws.com.evil.example/x:1" });
    await node.tick();
    expect(node.told("login")).toBe("");
  });

  test("that are on the node already do not need their registry", async () => {
    await boot();
    publish(node, singleNode, 1);
    await node.tick();
    node.reboot();
    node.trouble("registry-is-away", true);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    expect(node.containers()).toHaveLength(2);
  });
});

test("a report says who and when: replica, rank, since when its stage holds, and when it was sent", async () => {
  await boot({ index: 0, helpers: ["watch"], settings: { LLM_CLUSTER_RENEW_SECONDS: "1" } });
  publish(node, singleNode, 1);
  await node.tick();
  const first = node.status();
  expect(first).toMatchObject({ stage: "ready", replica: 0, rank: 0, notice: null });
  await eventually("it is sent again", () => node.status().updated !== first.updated);
  expect(node.status()).toMatchObject({ stage: "ready", since: first.since });
  expect(Date.parse(String(node.status().updated))).toBeGreaterThan(Date.parse(String(first.since)));
});

test("a training node has the file system, its logs' stream and the metrics, too", async () => {
  await boot();
  trainedWeights(node);
  const lustre = { dnsName: "fs-0123.fsx.us-east-1.amazonaws.com", mountName: "abcdefgh" };
  publishTraining(node, 1, { nodes: 1, surroundings: { logGroup: "llm-logs" } });
  await node.tick();
  await node.train("tune.py");
  expect(node.text("streams.log")).toContain("training/replica-0/rank-0/");
  expect(node.systemctlCalls()).toMatch(/^restart llm-cluster-metrics.service$/m);
  publishTraining(node, 2, { nodes: 1, surroundings: { lustre } });
  await node.tick();
  await node.train("tune.py");
  expect(node.containers("llm-cluster-training").map((run) => run.includes(`${join(node.root, "fsx")}:/fsx`))).toEqual([
    false,
    true,
  ]);
});

test("the readiness server is nobody's, and what it can read holds no secret", async () => {
  await boot();
  publish(node, singleNode, 1);
  await node.tick();
  const state = join(node.root, "run/state");
  for (const name of readdirSync(state)) {
    expect(statSync(join(state, name)).mode & 0o777).toBe(0o644);
    expect(node.text(`run/state/${name}`)).not.toContain("the-key");
  }
  expect(node.text("etc/systemd/system/llm-cluster-ready.service")).toContain("\nDynamicUser=yes\n");
  expect(node.modeOf("opt/llm-cluster/engine.secret")).toBe(0o600);
  expect(node.modeOf("opt/llm-cluster/engine.secret.next")).toBe(0o600);
});
