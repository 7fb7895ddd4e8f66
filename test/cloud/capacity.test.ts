import type { Account } from "./account";
import { blockType, type Cloud, cloud, placementType, reservationType } from "./clouds";
import { blockId, type Changes, facts, inBlock, inReservation, launch, reservationId, spot } from "./launches";

const now = "2026-08-10T12:00:00Z";
const group = "arn:aws:resource-groups:us-east-1:111122223333:group/gpus";
const block = { ...facts, kind: "block", startDate: "2026-08-10T11:30:00Z", endDate: "2026-08-12T11:30:00Z" } as const;
const reservation = { ...facts, kind: "reservation" } as const;
const account: Account = {
  now,
  reservations: {
    [blockId]: block,
    [reservationId]: reservation,
    "cr-full": { ...reservation, used: 2 },
    "cr-open": { ...reservation, open: true },
    "cr-close": { ...reservation, placementGroup: "close" },
    "cr-small": { ...reservation, instanceType: "p5.4xlarge" },
    "cr-far": { ...reservation, zoneId: "use1-az2" },
    "cr-cancelled": { ...reservation, state: "cancelled" },
    "cr-expired": { ...reservation, endDate: "2026-08-10T11:59:59Z" },
    "cr-future": { ...block, startDate: "2026-08-11T11:30:00Z" },
    "cr-ending": { ...block, endDate: "2026-08-10T12:30:00Z" },
    [group]: reservation,
  },
};

function known(facts: Account = account): Cloud {
  const it = cloud();
  it.world.know(facts);
  return it;
}

const inGroup: Changes = {
  placementGroup: null,
  template: {
    capacityReservationSpecification: { capacityReservationTarget: { capacityReservationResourceGroupArn: group } },
  },
};
const taken: [string, Changes][] = [
  ["a capacity block that has begun", inBlock()],
  ["a reservation", inReservation()],
  ["a group of reservations", inGroup],
  [
    "a reservation in the placement group that it was made in",
    { ...inReservation("cr-close"), placementGroup: "close" },
  ],
  ["the spot market, in a placement group", spot],
];

test.each(taken)("EC2 takes a launch in %s", async (_, changes) => {
  const it = known();
  await launch(it, changes);
  expect(it.world.all("Instance")).toHaveLength(1);
});

const withTemplate = (changes: Changes, template: Record<string, unknown>): Changes => ({
  ...changes,
  template: { ...changes.template, ...template },
});
const preferring = (capacityReservationPreference: string) => ({
  capacityReservationSpecification: { capacityReservationPreference },
});

const refusals: [string, string, Changes][] = [
  [
    "a capacity block that is not named",
    "InvalidParameterCombination",
    withTemplate(inBlock(), { capacityReservationSpecification: {} }),
  ],
  ["a capacity block with a placement group", "InvalidParameterCombination", { ...inBlock(), placementGroup: "close" }],
  ["a block's id without its market", "market type (purchasing) option is not valid", inReservation(blockId)],
  ["a reservation's id as a block", "market type (purchasing) option is not valid", inBlock(reservationId)],
  ["a market that is none", "market type", { template: { instanceMarketOptions: { marketType: "block" } } }],
  ["a block that is not there", "InvalidCapacityReservationId.NotFound", inBlock("cr-none")],
  ["a reservation that is not there", "InvalidCapacityReservationId.NotFound", inReservation("cr-none")],
  ["a block that has not begun", "InvalidCapacityReservationState.PendingActivation", inBlock("cr-future")],
  ["a block within 30 minutes of its end", "has ended", inBlock("cr-ending")],
  ["a reservation that has expired", "has ended", inReservation("cr-expired")],
  ["a reservation that was cancelled", "has ended", inReservation("cr-cancelled")],
  ["a reservation of another type", "is for p5.4xlarge", inReservation("cr-small")],
  ["a reservation in another zone", "is in use1-az2", inReservation("cr-far")],
  ["a reservation that is full", "ReservationCapacityExceeded", inReservation("cr-full")],
  [
    "a placement group that the reservation was not made in",
    "InsufficientInstanceCapacity",
    { ...inReservation(), placementGroup: "close" },
  ],
  [
    "a reservation without the placement group that it was made in",
    "InsufficientInstanceCapacity",
    inReservation("cr-close"),
  ],
  [
    "a reservation's id beside the preference open",
    "You can only specify",
    withTemplate(inReservation(), {
      capacityReservationSpecification: {
        ...preferring("open").capacityReservationSpecification,
        capacityReservationTarget: { capacityReservationId: reservationId },
      },
    }),
  ],
  [
    "a reservation on the spot market",
    "InvalidParameterCombination",
    withTemplate(inReservation(), { instanceMarketOptions: { marketType: "spot" } }),
  ],
  [
    "nothing but open reservations in a placement group where none was made",
    "InsufficientInstanceCapacity",
    { template: preferring("capacity-reservations-only") },
  ],
];

test.each(refusals)("EC2 refuses %s: %s", async (_, code, changes) => {
  const it = known();
  await expect(launch(it, changes)).rejects.toThrow(code);
  expect(it.world.all("Instance")).toEqual([]);
});

test("a block or reservation of which nothing was said takes any machine", async () => {
  const it = cloud();
  await launch(it, { ...inBlock("cr-any"), name: "a" });
  await launch(it, { ...inReservation("cr-other"), name: "b", machine: "p5.4xlarge" });
  expect(it.world.all("Instance")).toHaveLength(2);
});

