import * as fc from "fast-check";
import type { EstimateOptions } from "../../pricing/estimate";
import { hiddenCosts } from "../../pricing/hidden";
import type { HiddenCost, HiddenOptions } from "../../pricing/hidden/hiddenCost";
import { besideSum } from "../../pricing/hidden/sums";
import { money } from "../../pricing/money";
import { hiddenFacts } from "../../pricing/render/hidden";
import { shippedPrices } from "../../pricing/snapshot";
import { UsageBook } from "../../pricing/usage";
import { machineFacts, type Shape, stackOf } from "../support/hiddenStacks";
import { runs } from "../support/runs";

/** us-east-1, on demand (karp-aws, 2026-07-20). */
const perHour = 55.04;

function costsOf(shape: Shape, options: Partial<HiddenOptions> = {}, pricing: EstimateOptions = {}): HiddenCost[] {
  const { side, estimate } = stackOf([shape], pricing);
  return hiddenCosts(side, estimate, { machineFacts, ...options });
}

/** The one cost of a key; an error where there are several or none. */
function only(costs: readonly HiddenCost[], key: string): HiddenCost {
  const found = costs.filter((cost) => cost.key === key);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} costs are ${key}`);
  return found[0];
}

const keysOf = (costs: readonly HiddenCost[]) => costs.map(({ key }) => key);
const monthly = (cost: HiddenCost) => cost.monthlyUsd?.toNumber();
const served = { outputTokensPerSecond: 1000 };
const block: Shape = {
  plan: { capacityMode: "capacityBlock" },
  decision: { capacity: { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0", hours: 168 } },
};

describe("shares of the bill", () => {
  test("idle is the machines' run rate times what is not used, and says that its share is assumed", () => {
    const assumed = only(costsOf({}), "idle");
    expect(monthly(assumed)).toBeCloseTo(2 * perHour * 730 * 0.5, 6);
    expect(assumed).toMatchObject({ within: "bill", assumption: true, source: "karp-aws", asOf: "2026-07-20" });
    const stated = only(costsOf({}, { utilization: 0.8 }), "idle");
    expect(monthly(stated)).toBeCloseTo(2 * perHour * 730 * 0.2, 6);
    expect(stated).toMatchObject({ assumption: false, arithmetic: "$80,358.40 of machines x (1 - 80 %)" });
  });

  test("a run's machines are not called idle unless a share is stated", () => {
    const training = { plan: { workload: "qlora" } };
    expect(only(costsOf(training), "idle").unknownBecause).toBe("not stated: --utilization");
    expect(monthly(only(costsOf(training, { utilization: 1 }), "idle"))).toBe(0);
  });

  test("spare machines are of those that are billed, and no more of them than there are", () => {
    expect(keysOf(costsOf({}))).not.toContain("spareNodes");
    const spare = only(costsOf({}, { spareNodes: 1 }), "spareNodes");
    expect(monthly(spare)).toBeCloseTo(perHour * 730, 6);
    expect(spare).toMatchObject({ within: "bill", what: "1 machine kept spare" });
    expect(only(costsOf({}, { spareNodes: 3 }), "spareNodes").unknownBecause).toContain("2 machines in all");
  });

  test("machines in the bill beyond the plan's are told of", () => {
    expect(monthly(only(costsOf({ machines: 3 }), "beyondPlan"))).toBeCloseTo(perHour * 730, 6);
    expect(keysOf(costsOf({}))).not.toContain("beyondPlan");
  });

  test("a document that leaves machines out has no idle amount", () => {
    const idle = only(costsOf({ machines: 1 }), "idle");
    expect(idle.unknownBecause).toBe("1 of 2 machines are in this document");
    expect(idle.monthlyUsd).toBeUndefined();
  });

  test("a capacity block's hours that nobody uses, its idle time, and what is not known of them", () => {
    // 41.528 an hour in us-east-1 (aws-cb-json, 2026-07-22), two machines, 168 hours booked, 150 used at half load.
    const costs = costsOf(block, { usedHours: 150 });
    expect(only(costs, "unusedBlock").oneOffUsd?.toNumber()).toBeCloseTo(41.528 * 2 * 18, 6);
    expect(only(costs, "idle").oneOffUsd?.toNumber()).toBeCloseTo(41.528 * 2 * 150 * 0.5, 6);
    expect(only(costs, "idle").monthlyUsd).toBeUndefined();
    expect(only(costsOf(block), "unusedBlock").unknownBecause).toBe("not stated: --used-hours");
    const over = costsOf(block, { usedHours: 200 });
    expect(only(over, "unusedBlock").unknownBecause).toContain("200 is more than the block's 168");
    expect(only(over, "idle").unknownBecause).toContain("--used-hours");
    const endless = costsOf({ ...block, decision: { capacity: { mode: "capacityBlock" } } }, { usedHours: 1 });
    expect(only(endless, "unusedBlock").unknownBecause).toContain("the length of the capacity block is not given");
    expect(keysOf(costsOf({}, { usedHours: 1 }))).not.toContain("unusedBlock");
  });

  test("NAT: the gateway's hours and what goes through it, as the estimate has them", () => {
    const costs = costsOf({ others: [{ type: "aws:ec2/natGateway:NatGateway", name: "nat" }] });
    // 730 h, and each of two machines pulls an image of 10 GB, both at $0.045.
    expect(monthly(only(costs, "nat"))).toBeCloseTo((730 + 2 * 10) * 0.045, 9);
    expect(only(costs, "nat").within).toBe("bill");
  });

  test("property: what is idle, what is not used, and what is used are the fee", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 168 }), fc.integer({ min: 1, max: 100 }), (usedHours, percent) => {
        const costs = costsOf(block, { usedHours, utilization: percent / 100 });
        const used = money(41.528).times(2).times(usedHours).times(percent).div(100);
        const shares = [only(costs, "idle"), only(costs, "unusedBlock")].map(
          ({ oneOffUsd }) => oneOffUsd ?? money(NaN),
        );
        const total = shares.reduce((sum, share) => sum.plus(share), used);
        expect(total.toFixed(9)).toBe(money(41.528).times(2).times(168).toFixed(9));
      }),
      runs(50),
    );
  });

  test("property: idle and used make the run rate, whatever the share", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 1000 }), (nodes, permille) => {
        const utilization = permille / 1000;
        const idle = only(costsOf({ plan: { nodes } }, { utilization }), "idle").monthlyUsd;
        const total = money(perHour).times(730).times(nodes);
        expect(idle?.plus(total.times(utilization)).toFixed(9)).toBe(total.toFixed(9));
      }),
      runs(50),
    );
  });
});

describe("what comes on top", () => {
  test("answers that leave: tokens at half the planned load, as they are streamed", () => {
    const gigabytes = (1000 * 0.5 * 3600 * 730 * 226) / 1e9;
    const costs = costsOf({ plan: served }, { egressShare: 0.5, otherZoneShare: 1 });
    expect(monthly(only(costs, "internetEgress"))).toBeCloseTo(gigabytes * 0.5 * 0.09, 6);
    // Both ends are billed.
    expect(monthly(only(costs, "otherZone"))).toBeCloseTo(gigabytes * 0.01 * 2, 6);
    expect(only(costs, "otherZone").arithmetic).toContain("x 2 ways x $0.01");
    expect(only(costs, "internetEgress")).toMatchObject({ within: "beside", assumption: true });
    expect(monthly(only(costsOf({ plan: served }, { egressShare: 0 }), "internetEgress"))).toBe(0);
    expect(only(costsOf({}, { egressShare: 1 }), "internetEgress").unknownBecause).toContain("how many tokens");
  });

  test("what a usage file states of traffic is taken, and is not told twice", () => {
    const file = (values: Record<string, number>) =>
      new UsageBook({ file: "usage.yaml", kinds: { "llm-cluster:index:AwsCluster": values } });
    const inBill = costsOf({ plan: served }, { egressShare: 1 }, { usage: file({ internetEgressGB: 500 }) });
    expect(only(inBill, "internetEgress")).toMatchObject({ within: "bill", assumption: false });
    expect(monthly(only(inBill, "internetEgress"))).toBeCloseTo(500 * 0.09, 9);
    const stated = only(
      costsOf({ plan: served }, { otherZoneShare: 0.5 }, { usage: file({ servedDataGB: 80 }) }),
      "otherZone",
    );
    expect(monthly(stated)).toBeCloseTo(80 * 0.5 * 2 * 0.01, 9);
    expect(stated.assumption).toBe(false);
  });

  test("logs and metrics of two machines with eight GPUs", () => {
    const costs = costsOf({});
    expect(monthly(only(costs, "logIngest"))).toBeCloseTo(2 * 10 * 0.5, 9);
    expect(monthly(only(costs, "logStorage"))).toBeCloseTo(2 * 10 * (30 / (365 / 12)) * 0.03, 9);
    expect(monthly(only(costs, "customMetrics"))).toBeCloseTo(2 * 8 * 21 * 0.3, 9);
    for (const key of ["logIngest", "logStorage", "customMetrics"])
      expect(only(costs, key)).toMatchObject({ assumption: true, because: expect.stringMatching(/\w/) });
    const stated = costsOf({}, { logGBPerNode: 5, logRetentionDays: 365, metricSeriesPerGpu: 10 });
    expect(monthly(only(stated, "logStorage"))).toBeCloseTo(2 * 5 * 12 * 0.03, 9);
    expect(monthly(only(stated, "customMetrics"))).toBeCloseTo(2 * 8 * 10 * 0.3, 9);
    expect(stated.filter(({ key, assumption }) => /log|Metrics/.test(key) && assumption)).toEqual([]);
    const strange = only(costsOf({ plan: { machine: "x9.metal" } }), "customMetrics");
    expect(strange.unknownBecause).toBe("how many GPUs x9.metal has is not known");
  });

  test("spot: one eviction stops all machines of a replica, and only spot has any", () => {
    const spot = { plan: { capacityMode: "spot", nodes: 6, replicas: 2 } };
    const options = { evictionsPerMonth: 4, lostHoursPerEviction: 0.5 };
    // 16.95 an hour, the lowest zone's (sky-v9-aws); three machines are one replica.
    expect(monthly(only(costsOf(spot, options), "spotReruns"))).toBeCloseTo(4 * 0.5 * 3 * 16.95, 9);
    expect(only(costsOf(spot, { evictionsPerMonth: 4 }), "spotReruns").unknownBecause).toBe(
      "not stated: --lost-hours-per-eviction",
    );
    expect(keysOf(costsOf({}, options))).not.toContain("spotReruns");
  });

  test("replacements, snapshots and checkpoints are there when they are asked for", () => {
    const training = { plan: { workload: "qlora", checkpointGB: 1.5 } };
    const plain = costsOf(training);
    expect(keysOf(plain)).not.toContain("surge");
    expect(keysOf(plain)).not.toContain("snapshots");
    expect(only(plain, "checkpoints").unknownBecause).toBe("not stated: --checkpoints-kept");
    const asked = { replacementsPerMonth: 2, surgeMinutes: 30, snapshotGBPerNode: 200, checkpointsKept: 4 };
    const costs = costsOf(training, asked);
    expect(monthly(only(costs, "surge"))).toBeCloseTo(2 * 0.5 * perHour, 9);
    expect(monthly(only(costs, "snapshots"))).toBeCloseTo(2 * 200 * 0.05, 9);
    expect(monthly(only(costs, "checkpoints"))).toBeCloseTo(4 * 1.5 * 0.023, 9);
    expect(only(costsOf({}, { replacementsPerMonth: 2 }), "surge").unknownBecause).toBe("not stated: --surge-minutes");
    // A run serves nobody, and serving keeps no checkpoints.
    expect(keysOf(costs)).not.toContain("internetEgress");
    expect(keysOf(costsOf({}, asked))).not.toContain("checkpoints");
  });

  test("checkpoints that a usage file states are in the bill, and are not told twice", () => {
    const kinds = { "llm-cluster:index:AwsCluster": { checkpointsKept: 3 } };
    const usage = new UsageBook({ file: "usage.yaml", kinds });
    const training = { plan: { workload: "qlora", checkpointGB: 1.5 } };
    const kept = only(costsOf(training, { checkpointsKept: 100 }, { usage }), "checkpoints");
    expect(kept).toMatchObject({
      within: "bill",
      because: "usage.yaml: kinds.llm-cluster:index:AwsCluster.checkpointsKept",
    });
    expect(monthly(kept)).toBeCloseTo(3 * 1.5 * 0.023, 9);
  });

  test("support is of bill and what comes on top; a discount is of support too", () => {
    const usage = new UsageBook({ file: "usage.yaml", kinds: {} });
    const { side, estimate } = stackOf([{ plan: served }], { usage });
    const options = { machineFacts, egressShare: 0, otherZoneShare: 0, supportPercent: 10, extraPercent: -5 };
    const costs = hiddenCosts(side, estimate, options);
    const beside = 2 * (10 * 0.5 + 10 * (30 / (365 / 12)) * 0.03 + 8 * 21 * 0.3);
    const base = estimate.monthlyUsd.plus(estimate.usageMonthlyUsd).toNumber() + beside;
    expect(monthly(only(costs, "support"))).toBeCloseTo(base * 0.1, 6);
    expect(monthly(only(costs, "extra"))).toBeCloseTo(-base * 1.1 * 0.05, 6);
    expect(only(costs, "extra")).toMatchObject({ what: "discount", source: "--extra-percent", leavesOut: undefined });
    expect(only(costsOf({}), "support").unknownBecause).toBe("not stated: --support-percent");
    expect(only(costsOf({}, { supportPercent: 10 }), "support").leavesOut).toMatch(/no amount/);
    expect(only(costsOf(block, { supportPercent: 10 }), "support").oneOffUsd?.toNumber()).toBeCloseTo(
      41.528 * 2 * 168 * 0.1,
      6,
    );
  });
});

describe("what is not known", () => {
  test("a missing price is said, and is no zero", () => {
    const prices = shippedPrices().without({ cloud: "aws", sku: "cloudwatch.logs.ingest" });
    const ingest = only(costsOf({}, { prices }), "logIngest");
    expect(ingest.unknownBecause).toBe("no price of cloudwatch.logs.ingest in us-east-1 is known");
    expect(ingest.monthlyUsd).toBeUndefined();
    expect(besideSum([ingest])).toMatchObject({ complete: false });
  });

  test("a machine without a price has no idle amount", () => {
    const idle = only(costsOf({ plan: { region: "eu-central-1" } }), "idle");
    expect(idle.unknownBecause).toContain("no price of p5.48xlarge, on-demand, in eu-central-1");
    expect(idle.monthlyUsd).toBeUndefined();
  });

  test("a price of another region is marked as one", () => {
    const metrics = only(costsOf({ plan: { region: "us-west-2" } }), "customMetrics");
    expect(metrics.source).toBe("price-list-quoted, us-east-1's");
  });

  test("every line has a source and a date, or the reason why it has no amount", () => {
    const everything = { egressShare: 1, otherZoneShare: 1, supportPercent: 3, spareNodes: 1, snapshotGBPerNode: 1 };
    const costs = [...costsOf({ plan: served }, everything), ...costsOf({}), ...costsOf(block)];
    for (const cost of costs) {
      const hasAmount = cost.monthlyUsd !== undefined || cost.oneOffUsd !== undefined;
      expect([cost.key, hasAmount]).toEqual([cost.key, cost.unknownBecause === undefined]);
      expect([cost.key, cost.source !== "none"]).toEqual([cost.key, hasAmount]);
      expect([cost.key, cost.because !== undefined]).toEqual([cost.key, cost.assumption]);
    }
  });
});

describe("sums", () => {
  test("a share of the bill is in no sum, so that spare and idle machines change none", () => {
    const sumOf = (options: Partial<HiddenOptions>) => besideSum(costsOf({}, options)).monthlyUsd.toFixed(6);
    expect(sumOf({ spareNodes: 2, utilization: 0.01 })).toBe(sumOf({ utilization: 1 }));
    const shares = costsOf({}).filter(({ within }) => within === "bill");
    expect(shares.length).toBeGreaterThan(0);
    expect(besideSum(shares).monthlyUsd.toNumber()).toBe(0);
  });

  test("clusters have costs of their own; support is of the stack", () => {
    const { side, estimate } = stackOf([{}, { name: "other", plan: { nodes: 1 } }]);
    const costs = hiddenCosts(side, estimate, { machineFacts, supportPercent: 5 });
    const idle = costs.filter(({ key }) => key === "idle");
    expect(idle.map(({ cluster, monthlyUsd }) => [cluster, monthlyUsd?.toFixed(2)])).toEqual([
      ["llm", money(perHour).times(730).toFixed(2)],
      ["other", money(perHour).times(365).toFixed(2)],
    ]);
    expect(only(costs, "support").cluster).toBeUndefined();
  });

  test("as data: amounts are decimal strings, and what is not known has no amount", () => {
    const { hiddenCosts: facts, onPremises } = hiddenFacts(costsOf({}));
    // Nobody asked for it.
    expect(onPremises).toBeUndefined();
    // Logs and metrics of two machines: 10 + 0.59 + 100.80.
    expect(facts).toMatchObject({ besideMonthlyUsd: "111.39", besideOneOffUsd: "0.00", complete: false });
    const byKey = new Map(facts?.costs.map((cost) => [cost.key, cost]));
    expect(byKey.get("idle")).toMatchObject({ monthlyUsd: "40179.20", within: "bill", cluster: "llm" });
    expect(byKey.get("support")?.monthlyUsd).toBeUndefined();
  });
});
