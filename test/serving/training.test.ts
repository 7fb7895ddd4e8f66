import { publish, pushWeights } from "../support/deployer";
import { type Identity, NodeHost } from "../support/nodeHost";
import { singleNode } from "../support/plans";
import { publishTraining, trainedWeights } from "../support/trainingDeployer";

let node: NodeHost;

async function boot(identity: Identity): Promise<void> {
  node = new NodeHost(identity);
  await node.boot();
}

afterEach(() => node.close());

describe("a node of a cluster that trains", () => {
  test("brings weights and image, puts the command in place, and starts nothing", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1 });
    const { code, output } = await node.tick();
    expect(`${code} ${output}`).toContain("llm-cluster: ready");
    expect(node.status()).toMatchObject({ stage: "ready", release: 1 });
    expect(node.containers()).toEqual([]);
    expect((await node.tick()).output).not.toContain("preparing");
  });

  test("waits for weights that nobody has pushed, and is ready once they are there", async () => {
    await boot({ index: 0 });
    publishTraining(node, 1, { nodes: 1 });
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "weights-missing" });
    trainedWeights(node);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
  });

  test("alone runs torchrun on its GPUs, with the weights to read and a place for checkpoints", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1 });
    await node.tick();
    expect(await node.train("tune.py", "--lr", "1e-5 # not a comment")).toMatchObject({ code: 0 });
    const [container = []] = node.containers();
    const text = container.join(" ");
    expect(text).toContain(
      "--entrypoint torchrun nvcr.io/nvidia/pytorch:25.10-py3 --nnodes 1 --node-rank 0 --nproc-per-node 8",
    );
    expect(text).toContain("--master-addr 127.0.0.1 --master-port 29500 tune.py --lr");
    expect(container.at(-1)).toBe("1e-5 # not a comment");
    expect(container).toEqual(
      expect.arrayContaining(["CHECKPOINT_STORE=s3://store/checkpoints", "AWS_REGION=us-east-1"]),
    );
    expect(container.some((word) => word.endsWith("models/llama-3.1-8b/bf16:/model:ro"))).toBe(true);
    expect(container).not.toContain("/dev/infiniband");
  });

  test("among several knows its rank, where the first is, and its fabric", async () => {
    await boot({ index: 2, nodesPerReplica: 3 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 3 });
    await node.tick();
    await node.train("tune.py");
    const [container = []] = node.containers();
    expect(container.join(" ")).toContain("--nnodes 3 --node-rank 2 --nproc-per-node 8 --master-addr 127.0.0.1");
    expect(container).toEqual(
      expect.arrayContaining(["/dev/infiniband", "NCCL_NET=AWS Libfabric", "GLOO_SOCKET_IFNAME=ens32"]),
    );
  });

  test("says how the command is used", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1 });
    await node.tick();
    for (const words of [[], ["--help"]]) {
      const { code, output } = await node.train(...words);
      expect([code, output]).toEqual([0, expect.stringContaining("usage: llm-cluster-train SCRIPT")]);
    }
    expect(node.containers()).toEqual([]);
  });

  test("that served before stops its engine, whose GPUs are needed", async () => {
    await boot({ index: 0 });
    pushWeights(node, singleNode);
    publish(node, singleNode, 1);
    await node.tick();
    trainedWeights(node);
    publishTraining(node, 2, { nodes: 1 });
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready", release: 2 });
    expect(node.systemctlCalls()).toContain("stop llm-cluster-engine.service");
  });

  test("an image that cannot be pulled is waited for", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1, image: "missing-image" });
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "image-failed" });
  });
});
