import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { NodeHost } from "../support/nodeHost";
import { type Announced, startNodeServer } from "../support/nodeServer";

const iso = (secondsFromNow: number) => new Date(Date.now() + secondsFromNow * 1000).toISOString().replace(/\.\d+/, "");
const event = (secondsFromNow: number, more: Record<string, string> = {}) => ({
  NotBefore: new Date(Date.now() + secondsFromNow * 1000).toUTCString().slice(5),
  Code: "instance-stop",
  State: "active",
  Description: "The instance is running on degraded hardware",
  ...more,
});

describe("what is announced, and what follows from it", () => {
  const script = join(__dirname, "../../serving/node/notices.py");
  const hour = 3600;

  async function ask(announced: Announced, capacityEndsAt = "", bootedAt = "0"): Promise<[unknown, string]> {
    const node = new NodeHost({ index: 0 });
    node.announced = announced;
    const server = await startNodeServer(node, 8000);
    // Asynchronous, because the server that it asks is this process.
    const output = await new Promise<string>((resolve, reject) =>
      execFile(
        "python3",
        ["-B", script, `http://${node.address}:8000`, capacityEndsAt],
        { env: { ...process.env, LLM_CLUSTER_BOOTED_AT: bootedAt } },
        (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout)),
      ),
    );
    server.close();
    const [notice = "", end = ""] = output.split("\n");
    return [JSON.parse(notice), end];
  }

  const now = () => Date.now() / 1000;
  const endOf = (line: string) => Number(line.split(" ")[0]) - now();

  test.each<[string, Announced, string, unknown, number | undefined]>([
    ["nothing", {}, "", null, undefined],
    ["spot, two minutes", { "spot/instance-action": { action: "terminate", time: iso(120) } }, "", "spot", 100],
    ["an event in an hour", { "events/maintenance/scheduled": [event(hour)] }, "", "scheduled-event", undefined],
    ["an event in ten minutes", { "events/maintenance/scheduled": [event(600)] }, "", "scheduled-event", 580],
    ["a completed one", { "events/maintenance/scheduled": [event(600, { State: "completed" })] }, "", null, undefined],
    [
      "a cancelled one",
      { "events/maintenance/scheduled": [event(600, { Description: "[Canceled] x" })] },
      "",
      null,
      undefined,
    ],
    ["no events", { "events/maintenance/scheduled": [] }, "", null, undefined],
    ["a block that ends in two days", {}, iso(48 * hour), null, undefined],
    ["one that ends in 41 minutes", {}, iso(41 * 60), "capacity-end", undefined],
    ["one that ends in 39 minutes", {}, iso(39 * 60), "capacity-end", 8 * 60],
    [
      "the sooner end of two",
      { "spot/instance-action": { action: "stop", time: iso(120) } },
      iso(39 * 60),
      "spot",
      100,
    ],
    [
      "what is due before what is only recommended",
      { "events/recommendations/rebalance": { noticeTime: iso(0) }, "events/maintenance/scheduled": [event(hour)] },
      "",
      "scheduled-event",
      undefined,
    ],
  ])("%s", async (_, announced, capacityEndsAt, kind, end) => {
    const [notice, line] = await ask(announced, capacityEndsAt);
    expect((notice as { kind?: string } | null)?.kind ?? null).toBe(kind);
    if (end === undefined) expect(line).toBe("");
    else expect(Math.abs(endOf(line) - end)).toBeLessThan(10);
  });

  test("an event that the machine has been restarted for since is over, though it is still listed", async () => {
    const announced = { "events/maintenance/scheduled": [event(-60, { Code: "system-reboot" })] };
    expect((await ask(announced, "", String(now() - 3600)))[1]).not.toBe("");
    expect(await ask(announced, "", String(now() - 10))).toEqual([null, ""]);
  });

  test("one that cannot be read does not hide the others", async () => {
    const announced = {
      "spot/instance-action": { action: "terminate", time: iso(120) },
      "events/maintenance/scheduled": [{ NotBefore: "soon", State: "active" }],
    };
    const [notice, end] = await ask(announced, "next week");
    expect(notice).toMatchObject({ kind: "spot" });
    expect(end).not.toBe("");
  });

  test("when the metadata service does not answer, nothing is said at all", () => {
    const node = new NodeHost({ index: 0 });
    expect(() =>
      execFileSync("python3", ["-B", script, `http://${node.address}:8000`, ""], { stdio: "pipe" }),
    ).toThrow();
  });
});
