import type { CapacityReservation } from "@aws-sdk/client-ec2";
import type { Subject } from "../../cli/preflight/subject";
import { check, inMinutes, machine, ownTags, reservation, said } from "./preflightSupport";

const id = "cr-0123456789abcdef0";
const targeted: Subject["capacity"] = { mode: "reservation", reservationId: id };
const block: Subject["capacity"] = { mode: "capacityBlock", reservationId: id };
const week = 7 * 24 * 60;
const boughtBlock = (changes: Partial<CapacityReservation> = {}) =>
  reservation({ ReservationType: "capacity-block", EndDate: inMinutes(week), ...changes });

const failures = async (capacity: Subject["capacity"], found: CapacityReservation) => {
  const { findings } = await check({ capacity }, { reservations: [found] });
  return findings.filter((one) => one.check === "reservation" && one.state !== "ok");
};

describe("a reservation", () => {
  test("that fits is ok, with its zone under both names, its end and its room", async () => {
    const report = await check({ capacity: targeted }, { reservations: [reservation()] });
    expect(said(report, "reservation")).toEqual([
      `ok: ${id} is in us-east-1a (use1-az6)`,
      `ok: ${id} is active, without an end`,
      `ok: ${id} has 2 slots, 2 of them free, for 2 machines`,
    ]);
  });

  test.each<[string, Partial<CapacityReservation>, RegExp]>([
    ["another machine", { InstanceType: "p5en.48xlarge" }, /is of p5en.48xlarge, and the plan has p5.48xlarge/],
    [
      "another zone",
      { AvailabilityZone: "us-east-1b", AvailabilityZoneId: "use1-az1" },
      /us-east-1b \(use1-az1\), and decision.zone is use1-az6/,
    ],
    ["another platform", { InstancePlatform: "Windows" }, /is for Windows/],
    ["dedicated tenancy", { Tenancy: "dedicated" }, /has tenancy dedicated/],
    ["too few slots", { TotalInstanceCount: 1, AvailableInstanceCount: 1 }, /has 1 slot, 1 of them free/],
    ["expired", { State: "expired" }, /is expired/],
    [
      "a block",
      { ReservationType: "capacity-block", EndDate: inMinutes(week) },
      /is a capacity block, and capacity.mode is reservation/,
    ],
  ])("that is %s fails, and says what to do", async (_, changes, fact) => {
    const [failure, ...others] = await failures(targeted, reservation(changes));
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ state: "fails", fact: expect.stringMatching(fact), fix: expect.any(String) });
  });

  test("every fault is said at once", async () => {
    const found = reservation({ InstanceType: "p5en.48xlarge", State: "cancelled", Tenancy: "dedicated" });
    expect(await failures(targeted, found)).toHaveLength(3);
  });

  test("slots that this cluster's own machines hold are its own; others' are not", async () => {
    const full = reservation({ AvailableInstanceCount: 0 });
    const inside = { CapacityReservationId: id };
    const own = [machine("i-1", { ...inside, Tags: ownTags }), machine("i-2", { ...inside, Tags: ownTags })];
    const kept = await check({ capacity: targeted }, { reservations: [full], machines: own });
    expect(said(kept, "reservation")).toContain(
      `ok: ${id} has 2 slots, 0 of them free, and 2 used by this cluster's machines (tag llm-cluster-stack=llm-cluster/dev), for 2 machines`,
    );
    const theirs = await check(
      { capacity: targeted },
      { reservations: [full], machines: [own[0] as never, machine("i-3", inside)] },
    );
    expect(said(theirs, "reservation").join()).toMatch(/fails: .* 0 of them free, and 1 used by this cluster/);
  });

  test("placement groups must be the same one, or none", async () => {
    const inGroup = reservation({ PlacementGroupArn: "arn:aws:ec2:us-east-1:111122223333:placement-group/mine" });
    expect(await failures({ ...targeted, placementGroup: "mine" }, inGroup)).toEqual([]);
    expect(await failures({ ...targeted, placementGroup: "other" }, inGroup)).toMatchObject([{ state: "fails" }]);
    expect(await failures({ ...targeted, placementGroup: "mine" }, reservation())).toMatchObject([
      { state: "fails", fix: "remove capacity.placementGroup" },
    ]);
    // EC2 starts machines in it all the same, outside the group.
    expect(await failures(targeted, inGroup)).toMatchObject([
      { state: "warns", fix: "set capacity.placementGroup to mine" },
    ]);
  });

  test("that is not there fails; a resource group of them cannot be checked", async () => {
    expect(said(await check({ capacity: targeted }), "reservation")).toEqual([
      `fails: us-east-1 has no reservation ${id} for this account`,
    ]);
    const arn = "arn:aws:resource-groups:us-east-1:111122223333:group/gpus";
    const group = await check({ capacity: { mode: "reservation", reservationId: arn } });
    expect(said(group, "reservation")).toEqual(["could not check: resource group gpus of reservations"]);
  });
});

