import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { publish, pushWeights } from "../support/deployer";
import { eventually } from "../support/nodeGroups";
import { NodeHost } from "../support/nodeHost";
import { singleNode } from "../support/plans";

let node: NodeHost;

beforeEach(async () => {
  node = new NodeHost({ index: 0, helpers: ["ready"] });
  await node.boot();
  pushWeights(node, singleNode);
  publish(node, singleNode, 1);
});
afterEach(() => node.close());

const ready = async () => (await node.ask("/ready")).status;

test("a node is ready when its release is, and not while the engine does not answer", async () => {
  node.engineWorks = () => false;
  await node.tick();
  expect(await ready()).toBe(503);
  node.engineWorks = () => true;
  await node.tick();
  await eventually("ready", async () => (await ready()) === 200);
  node.engineWorks = () => false;
  await eventually("not ready", async () => (await ready()) === 503);
  expect((await node.ask("/ready")).text).toContain("health check does not answer");
  node.engineWorks = () => true;
  await eventually("ready again", async () => (await ready()) === 200);
});

test("readiness is withdrawn while the engine is exchanged", async () => {
  await node.tick();
  await eventually("ready", async () => (await ready()) === 200);
  const seen: number[] = [];
  node.engineWorks = () => {
    void ready().then((status) => seen.push(status));
    return seen.length > 2;
  };
  publish(node, { ...singleNode, contextLength: 4096 }, 2, { readyTimeoutSeconds: 20 });
  await node.tick();
  expect(seen.length).toBeGreaterThan(2);
  expect(seen).not.toContain(200);
});

test("requests that are under way are waited for before the engine is exchanged, for a while", async () => {
  await node.tick();
  node.requestsUnderWay = 1;
  publish(node, { ...singleNode, contextLength: 4096 }, 2);
  const done = node.tick();
  await eventually("it lets go", async () => (await node.ask("/incarnation")).text.includes("phase switching"));
  expect(node.has("engine-runs")).toBe(true);
  node.requestsUnderWay = 0;
  await done;
  expect(node.status()).toMatchObject({ stage: "ready", release: 2 });
});

test("it serves two paths, to read only, and tells no secret", async () => {
  await node.tick();
  for (const path of ["/", "/engine.secret", "/../engine.secret", "/state/phase", "/ready/"]) {
    expect((await node.ask(path)).status).toBe(404);
  }
  const { status, text } = await node.ask("/incarnation");
  expect(status).toBe(200);
  expect(text).toMatch(/^incarnation [0-9a-f-]{36}$/m);
  expect(text).toMatch(/^phase running$/m);
  expect(text).not.toContain("the-key");
  const post = await fetch(`http://${node.address}:8090/ready`, { method: "POST", body: "x" });
  expect(post.status).toBe(501);
});

test("callers that say nothing, or slowly, or in hundreds, do not keep others from an answer", async () => {
  await node.tick();
  await eventually("ready", async () => (await ready()) === 200);
  const silent: Socket[] = [];
  for (let count = 0; count < 400; count += 1) {
    const socket = connect(8090, node.address);
    socket.on("error", () => {});
    socket.write("GET /rea");
    silent.push(socket);
  }
  await eventually("an answer beside them", async () => (await ready()) === 200, 10);
  await eventually(
    "the silent ones are let go",
    () => silent.every((socket) => socket.destroyed || socket.readableEnded),
    15,
  );
  for (const socket of silent) socket.destroy();
});

test("an address that is not the node's own is not listened on", async () => {
  await node.tick();
  const code = await new Promise<number | null>((resolve) =>
    spawn("curl", ["--silent", "--max-time", "2", "http://127.0.0.1:8090/ready"]).on("close", resolve),
  );
  expect(code).toBe(7);
});
