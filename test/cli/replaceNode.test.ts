import { file, gangFile, ReplaceRun, readyReport } from "./replaceSupport";

const its = new ReplaceRun();

describe("--node", () => {
  test("names the machine, its template and its place at the load balancer, and nothing else", async () => {
    await its.run({ node: ["1"], yes: true });
    const targets = ["target llm-node-1-template", "target llm-node-1", "target llm-node-1-target"];
    expect(its.pulumi.named("up")).toEqual([[...targets, "replace llm-node-1"]]);
    expect(its.pulumi.named("refresh")).toEqual([targets.slice(1)]);
    expect(its.pulumi.runs.flat()).not.toContain("--target-dependents");
    expect(its.printed.join("\n")).toBe("replica 1: node-1 i-1 -> i-new-1, ready");
    expect(process.exitCode).toBeUndefined();
  });

  test("works on the given stack and file, and shows no question to Pulumi", async () => {
    await its.run({ node: ["1"], yes: true });
    for (const command of ["refresh", "preview", "up"]) {
      const args = its.pulumi.runs.find(([first]) => first === command) ?? [];
      expect(args.slice(1, 6)).toEqual(["--stack", "dev", "--config-file", file, "--non-interactive"]);
    }
  });

  test("a machine that AWS no longer has is taken out of the state, and then made rather than replaced", async () => {
    its.pulumi.gone.add(1);
    const done = await its.document({ node: ["1"] });
    expect(its.pulumi.named("up")[0]).not.toContain("replace llm-node-1");
    expect(done.steps[0].nodes).toEqual([{ node: "node-1", before: null, after: "i-new-1" }]);
    expect(its.world.said).toContain("node-1: its machine is gone");
  });

  test("the cluster's name is the state's", async () => {
    its.pulumi.name = "prod";
    await its.run({ node: ["2"], yes: true });
    expect(its.pulumi.named("up")[0]).toContain("replace prod-node-2");
  });

  test("several nodes are replaced one replica at a time", async () => {
    const done = await its.document({ node: ["2", "0", "node-2"] });
    expect(done.steps.map(({ replica }: { replica: number }) => replica)).toEqual([0, 2]);
    expect(its.pulumi.named("up").map((names) => names.at(-1))).toEqual(["replace llm-node-0", "replace llm-node-2"]);
  });

  test("nodes of one gang are replaced together, and those that stay are said and waited for", async () => {
    its.useNodes(4, 2);
    let started = "first";
    its.pulumi.onUpdate = () => {
      started = "second";
    };
    let looks = 0;
    its.world.report = (node, release) => {
      const report = readyReport(its.pulumi.machines[node], release);
      // The gang's other node goes on saying ready for a while, of the engine before.
      if (node === 3 && started === "second") looks += 1;
      return report && node === 3 ? { ...report, since: looks > 2 ? "second" : "first" } : report;
    };
    const done = await its.document({ node: ["2"] }, gangFile);
    expect(done.steps).toEqual([
      { replica: 1, nodes: [{ node: "node-2", before: "i-2", after: "i-new-1" }], ready: true },
    ]);
    expect(looks).toBe(3);
    expect(its.world.said.join("\n")).toMatch(
      /node-3 of the same replica keep their machines, and start their engines again/,
    );
    expect(its.world.said.join("\n")).toMatch(/node-3 has not reported yet/);
  });

  test("a follower has no place at the load balancer", async () => {
    its.useNodes(4, 2);
    await its.run({ node: ["3"], yes: true, wait: false }, gangFile);
    expect(its.pulumi.named("up")).toEqual([["target llm-node-3-template", "target llm-node-3", "replace llm-node-3"]]);
  });

  test("a preview that touches anything else is refused before anything is done", async () => {
    const others = [{ op: "always", urn: its.pulumi.urn("aws:ec2/subnet:Subnet", "nodes-subnet") }];
    its.pulumi.others = others;
    await expect(its.run({ node: ["1"], yes: true })).resolves.toBeUndefined();
    expect(its.errors.join()).toMatch(
      /would change more than the machines: always llm-nodes-subnet. Fix: run 'pulumi up'/,
    );
    expect(its.pulumi.named("up")).toEqual([]);
    expect(process.exitCode).toBe(1);
  });

  test("a changed launch template is said", async () => {
    its.pulumi.changed.add(1);
    await its.run({ node: ["1"], dryRun: true });
    expect(its.world.said.join("\n")).toMatch(/launch template has changed in the stack file/);
  });

  test.each([
    ["3", /^--node 3: the plan has no such node. Fix: one of 0 to 2$/],
    ["-1", /^--node -1: is no node. Fix: /],
    ["head", /^--node head: is no node. Fix: /],
  ])("%s is refused", async (node, message) => {
    const refused = await its.run({ node: [node], yes: true }).then(
      () => its.errors.join().replace("llm-cluster: ", ""),
      (error) => error.message,
    );
    expect(refused).toMatch(message);
    expect(its.pulumi.named("up")).toEqual([]);
  });
});
