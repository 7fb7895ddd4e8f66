import * as fc from "fast-check";
import type { OnPremisesOptions } from "../../pricing/hidden/hiddenCost";
import { type OnPremisesComparison, onPremises } from "../../pricing/hidden/onPremises";
import { hiddenFacts } from "../../pricing/render/hidden";
import { machineFacts, type Shape, stackOf } from "../support/hiddenStacks";
import { runs } from "../support/runs";

const oneNode: Shape = { plan: { nodes: 1, replicas: 1 } };

function compare(shape: Shape, options: Partial<OnPremisesOptions> = {}): OnPremisesComparison {
  const { side, estimate } = stackOf([shape]);
  const [comparison] = onPremises(side, estimate, { machineFacts, ...options });
  if (!comparison) throw new Error("no cluster was compared");
  return comparison;
}

function part({ parts }: OnPremisesComparison, key: string) {
  const found = parts.find((one) => one.key === key);
  if (!found) throw new Error(`no part is ${key}`);
  return { ...found, low: found.monthlyUsd?.low.toNumber(), high: found.monthlyUsd?.high.toNumber() };
}

test("the worked check: $425 a month of power against $40,179 a month of p5.48xlarge on demand", () => {
  const comparison = compare(oneNode, { utilization: 0.8, pue: 1.25, usdPerKwh: 0.08 });
  const power = part(comparison, "power");
  expect(power.low).toBeCloseTo(8 * 0.7 * 0.8 * 1.3 * 1.25 * 730 * 0.08, 9);
  expect(power.low?.toFixed(0)).toBe("425");
  expect(power.high).toBe(power.low);
  expect(power.arithmetic).toBe("8 x 0.7 kW x 1.3 x 80 % x PUE 1.25 x 730 h x $0.08 a kWh");
  // A PUE of 1.25 is a fifth for everything but the machines.
  expect(comparison.coolingMonthlyUsd?.toNumber()).toBeCloseTo(425.152 / 5, 9);
  expect(comparison.cloud.monthlyUsd?.toFixed(2)).toBe("40179.20");
});

test("one machine with 8 x H100: place, machines, the sum, and where the two are level", () => {
  const comparison = compare(oneNode, { utilization: 0.8 });
  // 8 x 0.7 kW x 1.3 are 7.28 kW, at $150 and at $250.
  expect(part(comparison, "colocation")).toMatchObject({ low: 1092, high: 1820 });
  const bought = { low: 300_000 * 1.1, high: 350_000 * 1.15 };
  expect(part(comparison, "capex").low).toBeCloseTo(bought.low / 48, 9);
  expect(part(comparison, "capex").high).toBeCloseTo(bought.high / 48, 9);
  const low = 425.152 + 1092 + bought.low / 48;
  const high = 425.152 + 1820 + bought.high / 48;
  expect(comparison.monthlyUsd?.low.toNumber()).toBeCloseTo(low, 6);
  expect(comparison.monthlyUsd?.high.toNumber()).toBeCloseTo(high, 6);
  expect(comparison).toMatchObject({ complete: true, source: "power", asOf: "2024-2026" });
  expect(comparison.leftOut).toContain("staff");
  // Rented for a share u of the month, the cloud costs u x 40,179.20; owning costs place and machines, and u x full power.
  const full = 425.152 / 0.8;
  const { utilization, months } = comparison.breakEven;
  expect(utilization?.low.toNumber()).toBeCloseTo((1092 + bought.low / 48) / (40_179.2 - full), 6);
  expect(utilization?.high.toNumber()).toBeCloseTo((1820 + bought.high / 48) / (40_179.2 - full), 6);
  expect(months?.low.toNumber()).toBeCloseTo(bought.low / (40_179.2 - 425.152 - 1092), 6);
  expect(months?.high.toNumber()).toBeCloseTo(bought.high / (40_179.2 - 425.152 - 1820), 6);
});

test("what nobody stated is said to be assumed", () => {
  expect(compare(oneNode).assumed).toEqual(["50 % of the planned load", "PUE 1.25", "$0.08 a kWh", "48 months"]);
  expect(compare(oneNode, { utilization: 0.8, pue: 1.1, usdPerKwh: 0.06, months: 36 }).assumed).toEqual([]);
});

test("months and a server's price are taken where they are stated", () => {
  const capex = part(
    compare({ plan: { ...oneNode.plan, machine: "p5en.48xlarge" } }, { months: 36, serverUsd: 400_000 }),
    "capex",
  );
  expect(capex.low).toBeCloseTo((400_000 * 1.1) / 36, 9);
  expect(capex.high).toBeCloseTo((400_000 * 1.15) / 36, 9);
});

