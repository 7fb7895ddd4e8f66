import { findAlternatives } from "../../pricing/diff/alternatives";
import { judge, readGateRule } from "../../pricing/diff/gate";
import { reportCosts } from "../../pricing/diff/report";
import { money } from "../../pricing/money";
import { PriceBook } from "../../pricing/priceBook";
import type { ResourceRecord } from "../../pricing/records";
import { shippedPrices } from "../../pricing/snapshot";
import { changeOf, clusterOf, reportOf, resourceOf } from "../support/records";

const month = 730;
const node = (name: string, instanceType: string, volumeSize = 100, rest: Partial<ResourceRecord> = {}) =>
  resourceOf(
    "aws:ec2/instance:Instance",
    name,
    { instanceType, rootBlockDevice: { volumeSize, volumeType: "gp3" } },
    rest,
  );
const step = (op: "create" | "update" | "replace" | "delete", record: ResourceRecord) => ({
  op,
  urn: record.urn,
  type: record.type,
  name: record.name,
});
const labels = (report: ReturnType<typeof reportOf>) =>
  report.resources.flatMap(({ name, op, lines }) => lines.map(({ label }) => `${op} ${name}: ${label}`));

describe("what is compared with what", () => {
  test("a size change is one line, and what is the same is none", () => {
    const [before, after] = [node("a", "p5.48xlarge", 100), node("a", "p5.48xlarge", 300)];
    const report = reportOf(
      changeOf([before, node("b", "p5.48xlarge")], [after, node("b", "p5.48xlarge")], [step("update", after)]),
    );
    expect(labels(report)).toEqual(["update a: root volume, gp3, 100 GB -> root volume, gp3, 300 GB"]);
    expect(report.delta.monthlyUsd.toNumber()).toBeCloseTo(200 * 0.08, 6);
  });

  test("another stack of the same program is compared place by place, a moved resource with itself", () => {
    const prod = (record: ResourceRecord) => ({
      ...record,
      urn: record.urn.replace("urn:pulumi:dev", "urn:pulumi:prod"),
    });
    const parent = "urn:pulumi:dev::app::app:index:Group::group";
    const moved = node("a", "p5en.48xlarge", 100, { parent });
    expect(labels(reportOf(changeOf([node("a", "p5.48xlarge")], [prod(node("a", "p5en.48xlarge"))])))).toEqual([
      "undefined a: p5.48xlarge, on-demand -> p5en.48xlarge, on-demand",
    ]);
    expect(labels(reportOf(changeOf([node("a", "p5.48xlarge")], [moved])))).toHaveLength(1);
  });

  test("on demand that becomes a capacity block leaves the run rate for an upfront fee, and the two are not added", () => {
    const decision = { model: "llama-3.1-405b" };
    const plan = { machine: "p5.48xlarge", nodes: 2, weightsGB: 100 };
    const block = { ...decision, capacity: { mode: "capacityBlock", hours: 24 } };
    const child = { parent: clusterOf(decision, plan).urn };
    const nodes = (market: object) =>
      ["a", "b"].map((name) => {
        const own = node(name, "p5.48xlarge", 100, child);
        return { ...own, inputs: { ...own.inputs, ...market } };
      });
    const report = reportOf(
      changeOf(
        [clusterOf(decision, { ...plan, capacityMode: "onDemand" }), ...nodes({})],
        [
          clusterOf(block, { ...plan, capacityMode: "capacityBlock" }),
          ...nodes({ instanceMarketOptions: { marketType: "capacity-block" } }),
        ],
      ),
    );
    expect(report.delta.monthlyUsd.toNumber()).toBeCloseTo(-2 * 55.04 * month, 6);
    expect(report.delta.oneOffUsd.toNumber()).toBeCloseTo(2 * 24 * 41.528, 6);
    expect(report.decisions).toEqual([
      "llm: llama-3.1-405b, 2 nodes p5.48xlarge, on-demand -> capacity block, us-east-1; because capacity.hours (default) -> 24",
    ]);
  });

  test("a price that is missing on both sides is no difference; a machine that nobody can price is one that is not known", () => {
    const unpriced = reportOf(changeOf([node("a", "p9.huge", 100)], [node("a", "p9.huge", 200)]));
    expect(unpriced).toMatchObject({ differenceComplete: true, after: { complete: false } });
    const unknown = reportOf(changeOf([node("a", "p5.48xlarge")], [node("a", "p9.huge")]));
    expect(unknown.differenceComplete).toBe(false);
    expect(unknown.resources[0]?.lines[0]).toMatchObject({ unknown: true, after: { state: "unpriced" } });
  });

  test("kinds that no pricer knows count where they change, and not where they stay", () => {
    const db = resourceOf("aws:rds/instance:Instance", "db");
    const stays = reportOf(changeOf([db], [db]));
    expect(stays).toMatchObject({ differenceComplete: true, unsupportedChanged: [], after: { complete: false } });
    const comes = reportOf(changeOf([], [db]));
    expect(comes).toMatchObject({ differenceComplete: false, unsupportedChanged: [{ type: db.type, count: 1 }] });
  });
});