describe("a capacity block", () => {
  test("that runs is ok, and says from when its machines are terminated", async () => {
    const report = await check({ capacity: block }, { reservations: [boughtBlock()] });
    expect(said(report, "reservation")).toContain(
      `ok: ${id} is active until 2026-11-27 12:00 UTC; its machines are terminated from 2026-11-27 11:30 UTC on`,
    );
    expect(said(report, "quota")).toEqual(["ok: a capacity block takes no vCPU quota: what is bought is there"]);
  });

  test.each<[string, Partial<CapacityReservation>, string]>([
    ["an on-demand reservation", { ReservationType: "default" }, "set mode to reservation"],
    [
      "not started",
      { State: "scheduled", StartDate: inMinutes(90) },
      "run pulumi up when it is active, from 2026-11-20 13:30 UTC on",
    ],
    ["not paid", { State: "payment-pending" }, "run pulumi up when it is active"],
    [
      "within 30 minutes of its end",
      { EndDate: inMinutes(30) },
      "extend the block before it ends, or name another one",
    ],
  ])("that is %s fails", async (_, changes, fix) => {
    expect(await failures(block, boughtBlock(changes))).toMatchObject([{ state: "fails", fix }]);
  });

  test("that ends within a day warns, a minute before its last half hour too", async () => {
    expect(await failures(block, boughtBlock({ EndDate: inMinutes(31) }))).toMatchObject([{ state: "warns" }]);
  });

  test("holds up to 64 machines", async () => {
    const many = reservation({ ...boughtBlock(), TotalInstanceCount: 65, AvailableInstanceCount: 65 });
    const report = await check({ capacity: block, nodes: 65 }, { reservations: [many] });
    expect(said(report, "quota").join()).toMatch(/^fails: 65 machines do not fit/);
  });
});

describe("open reservations", () => {
  const open = (changes: Partial<CapacityReservation> = {}) =>
    reservation({ InstanceMatchCriteria: "open", ...changes });
  const capacity: Subject["capacity"] = { mode: "openReservation" };

  test("add up, where they match in every way", async () => {
    const two = [
      open({ AvailableInstanceCount: 1 }),
      open({ CapacityReservationId: "cr-2", AvailableInstanceCount: 1 }),
    ];
    expect(said(await check({ capacity }, { reservations: two }), "reservation")).toEqual([
      `ok: 2 open, active reservations of p5.48xlarge in use1-az6 (${id}, cr-2), 2 slots free, for 2 machines`,
    ]);
  });

  test.each<[string, Partial<CapacityReservation>]>([
    ["targeted", { InstanceMatchCriteria: "targeted" }],
    ["elsewhere", { AvailabilityZoneId: "use1-az1" }],
    ["of another machine", { InstanceType: "p5e.48xlarge" }],
    ["of a placement group", { PlacementGroupArn: "arn:aws:ec2:us-east-1:1:placement-group/g" }],
    ["not yet active", { State: "pending" }],
    ["full", { AvailableInstanceCount: 0 }],
  ])("that are %s are none: the machines start on demand", async (_, changes) => {
    const [finding] = (await check({ capacity }, { reservations: [open(changes)] })).findings.filter(
      (one) => one.check === "reservation",
    );
    expect(finding).toMatchObject({ state: "warns", meaning: expect.stringContaining("on demand") });
  });
});
