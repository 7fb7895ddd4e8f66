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
    node.put("recipe/tune.py", "print(1)");
    node.put("recipe/run.env", "WANDB_MODE=offline");
    // The stand-in for Docker says that the run ended with 3.
    const { code, output } = await node.train("tune.py", "--lr", "1e-5 # not a comment");
    expect([code, output]).toEqual([3, "loss 1.0\n"]);
    const [container = []] = node.containers();
    const text = container.join(" ");
    expect(text).toContain(
      "--entrypoint torchrun nvcr.io/nvidia/pytorch:25.10-py3 --nnodes 1 --node-rank 0 --nproc-per-node 8",
    );
    expect(text).toContain("--master-addr 127.0.0.1 --master-port 29500 tune.py --lr");
    expect(container.at(-1)).toBe("1e-5 # not a comment");
    expect(container).toEqual(
      expect.arrayContaining(["CHECKPOINT_STORE=s3://store/checkpoints/", "AWS_REGION=us-east-1", "--detach"]),
    );
    expect(container[container.indexOf("--env-file") + 1]).toMatch(/recipe\/run\.env$/);
    expect(container[container.indexOf("--workdir") + 1]).toBe("/recipe");
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

  test("says how the command is used, and starts nothing for nothing", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1 });
    await node.tick();
    expect(await node.train("--help")).toMatchObject({
      code: 0,
      output: expect.stringContaining("usage: llm-cluster-train"),
    });
    expect(await node.train()).toMatchObject({ code: 2, output: expect.stringContaining("usage: llm-cluster-train") });
    expect(await node.train("--logs")).toMatchObject({ code: 0, output: "loss 1.0\n" });
    expect(node.containers()).toEqual([]);
  });

  test("starts no second run beside one that is under way", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1 });
    await node.tick();
    node.trouble("run-under-way", true);
    expect(await node.train("tune.py")).toMatchObject({
      code: 1,
      output: expect.stringContaining("a run is under way"),
    });
    expect(node.containers()).toEqual([]);
  });

  test("a release that serves waits for a run to end, and is not condemned for it", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1 });
    await node.tick();
    node.trouble("run-under-way", true);
    pushWeights(node, singleNode);
    publish(node, singleNode, 2);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "training-running", failedRelease: null });
    expect(node.containers()).toEqual([]);
    node.trouble("run-under-way", false);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready", release: 2 });
    expect(node.has("usr/local/bin/llm-cluster-train")).toBe(false);
  });

  test("logs in for an image of the account's own registry, and for no other", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1 });
    await node.tick();
    expect(node.told("login")).toBe("");
    publishTraining(node, 2, { nodes: 1, image: "111122223333.dkr.ecr.us-west-2.amazonaws.com/team/train:1" });
    await node.tick();
    expect(node.told("login")).toContain("--password-stdin 111122223333.dkr.ecr.us-west-2.amazonaws.com");
    // The image of the release before goes; this one stays, whatever its age.
    expect(node.told("removed")).toBe("nvcr.io/nvidia/pytorch:25.10-py3\n");
    // Should somebody have removed it, a run brings it back.
    const pulls = node.told("pull").length;
    node.trouble("image-gone", true);
    await node.train("tune.py");
    expect(node.told("pull").length).toBeGreaterThan(pulls);
    expect(node.containers()).toHaveLength(1);
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
    expect(node.has("opt/llm-cluster/engine.secret")).toBe(false);
  });

  test("an image that cannot be pulled is waited for", async () => {
    await boot({ index: 0 });
    trainedWeights(node);
    publishTraining(node, 1, { nodes: 1, image: "missing-image" });
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "image-failed" });
  });
});