describe("what the decision's change is called", () => {
  const plan = { machine: "p5.48xlarge", nodes: 2, precision: "fp8", capacityMode: "onDemand" };
  const decision = { model: "llama-3.1-405b", concurrency: 32 };
  const sentence = (before: ResourceRecord[], after: ResourceRecord[]) => reportOf(changeOf(before, after)).decisions;

  test("nodes, machine and what was decided otherwise, in one sentence", () => {
    const after = clusterOf({ ...decision, concurrency: 64 }, { ...plan, nodes: 3 });
    expect(sentence([clusterOf(decision, plan)], [after])).toEqual([
      "llm: llama-3.1-405b fp8, 2 -> 3 nodes p5.48xlarge, on-demand, us-east-1; because concurrency 32 -> 64",
    ]);
  });

  test("a plan that moves under the same decision says so; a cluster that comes or goes too; no change is no sentence", () => {
    const before = clusterOf(decision, plan);
    expect(sentence([before], [clusterOf(decision, { ...plan, nodes: 3 })])[0]).toContain("planned otherwise");
    expect(sentence([], [before])[0]).toBe("llm: new: llama-3.1-405b fp8, 2 nodes p5.48xlarge, on-demand, us-east-1");
    expect(sentence([before], [])[0]).toMatch(/^llm: goes: /);
    expect(sentence([before], [before])).toEqual([]);
  });
});

describe("what to know before the update", () => {
  const [before, after] = [node("a", "p5.48xlarge"), node("a", "p5en.48xlarge")];
  const warningsOf = (extra: object, old = [before], fresh: ResourceRecord[] = [after]) =>
    reportOf(changeOf(old, fresh, [{ ...step(fresh.length > 0 ? "replace" : "delete", before), ...extra }])).warnings;

  test("a replaced machine: what an hour of overlap costs, or that nothing serves meanwhile", () => {
    expect(warningsOf({ deleteBeforeReplace: false })).toEqual([
      "1 machine is replaced (a): capacity that is let go may not come back; both old and new are billed while they overlap, $118.34 an hour instead of $55.04 before and $63.30 after",
    ]);
    expect(warningsOf({ deleteBeforeReplace: true })[0]).toMatch(/the old goes first, so nothing serves/);
    expect(warningsOf({})[0]).toMatch(/unless the old is deleted first, both/);
  });

  test("what is imported is new to the stack and not to the bill", () => {
    expect(reportOf(changeOf([], [after], [{ op: "import", urn: after.urn }])).warnings).toEqual([
      "a is imported: new to the stack, and billed already",
    ]);
  });

  test("a replaced volume or address is no machine", () => {
    const address = resourceOf("aws:ec2/eip:Eip", "address");
    expect(reportOf(changeOf([address], [address], [step("replace", address)])).warnings).toEqual([]);
  });

  test("what leaves the stack and stays in the cloud, what is protected, and what is still to be deleted", () => {
    expect(warningsOf({ retained: true }, [before], [])).toEqual([
      "a leaves the stack and stays in the cloud: $40,187.20 a month goes on being billed",
    ]);
    expect(warningsOf({ protected: true }, [before], [])[0]).toBe("a is protected: the update will be refused");
    const pending = changeOf([after], [after]);
    pending.after.pendingDeletion.push(before);
    const report = reportOf(pending);
    expect(report.warnings[0]).toMatch(
      /a is replaced or dropped and not deleted yet.*\$40,187\.20 a month, beside these sums/,
    );
    expect(report.delta.monthlyUsd.toNumber()).toBe(0);
  });
});

