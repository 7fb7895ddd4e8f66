import * as fc from "fast-check";
import type { z } from "zod";
import type { AwsClusterArgs } from "../../components/aws/args";
import { costOf } from "../../components/aws/cost";
import { planAwsCluster } from "../../components/aws/plan/layout";
import type { awsClusterSchema } from "../../components/aws/rules/argsSchema";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";
import { estimateCost } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import { numberIn } from "../../pricing/records";
import { findMachine } from "../../sizing/catalogue";
import { big, block, place, small } from "../support/clusters";
import { someDecision } from "../support/decisions";
import { known, one, recordCluster } from "../support/graph";
import { gang } from "../support/plans";
import { runs } from "../support/runs";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const _sameArgs: Same<AwsClusterArgs, z.input<typeof awsClusterSchema>> = true;
void _sameArgs;

describe("cost", () => {
  test.each([
    ["one machine", small],
    ["a gang", big],
    ["a capacity block", block],
    [
      "what is brought along",
      {
        ...small,
        storage: { bucket: "ours" },
        serving: { apiKeySecret: "arn:aws:secretsmanager:us-east-1:111122223333:secret:key" },
      },
    ],
  ])("of %s: the outputs are the sum over the registered resources, to the cent", async (_, args) => {
    const { resources, cluster } = await recordCluster(args);
    const estimate = estimateCost(resources);
    expect(estimate.unsupported).toEqual([]);
    expect(await known(cluster.hourlyCostUsd)).toBe(toText(estimate.hourlyUsd, 4));
    expect(await known(cluster.monthlyCostUsd)).toBe(toText(estimate.monthlyUsd));
    expect(await known(cluster.oneOffCostUsd)).toBe(toText(estimate.oneOffUsd));
  });

  test("that is not known is `unknown`, never a sum without it", () => {
    const costs = (decision: AwsClusterArgs["decision"]) => {
      const { parsed } = parseAwsArgs("llm", { decision });
      if (!parsed) throw new Error("these arguments are valid");
      return costOf(planAwsCluster(parsed), parsed);
    };
    const unpriced = { ...gang, machine: "p5e.48xlarge", region: "us-east-2", zone: "us-east-2a" };
    expect(costs(unpriced)).toMatchObject({ hourlyCostUsd: "unknown", monthlyCostUsd: "unknown" });
    const { hours: _, ...noHours } = block.decision.capacity ?? {};
    expect(costs({ ...block.decision, capacity: noHours })).toMatchObject({
      oneOffCostUsd: "unknown",
      monthlyCostUsd: expect.stringMatching(/^\d/),
    });
  });

  test("facts that shape it are in the component's inputs, which a preview shows", async () => {
    const { inputs } = one((await recordCluster(big)).resources, "AwsCluster");
    expect(inputs.plan).toMatchObject({
      machine: "p5.48xlarge",
      nodes: 3,
      pipelineParallel: 3,
      machinesUsdPerHour: "165.1200",
      priceAsOf: "2026-07-20",
    });
    expect(numberIn(inputs, "decision", "concurrency")).toBe(32);
  });
});

