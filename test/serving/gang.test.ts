import { publish, pushWeights } from "../support/deployer";
import { type Identity, NodeHost } from "../support/nodeHost";
import { gang } from "../support/plans";

let node: NodeHost;

async function boot(identity: Identity): Promise<void> {
  node = new NodeHost(identity);
  await node.boot();
}

afterEach(() => node.close());

describe("a replica over several machines", () => {
  test.each([
    [3, 0, false],
    [5, 2, true],
  ])("node %d is rank %d, and knows its head and its fabric", async (index, rank, headless) => {
    await boot({ index, nodesPerReplica: 3 });
    pushWeights(node, gang);
    publish(node, gang, 1);
    await node.tick();
    expect(node.status()).toMatchObject({ stage: "ready" });
    const [container = []] = node.containers();
    const text = container.join(" ");
    expect(text).toContain(`--nnodes 3 --node-rank ${rank} --master-addr 127.0.0.1 --master-port 29501`);
    expect(container.includes("--headless")).toBe(headless);
    expect(container).toEqual(
      expect.arrayContaining(["/dev/infiniband", "NCCL_NET=AWS Libfabric", "GLOO_SOCKET_IFNAME=ens32"]),
    );
  });

  test("a follower is not ready while its head still serves the release before", async () => {
    await boot({ index: 1, nodesPerReplica: 3 });
    pushWeights(node, gang);
    publish(node, gang, 1);
    await node.tick();
    node.headServes = ["llama-3.1-405b", "llama-3.1-405b@0123456789ab"];
    publish(node, { ...gang, contextLength: 65_536 }, 2);
    const { output } = await node.tick();
    expect(output).toContain("the engine was not ready");
    expect(node.status()).not.toMatchObject({ stage: "ready", release: 2 });
  });
});