describe("a million tokens", () => {
  const plan = { machine: "p5.48xlarge", nodes: 2, outputTokensPerSecond: 1000 };
  const cluster = clusterOf({ model: "m" }, plan, { storage: { bucket: "brought" } });
  const members = ["a", "b"].map((name) => node(name, "p5.48xlarge", 0, { parent: cluster.urn }));
  const cost = (utilization: number, records: ResourceRecord[]) =>
    reportCosts([changeOf([], records)], { utilization }).stacks[0]?.tokensAfter[0]?.usdPerMillionTokens.toNumber();

  test("is what the cluster's hour costs over what it puts out in it, and twice as much at half the load", () => {
    // Two machines, and a hundredth of a cent of requests and traffic beside.
    const full = cost(1, [cluster, ...members]) ?? 0;
    expect(full).toBeCloseTo((2 * 55.04) / 3.6, 1);
    expect(cost(0.5, [cluster, ...members])).toBeCloseTo(2 * full, 6);
  });

  test("counts its cluster's resources only", () => {
    const stranger = node("stranger", "p5.48xlarge");
    expect(cost(1, [cluster, ...members, stranger])).toBe(cost(1, [cluster, ...members]));
  });

  test("counts a capacity block by the hour", () => {
    const decision = { model: "m", capacity: { mode: "capacityBlock", hours: 24 } };
    const block = clusterOf(decision, plan, { storage: { bucket: "brought" } });
    expect(cost(1, [block])).toBeCloseTo((2 * 41.528) / 3.6, 1);
  });
});

describe("alternatives", () => {
  const side = (plan: object) => ({ records: [clusterOf({ model: "m" }, { nodes: 2, ...plan })], pendingDeletion: [] });
  const siblings = () => [{ id: "p5en.48xlarge", gpus: "8 x H200" }];

  test("are other ways to buy the same machines here, the cheapest other region if it is cheaper, and other machines", () => {
    const found = findAlternatives(side({ machine: "p5.48xlarge", region: "us-west-1" }), shippedPrices(), siblings);
    const dollars = found.map(({ usdPerHour }) => usdPerHour.toNumber());
    expect([...dollars].sort((left, right) => left - right)).toEqual(dollars);
    // 68.80 in us-west-1, 55.04 in the cheapest region.
    const elsewhere = found.find(({ region }) => region !== "us-west-1");
    expect(elsewhere).toMatchObject({ machine: "p5.48xlarge", mode: "on-demand", nodes: 2 });
    expect(elsewhere?.deltaMonthlyUsd?.toNumber()).toBeCloseTo(2 * (55.04 - 68.8) * month, 6);
    expect(found.every(({ price }) => price.asOf && price.source)).toBe(true);
  });

  test("of a machine whose own price is not known say so, and claim no saving", () => {
    const found = findAlternatives(side({ machine: "p5e.48xlarge", region: "us-east-1" }), shippedPrices(), siblings);
    expect(found.length).toBeGreaterThan(0);
    for (const { deltaMonthlyUsd } of found) expect(deltaMonthlyUsd).toBeUndefined();
  });
});