test("8 x H200: power and place are known, the server's price is not, and the sum says so", () => {
  const comparison = compare({ plan: { ...oneNode.plan, machine: "p5en.48xlarge" } }, { utilization: 0.8 });
  expect(part(comparison, "power").low).toBeCloseTo(425.152, 9);
  expect(part(comparison, "capex")).toMatchObject({ low: undefined, unknownBecause: expect.stringContaining("H200") });
  expect(comparison.complete).toBe(false);
  expect(comparison.monthlyUsd?.low.toNumber()).toBeCloseTo(425.152 + 1092, 6);
  expect(comparison.breakEven).toEqual({ unknownBecause: expect.stringContaining("the price of a server") });
});

test.each([
  ["p6-b300.48xlarge", "NVIDIA B300"],
  // Its name ends in that of a B200, and it is none.
  ["p6e-gb200", "NVIDIA GB200"],
])("%s: a GPU that is not in the data has no figure of another's", (machine, gpu) => {
  const comparison = compare({ plan: { ...oneNode.plan, machine } });
  expect(part(comparison, "power").unknownBecause).toContain(gpu);
  expect(part(comparison, "colocation").low).toBeUndefined();
  expect(comparison.monthlyUsd).toBeUndefined();
});

test("a machine that the catalogue lacks, and a cloud price that is not known, are said", () => {
  const strange = compare({ plan: { machine: "x9.metal" } });
  expect(strange).toMatchObject({ parts: [], complete: false });
  expect(strange.monthlyUsd).toBeUndefined();
  expect(strange.breakEven.unknownBecause).toContain("x9.metal");
  const unpriced = compare({ plan: { ...oneNode.plan, region: "eu-central-1" } });
  expect(unpriced.cloud.monthlyUsd).toBeUndefined();
  expect(unpriced.cloud.unknownBecause).toContain("eu-central-1");
  expect(unpriced.breakEven.unknownBecause).toContain("the price of the cloud's machines");
});

test("a capacity block is set beside it at its hourly rate", () => {
  const decision = { capacity: { mode: "capacityBlock", hours: 168 } };
  const comparison = compare({ plan: { nodes: 1, replicas: 1, capacityMode: "capacityBlock" }, decision });
  expect(comparison.cloud.monthlyUsd?.toNumber()).toBeCloseTo(41.528 * 730, 6);
});

test("where power and place alone are dearer than the cloud, there is no point at which owning pays", () => {
  const { breakEven } = compare(oneNode, { usdPerKwh: 50 });
  expect(breakEven).toEqual({ unknownBecause: expect.stringContaining("power and place alone") });
});

test("property: at the share where they are level, renting by the hour costs what owning does", () => {
  const shape = fc.record({
    nodes: fc.integer({ min: 1, max: 16 }),
    pue: fc.integer({ min: 100, max: 200 }).map((value) => value / 100),
    usdPerKwh: fc.integer({ min: 1, max: 40 }).map((value) => value / 100),
    months: fc.integer({ min: 12, max: 60 }),
  });
  fc.assert(
    fc.property(shape, ({ nodes, ...options }) => {
      const plan = { nodes, replicas: nodes };
      const level = compare({ plan }, options).breakEven.utilization;
      for (const end of ["low", "high"] as const) {
        const share = level?.[end].toNumber() ?? Number.NaN;
        // Power is linear in use, so a share above the whole month is as good a check.
        const there = compare({ plan }, { ...options, utilization: share });
        const rented = (there.cloud.monthlyUsd?.toNumber() ?? Number.NaN) * share;
        expect(rented / (there.monthlyUsd?.[end].toNumber() ?? Number.NaN)).toBeCloseTo(1, 9);
      }
    }),
    runs(50),
  );
});

test("property: cooling is what a PUE of 1 would save", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 200 }), fc.integer({ min: 1, max: 100 }), (percent, used) => {
      const utilization = used / 100;
      const hot = compare(oneNode, { utilization, pue: percent / 100 });
      const bare = compare(oneNode, { utilization, pue: 1 });
      const own = (part(hot, "power").low ?? Number.NaN) - (hot.coolingMonthlyUsd?.toNumber() ?? Number.NaN);
      expect(own).toBeCloseTo(part(bare, "power").low ?? Number.NaN, 6);
    }),
    runs(50),
  );
});

test("as data: both ends as decimal strings", () => {
  const { onPremises: [facts] = [], hiddenCosts } = hiddenFacts(undefined, [compare(oneNode, { utilization: 0.8 })]);
  expect(hiddenCosts).toBeUndefined();
  expect(facts).toMatchObject({
    monthlyUsd: { low: "8392.15", high: "10630.57" },
    coolingMonthlyUsd: "85.03",
    cloud: { monthlyUsd: "40179.20" },
    breakEven: { utilization: { low: "0.2009", high: "0.2574" }, months: { low: "8.5", high: "10.6" } },
  });
});