describe("what there is", () => {
  const two = async (it: Cloud, changes: Changes) => {
    await launch(it, { ...changes, name: "one" });
    return launch(it, { ...changes, name: "two" });
  };

  test("a reservation has as many slots as it says, and a machine that goes gives its own back", async () => {
    const it = known({ now, reservations: { [reservationId]: { ...reservation, instanceCount: 1 } } });
    await expect(two(it, inReservation())).rejects.toThrow("ReservationCapacityExceeded");
    await it.remove("aws:ec2/instance:Instance", it.world.all("Instance")[0]?.id ?? "");
    await launch(it, { ...inReservation(), name: "three" });
    expect(it.world.all("Instance").map(({ name }) => name)).toEqual(["three"]);
  });

  test("AWS has as many machines as a test says, and a gang starts in part", async () => {
    const it = known({ capacity: { "p5.48xlarge use1-az6": 1 } });
    await expect(two(it, {})).rejects.toThrow("InsufficientInstanceCapacity");
    expect(it.world.all("Instance").map(({ name }) => name)).toEqual(["one"]);
  });

  const make = (it: Cloud, instanceCount: number, changes: Record<string, unknown> = {}) =>
    it.create(reservationType, "capacity", {
      instanceType: "p5.48xlarge",
      instancePlatform: "Linux/UNIX",
      availabilityZone: "us-east-1a",
      instanceMatchCriteria: "targeted",
      instanceCount,
      ...changes,
    });

  test("a reservation is made for all machines or for none", async () => {
    const it = known({ capacity: { "p5.48xlarge use1-az6": 2 } });
    await expect(make(it, 3)).rejects.toThrow("InsufficientInstanceCapacity");
    expect(it.world.resources()).toEqual([]);
    const { id } = await make(it, 2);
    await two(it, inReservation(id));
    await expect(launch(it, { ...inReservation(id), name: "three" })).rejects.toThrow("ReservationCapacityExceeded");
    await expect(launch(it, { name: "four" })).rejects.toThrow("InsufficientInstanceCapacity");
    // Machines that run in a reservation go on without it.
    await it.remove(reservationType, id);
    expect(it.world.all("Instance")).toHaveLength(2);
  });

  test("a reservation that is open is taken by machines that name none", async () => {
    const it = known({ capacity: { "p5.48xlarge use1-az6": 2 } });
    await make(it, 2, { instanceMatchCriteria: "open" });
    const plain: Changes = { placementGroup: null };
    await two(it, plain);
    await expect(launch(it, { ...plain, name: "three" })).rejects.toThrow("InsufficientInstanceCapacity");
  });

  test("the vCPU quota counts machines on demand and reservations, not blocks; spot has its own", async () => {
    const it = known({ ...account, onDemandVcpus: 192, spotVcpus: 0 });
    await launch(it, { ...inBlock(), name: "block" });
    await expect(two(it, {})).rejects.toThrow("VcpuLimitExceeded");
    await expect(make(it, 1)).rejects.toThrow("VcpuLimitExceeded");
    await expect(launch(it, { ...spot, name: "spot" })).rejects.toThrow("MaxSpotInstanceCountExceeded");
  });

  test("a reservation is of a type that its zone has, in a zone by its name, and holds its placement group", async () => {
    const it = cloud();
    await expect(make(it, 1, { availabilityZone: "use1-az6" })).rejects.toThrow("Invalid availability zone");
    await expect(make(it, 1, { instanceType: "p5e.48xlarge" })).rejects.toThrow("Unsupported");
    await expect(make(it, 1, { endDateType: "limited" })).rejects.toThrow("InvalidParameterCombination");
    const close = await it.create(placementType, "close", { name: "close", strategy: "cluster" });
    const { arn } = close.outs as { arn: string };
    const { id } = await make(it, 1, { placementGroupArn: arn });
    await expect(it.remove(placementType, close.id)).rejects.toThrow("InvalidPlacementGroup.InUse");
    await launch(it, { ...inReservation(id), placementGroup: "close" });
    expect(it.world.all("Instance")).toHaveLength(1);
  });
});

describe("a block that a stack buys", () => {
  const buy = (it: Cloud, capacityBlockOfferingId = "cb-1", name = "block") =>
    it.create(blockType, name, { capacityBlockOfferingId, instancePlatform: "Linux/UNIX" });

  test("is of what was offered, once, and takes machines from its start", async () => {
    const it = known({
      now,
      offerings: { "cb-1": { ...facts, startDate: "2026-08-11T11:30:00Z", endDate: block.endDate } },
    });
    await expect(buy(it, "cr-1")).rejects.toThrow("InvalidCapacityBlockOfferingIdMalformed");
    await expect(buy(it, "cb-2")).rejects.toThrow("InvalidCapacityBlockOfferingIdNotFound");
    const { id, outs } = await buy(it);
    expect(outs).toMatchObject({ instanceType: "p5.48xlarge", instanceCount: 2, availabilityZone: "us-east-1a" });
    await expect(buy(it, "cb-1", "again")).rejects.toThrow("InvalidCapacityBlockOfferingIdExpired");
    await expect(launch(it, inBlock(id))).rejects.toThrow("PendingActivation");
    it.world.know({ now: "2026-08-11T11:30:00Z" });
    await launch(it, { ...inBlock(id), name: "later" });
    expect(it.world.all("Instance").map(({ name }) => name)).toEqual(["later"]);
  });

  test("is forgotten by the stack that deletes it, and stays in the account", async () => {
    const it = cloud();
    const { id } = await buy(it);
    await it.remove(blockType, id);
    expect(it.world.resources()).toEqual([]);
    expect(it.world.foreign().map(({ id: kept }) => kept)).toEqual([id]);
  });
});