describe("the gate", () => {
  const change = changeOf(
    [node("a", "p5.48xlarge", 100)],
    [node("a", "p5.48xlarge", 100), node("b", "p5.48xlarge", 100)],
  );
  const verdicts = (report: ReturnType<typeof reportCosts>, budget: number | undefined, ...rules: string[]) =>
    judge(
      report,
      budget === undefined ? [] : [{ monthlyUsd: money(budget), given: "--budget" }],
      rules.flatMap((given) => readGateRule(given) ?? []),
    ).map(({ state }) => state);
  const report = reportCosts([change]);

  test("a budget is of the whole stack after, an increase of the difference; the limit itself is kept", () => {
    expect(verdicts(report, 80_374.4)).toEqual(["kept"]);
    expect(verdicts(report, 80_374.39)).toEqual(["broken"]);
    expect(
      verdicts(report, undefined, "increase>99%", "increase>100%", "increase>40187.19", "increase > $40187.20"),
    ).toEqual(["broken", "kept", "broken", "kept"]);
  });

  test("any increase from nothing is over every share; a decrease is over none", () => {
    expect(verdicts(reportCosts([changeOf([], change.after.records)]), undefined, "increase>1000%")).toEqual([
      "broken",
    ]);
    expect(verdicts(reportCosts([changeOf(change.after.records, [])]), undefined, "increase>0%", "increase>0")).toEqual(
      ["kept", "kept"],
    );
  });

  test("use counts, upfront amounts do not", () => {
    const nat = resourceOf("aws:ec2/natGateway:NatGateway", "nat");
    // 32.85 for its hours and 5.00 for what is assumed to go through it.
    expect(verdicts(reportCosts([changeOf([], [nat])]), 37)).toEqual(["broken"]);
    expect(verdicts(reportCosts([changeOf([], [nat])]), 38)).toEqual(["kept"]);
  });

  test("what is not known breaks no budget, and breaks `incomplete`", () => {
    const unknown = reportCosts([changeOf([], [node("a", "p9.huge")])]);
    expect(verdicts(unknown, 100, "incomplete")).toEqual(["kept", "incomplete"]);
    expect(verdicts(report, undefined, "incomplete")).toEqual(["kept"]);
  });

  test("of a document that leaves things out, only what it proves is judged", () => {
    const partial = reportCosts([{ ...change, leftOut: 5 }]);
    expect(verdicts(partial, 1_000_000, "increase>1%", "increase>1")).toEqual(["unjudged", "unjudged", "broken"]);
    expect(verdicts(partial, 10)).toEqual(["broken"]);
  });

  test.each(["increase", "increase>", "increase>-5", "increase>10%%", "decrease>5", "", "incomplete!"])(
    "%j is no rule",
    (given) => {
      expect(readGateRule(given)).toBeUndefined();
    },
  );
});

describe("a fee that was paid upfront", () => {
  const plan = { machine: "p5.48xlarge", nodes: 2, weightsGB: 1 };
  const block = (reservationId: string, hours = 24) =>
    clusterOf({ model: "m", capacity: { mode: "capacityBlock", reservationId, hours } }, plan);
  const fee = 2 * 24 * 41.528;

  test("does not come back when the block is dropped, and is said to be lost", () => {
    const report = reportOf(changeOf([block("cr-1")], []));
    expect(report.delta.oneOffUsd.toNumber()).toBe(0);
    expect(report.warnings).toEqual([
      expect.stringMatching(/^the fee of 2 x p5\.48xlarge.*\$1,993\.34, was paid upfront and is not given back$/),
    ]);
  });

  test("of another block is to be paid anew; the same block costs nothing more", () => {
    expect(reportOf(changeOf([block("cr-1")], [block("cr-2")])).delta.oneOffUsd.toNumber()).toBeCloseTo(fee, 6);
    expect(reportOf(changeOf([block("cr-1")], [block("cr-1")])).resources).toEqual([]);
  });
});

test("alternatives are against what a commitment makes of the machines, and for clusters whose decision changes", () => {
  const rows = [
    { sku: "p5.48xlarge", mode: "on-demand", usd: 50 },
    { sku: "p5.48xlarge", mode: "savings-plan-1y", usd: 30 },
  ].map((row) => ({
    ...row,
    cloud: "aws",
    region: "us-east-1",
    unit: "hour",
    source: "test",
    asOf: "2026-01-01",
    confidence: "high" as const,
  }));
  const prices = new PriceBook([{ name: "shipped", rows }]);
  const cluster = (nodes: number) => clusterOf({ model: "m" }, { machine: "p5.48xlarge", nodes });
  const options = { prices, commitment: "savings-plan-1y" };
  const [other, ...rest] = reportOf(changeOf([cluster(1)], [cluster(2)]), options).alternatives;
  expect(rest).toEqual([]);
  expect(other).toMatchObject({ mode: "on-demand" });
  expect(other?.deltaMonthlyUsd?.toNumber()).toBe(2 * 20 * 730);
  expect(reportOf(changeOf([cluster(2)], [cluster(2)]), options).alternatives).toEqual([]);
});