describe("arguments", () => {
  const problemsOf = (args: unknown, name = "llm", region?: string) =>
    parseAwsArgs(name, args, region)
      .problems.map(({ path }) => path)
      .sort();

  test("are all checked before anything is registered, and every problem is said at once", async () => {
    const args = {
      decision: { model: "nope", contextLength: -1 },
      network: { vpcCidr: "10.0.0.0/8" },
      serving: { port: 80, imag: "x" },
      storag: {},
    };
    expect(problemsOf(args, "Name_")).toEqual([
      "decision.contextLength",
      "decision.model",
      "decision.region",
      "decision.zone",
      "name",
      "network.vpcCidr",
      "serving.imag",
      "serving.port",
      "storag",
    ]);
    await expect(recordCluster(args as unknown as AwsClusterArgs)).rejects.toThrow(/9 problems|8 problems/);
  });

  test("of another cloud are refused, and each is one problem", () => {
    const { decision } = small;
    expect(problemsOf({ decision: { ...decision, machine: "a3-ultragpu-8g" } })).toEqual(["decision.machine"]);
    expect(problemsOf({ decision: { ...decision, machine: undefined, cloud: "gcp" } })).toContain("decision.cloud");
    expect(problemsOf({ decision: { ...decision, capacity: { mode: "flexStart" } } })).toEqual([
      "decision.capacity.mode",
    ]);
  });

  test("of a machine that is only sized end with what stands against it", () => {
    const rack = {
      model: "llama-3.1-8b",
      contextLength: 8192,
      machine: "p6e-gb200.36xlarge",
      region: "us-east-1",
      zone: "us-east-1a",
    };
    const { parsed } = parseAwsArgs("llm", { decision: rack });
    if (!parsed) throw new Error("the decision is valid");
    expect(() => planAwsCluster(parsed)).toThrow(
      /cannot be built on 1 x p6e-gb200.36xlarge:\n {2}- p6e-gb200.36xlarge is not built/,
    );
  });

  test.each([
    ["nothing", undefined, ["decision"]],
    ["a text", "llm", [""]],
    ["no decision", {}, ["decision"]],
    ["tags that are no texts", { ...small, tags: { a: 1 } }, ["tags.a"]],
    ["a bucket that is an object", { ...small, storage: { bucket: {} } }, ["storage.bucket"]],
    [
      "an API key that is no secret's ARN",
      { ...small, serving: { apiKeySecret: "hunter2" } },
      ["serving.apiKeySecret"],
    ],
    ["an image that is no image's name", { ...small, serving: { image: "a b; rm" } }, ["serving.image"]],
    ["a tag that instance metadata cannot show", { ...small, tags: { "Cost Center": "x" } }, ["tags.Cost Center"]],
  ])("%s is refused", (_, args, paths) => {
    expect(problemsOf(args)).toEqual(expect.arrayContaining(paths));
  });

  test("a decision that no machine carries ends before anything is registered", async () => {
    const decision = { model: "llama-3.1-405b", precision: "bf16", machine: "p5.4xlarge", ...place };
    await expect(recordCluster({ decision })).rejects.toThrow(/does not fit 1 x p5.4xlarge[\s\S]*weights do not load/);
  });

  test("the stack's region stands in for the decision's, and must agree with it", () => {
    const { region: _, ...decision } = small.decision;
    expect(problemsOf({ decision }, "llm", "us-east-1")).toEqual([]);
    expect(
      problemsOf({ decision: { ...decision, region: "us-west-2", zone: "us-west-2a" } }, "llm", "us-east-1"),
    ).toEqual(["decision.region"]);
  });
});

test("any decision that fits lays out with a head for each replica, and an address for each node", () => {
  fc.assert(
    fc.property(someDecision, ({ machine, ...decision }) => {
      const onAws =
        machine !== undefined && findMachine(machine)?.cloud === "aws" ? { ...decision, machine } : decision;
      const { parsed } = parseAwsArgs("llm", { decision: { ...onAws, region: "us-west-2", zone: "us-west-2a" } });
      if (!parsed) throw new Error("the decision is valid");
      let layout: ReturnType<typeof planAwsCluster>;
      try {
        layout = planAwsCluster(parsed);
      } catch (error) {
        expect(String(error)).toMatch(/does not fit|cannot be built on/);
        return;
      }
      const { nodes, plan } = layout;
      expect(nodes.map(({ index }) => index)).toEqual(Array.from({ length: plan.nodes }, (_, index) => index));
      expect(nodes.filter(({ isHead }) => isHead)).toHaveLength(plan.replicas);
      expect(new Set(nodes.map(({ privateIpAddress }) => privateIpAddress)).size).toBe(plan.nodes);
    }),
    runs(200),
  );
});
