import type { Subject } from "../../cli/preflight/subject";
import { purchaseWords } from "../../sizing/decisionArgs";
import { check, inMinutes, ownTags, reservation, said } from "./preflightSupport";

const capacity: Subject["capacity"] = { mode: "capacityBlock", hours: 48 };
const toBuy: Subject["capacity"] = { ...capacity, offeringId: "cb-0a", purchase: purchaseWords };
const blocks = [
  { id: "cb-0b", zone: "us-east-1b", start: inMinutes(3000), hours: 47, fee: "1480.00" },
  { id: "cb-0a", zone: "us-east-1a", start: inMinutes(1410), hours: 48, fee: "1500.00" },
];

test("a stack without a block fails, and is shown what there is: the earliest first, zones under both names", async () => {
  const report = await check({ capacity }, { blocks });
  expect(said(report, "reservation")).toEqual(["fails: no capacity block is named"]);
  expect(said(report, "offerings")).toEqual([
    "ok: AWS offers 2 capacity blocks of 2 x p5.48xlarge for about 48 h, 1 in use1-az6",
  ]);
  expect(report.offerings).toEqual([
    {
      id: "cb-0a",
      zone: "us-east-1a",
      zoneId: "use1-az6",
      machines: 2,
      hours: 48,
      start: "2026-11-21T11:30:00.000Z",
      end: "2026-11-23T11:30:00.000Z",
      upfrontFee: "1500.00",
      currency: "USD",
    },
    expect.objectContaining({ id: "cb-0b", zoneId: "use1-az1" }),
  ]);
});

test("others see them only when they ask, and choose the length", async () => {
  const asked: unknown[] = [];
  const describeCapacityBlockOfferings = async (input: object) => {
    asked.push(input);
    return { $metadata: {}, CapacityBlockOfferings: [] };
  };
  const ask = (subject: Partial<Subject>, options: object) =>
    check(subject, {}, options, { describeCapacityBlockOfferings });
  expect(said(await ask({}, {}), "offerings")).toEqual([]);
  expect(asked).toEqual([]);
  expect(said(await ask({}, { offerings: true }), "offerings").join()).toMatch(/^warns: AWS offers no capacity block/);
  await ask({ capacity }, {});
  await ask({ capacity }, { offerings: true, hours: 168 });
  expect(asked).toMatchObject([
    { InstanceType: "p5.48xlarge", InstanceCount: 2, CapacityDurationHours: 24 },
    { CapacityDurationHours: 48 },
    { CapacityDurationHours: 168 },
  ]);
});

describe("an offering that the stack is to buy", () => {
  test("is told with its fee and start, and that it is not given back", async () => {
    const { findings } = await check({ capacity: toBuy }, { blocks });
    expect(findings.filter((finding) => finding.check === "offerings")).toMatchObject([
      {
        state: "warns",
        fact: "cb-0a is offered: 1500.00 USD upfront, from 2026-11-21 11:30 UTC to 2026-11-23 11:30 UTC",
        meaning:
          "pulumi up buys it: paid upfront, and not refunded; its machines cannot start before 2026-11-21 11:30 UTC",
      },
      { state: "ok", fact: "cb-0a is in us-east-1a (use1-az6)" },
    ]);
    expect(said({ findings }, "reservation")).toEqual([]);
  });

  test("fails where it is gone, or in another zone", async () => {
    const gone = await check({ capacity: { ...toBuy, offeringId: "cb-0c" } }, { blocks });
    expect(said(gone, "offerings").join()).toMatch(/^fails: cb-0c is not among the 2 offerings/);
    const elsewhere = await check({ capacity: { ...toBuy, offeringId: "cb-0b" } }, { blocks });
    expect(said(elsewhere, "offerings").join()).toMatch(
      /^fails: .*us-east-1b \(use1-az1\), and decision.zone is use1-az6/,
    );
  });

  test("once bought is the cluster's own block, and is checked as one", async () => {
    const bought = reservation({ ReservationType: "capacity-block", EndDate: inMinutes(3000), Tags: ownTags });
    const report = await check({ capacity: toBuy }, { reservations: [bought] });
    expect(said(report, "offerings")).toEqual([
      "ok: a block was bought already: cr-0123456789abcdef0 (tag llm-cluster-stack=llm-cluster/dev)",
    ]);
    expect(said(report, "reservation")).toContain(
      "ok: cr-0123456789abcdef0 has 2 slots, 2 of them free, for 2 machines",
    );
  });
});
