import type { AwsClusterArgs } from "../../components/aws/args";
import { type CapacityArgs, CapacityMode, purchaseWords } from "../../sizing/decisionArgs";
import { big, block, small } from "../support/clusters";
import { all, known, one, recordCluster } from "../support/graph";

const id = "cr-0123456789abcdef0";
const bought = (capacity: CapacityArgs, args: AwsClusterArgs = big) =>
  recordCluster({ ...args, decision: { ...args.decision, capacity } });

/** What every template says of how its machine is bought, and whether machines are in a placement group. */
async function waysOfBuying(capacity: CapacityArgs) {
  const { resources } = await bought(capacity);
  const fields = all(resources, "LaunchTemplate").map(({ inputs }) => [
    inputs.instanceMarketOptions,
    inputs.capacityReservationSpecification,
  ]);
  const groups = all(resources, "Instance").map(({ inputs }) => inputs.placementGroup);
  expect(new Set(fields.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(new Set(groups).size).toBe(1);
  return { market: fields[0]?.[0], reservation: fields[0]?.[1], group: groups[0], resources };
}

const target = (capacityReservationTarget: object) => ({ capacityReservationTarget });

test.each<[string, CapacityArgs, object | undefined, object | undefined, string | undefined]>([
  ["on demand", { mode: CapacityMode.onDemand }, undefined, undefined, "llm-placement-1a-0123456"],
  [
    "of a capacity block",
    { mode: CapacityMode.capacityBlock, reservationId: id },
    { marketType: "capacity-block" },
    target({ capacityReservationId: id }),
    undefined,
  ],
  [
    "of a reservation",
    { mode: CapacityMode.reservation, reservationId: id },
    undefined,
    target({ capacityReservationId: id }),
    undefined,
  ],
  [
    "of a reservation in a placement group",
    { mode: CapacityMode.reservation, reservationId: id, placementGroup: "ours" },
    undefined,
    target({ capacityReservationId: id }),
    "ours",
  ],
  [
    "of a group of reservations",
    { mode: CapacityMode.reservation, reservationId: "arn:aws:resource-groups:us-east-1:111122223333:group/gpus" },
    undefined,
    target({ capacityReservationResourceGroupArn: "arn:aws:resource-groups:us-east-1:111122223333:group/gpus" }),
    undefined,
  ],
  ["of an open reservation", { mode: CapacityMode.openReservation }, undefined, undefined, undefined],
  [
    "of an open reservation in a placement group",
    { mode: CapacityMode.openReservation, placementGroup: "ours" },
    undefined,
    undefined,
    "ours",
  ],
  [
    "on spot",
    { mode: CapacityMode.spot },
    { marketType: "spot", spotOptions: { spotInstanceType: "one-time", instanceInterruptionBehavior: "terminate" } },
    undefined,
    "llm-placement-1a-0123456",
  ],
])("a machine %s is asked for with exactly the fields of that", async (_, capacity, market, reservation, group) => {
  expect(await waysOfBuying(capacity)).toMatchObject({ market, reservation, group });
});

describe("all or none", () => {
  test("is a reservation of every machine, in the placement group, that machines wait for", async () => {
    const { resources } = await bought({ mode: CapacityMode.onDemand });
    const reservation = one(resources, "CapacityReservation");
    expect(reservation.inputs).toMatchObject({
      instanceType: "p5.48xlarge",
      instanceCount: 3,
      availabilityZone: "us-east-1a",
      placementGroupArn: "arn:aws:::llm-placement-1a",
      endDateType: "unlimited",
    });
    for (const { dependencies } of all(resources, "Instance")) expect(dependencies).toContain(reservation.urn);
  });

  test("is for gangs, unless one says otherwise; and for what is on demand only", async () => {
    const made = async (capacity: CapacityArgs, args: AwsClusterArgs) =>
      all((await bought(capacity, args)).resources, "CapacityReservation").length;
    expect(await made({ allOrNothing: false }, big)).toBe(0);
    expect(await made({}, small)).toBe(0);
    expect(await made({ allOrNothing: true }, small)).toBe(1);
    for (const mode of [CapacityMode.spot, CapacityMode.openReservation]) expect(await made({ mode }, big)).toBe(0);
  });

  test("costs nothing beside its machines", async () => {
    const monthly = async (allOrNothing: boolean) => known((await bought({ allOrNothing })).cluster.monthlyCostUsd);
    expect(await monthly(true)).toBe(await monthly(false));
  });
});

describe("a capacity block", () => {
  test("is bought only in words, protected, and kept when the program forgets it", async () => {
    const offering = { mode: CapacityMode.capacityBlock, offeringId: "cb-0123456789abcdef0", hours: 48 };
    const { resources, cluster } = await bought({ ...offering, purchase: purchaseWords });
    const purchase = one(resources, "CapacityBlockReservation");
    expect(purchase).toMatchObject({
      protect: true,
      retainOnDelete: true,
      ignoreChanges: ["capacityBlockOfferingId"],
      inputs: { capacityBlockOfferingId: "cb-0123456789abcdef0", instancePlatform: "Linux/UNIX" },
    });
    for (const { propertyDependencies } of all(resources, "LaunchTemplate"))
      expect(propertyDependencies?.capacityReservationSpecification).toEqual([purchase.urn]);
    expect(await known(cluster.capacityEndsAt)).toBe("2027-01-31T11:30:00Z");
    expect(all((await recordCluster(block)).resources, "CapacityBlockReservation")).toHaveLength(0);
  });

  test("tells its end to the nodes", async () => {
    const { resources, cluster } = await recordCluster(block);
    const release = String(one(resources, "BucketObjectv2", "llm-release").inputs.content);
    expect(release).toContain("CAPACITY_ENDS_AT=2027-01-31T11:30:00Z");
    expect(await known(cluster.capacityEndsAt)).toBe("2027-01-31T11:30:00Z");
  });
});
