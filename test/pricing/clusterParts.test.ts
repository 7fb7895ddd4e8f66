import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AwsClusterArgs } from "../../components/aws/args";
import { estimateCost } from "../../pricing/estimate";
import { toText } from "../../pricing/money";
import { purchaseWords } from "../../sizing/decisionArgs";
import { root } from "../support/cli";
import { big, block, small, tuning } from "../support/clusters";
import { known, recordCluster } from "../support/graph";

async function linesOf(args: AwsClusterArgs) {
  const { resources, cluster } = await recordCluster(args);
  const estimate = estimateCost(resources, { region: "us-east-1" });
  expect(estimate.unsupported).toEqual([]);
  expect(await known(cluster.monthlyCostUsd)).toBe(toText(estimate.monthlyUsd));
  return estimate.lines;
}

const monthOf = async (args: AwsClusterArgs, name: string, key?: string) => {
  const lines = (await linesOf(args)).filter(
    (line) => line.name === name && (key === undefined || line.key === key) && line.schedule === "runRate",
  );
  return lines.map(({ monthlyUsd }) => (monthlyUsd ? toText(monthlyUsd) : "-")).join(" + ");
};

describe("what a cluster may have beside its machines", () => {
  test("the reservation that gangs start in costs nothing beside the machines in it", async () => {
    const lines = await linesOf(big);
    expect(lines.filter(({ name }) => name === "llm-capacity-1a")).toMatchObject([{ state: "included" }]);
    expect(lines.filter(({ name, key }) => name === "llm-node-0" && key === "machine")).toMatchObject([
      { state: "priced", component: "p5.48xlarge, on-demand" },
    ]);
  });

  test("a block that is bought has one fee, the cluster's", async () => {
    const bought = {
      mode: "capacityBlock",
      offeringId: "cb-0123456789abcdef0",
      purchase: purchaseWords,
      hours: 48,
    } as const;
    const fees = async (args: AwsClusterArgs) =>
      (await linesOf(args))
        .filter(({ schedule }) => schedule === "oneOff")
        .map(({ name, oneOffUsd }) => [name, oneOffUsd && toText(oneOffUsd)]);
    expect(await fees({ ...big, decision: { ...big.decision, capacity: bought } })).toEqual(await fees(block));
  });

  test("without NAT there are eight endpoints, and no data through NAT", async () => {
    const closed: AwsClusterArgs = {
      ...small,
      network: { egress: "none" },
      serving: { imageRegistry: "111122223333.dkr.ecr.us-east-1.amazonaws.com/hub" },
    };
    const lines = await linesOf(closed);
    expect(lines.filter(({ component }) => component === "interface endpoint")).toHaveLength(8);
    expect(lines.filter(({ key }) => key === "natData")).toEqual([]);
    expect((await linesOf(small)).filter(({ key }) => key === "natData")).toHaveLength(1);
  });

  test("weights that nodes pull for themselves are in no store, and come through NAT", async () => {
    const weightsGB = Number((await linesOf(small)).find(({ key }) => key === "weights")?.quantity?.toString());
    const pulled = await linesOf({ ...small, storage: { weights: "huggingFace" } });
    expect(pulled.filter(({ key }) => key === "weights")).toEqual([]);
    const natGB = (lines: typeof pulled) => Number(lines.find(({ key }) => key === "natData")?.quantity?.toString());
    expect(natGB(pulled) - natGB(await linesOf(small))).toBeCloseTo(weightsGB, 6);
  });

  test("an application load balancer is billed in its own units", async () => {
    const lines = await linesOf({ ...small, endpoint: { loadBalancer: "application", secondZone: "us-east-1b" } });
    expect(lines.filter(({ component }) => component.includes("NLB"))).toEqual([]);
    expect(lines.filter(({ component }) => component.startsWith("ALB"))).toHaveLength(2);
  });

  test("a file system and a zone are in the sum", async () => {
    const args: AwsClusterArgs = {
      ...small,
      storage: { lustre: { throughput: 125, capacityGiB: 2400 } },
      endpoint: { domainName: "llm.example.internal" },
    };
    expect(await monthOf(args, "llm-lustre")).toBe("348.00");
    expect(await monthOf(args, "llm-zone")).toBe("0.50");
  });
});

/** Every `a x b + c = d` of a text, with its parts computed from what stands left of the equals sign. */
function sums(text: string): { words: string; computed: number; stated: number }[] {
  const flat = text.replace(/\s*\n\s*\*\s*/g, " ");
  const pattern = /((?:[\d.]+(?: [A-Za-z/]+)* (?:x|\+) )+[\d.]+) = (\d+\.\d+)/g;
  return [...flat.matchAll(pattern)].map(([words, left = "", right = ""]) => {
    const terms = left
      .split(" + ")
      .map((term) => term.split(" x ").reduce((product, part) => product * Number.parseFloat(part), 1));
    return { words, computed: terms.reduce((sum, term) => sum + term, 0), stated: Number(right) };
  });
}

describe("the arithmetic in the component's doc comment", () => {
  const source = readFileSync(join(root, "components/aws/awsCluster.ts"), "utf8");
  const comment = source.slice(source.indexOf(" * Cost, a month"), source.indexOf("export class"));
  const found = sums(comment);

  test("adds up", () => {
    expect(found.length).toBeGreaterThanOrEqual(7);
    for (const { words, computed, stated } of found)
      expect(`${words}: ${computed.toFixed(2)}`).toBe(`${words}: ${stated.toFixed(2)}`);
  });

  test("is what the pricers reckon", async () => {
    const [served, trained] = [await recordCluster(small), await recordCluster(tuning)].map(
      ({ resources }) => estimateCost(resources).lines,
    );
    const sumOf = (lines: typeof served, name: RegExp, key = /./) =>
      (lines ?? [])
        .filter((line) => name.test(line.name) && key.test(line.key) && line.schedule === "runRate")
        .reduce((sum, { monthlyUsd }) => sum + Number(monthlyUsd?.toString() ?? 0), 0)
        .toFixed(2);
    const stated = [
      sumOf(served, /^llm-node-0$/, /machine/),
      sumOf(served, /^llm-node-0$/, /root/),
      sumOf(trained, /^llm-node-0$/, /machine/),
      sumOf(served, /^llm-nat/),
      sumOf(served, /^llm-nlb-1a$/),
      sumOf(served, /^llm-api-key$/),
    ];
    for (const sum of stated) expect(comment).toContain(sum);
  });
});
