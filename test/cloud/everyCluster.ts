import type { AwsClusterArgs } from "../../components/aws/args";
import { type CapacityArgs, type DecisionArgs, purchaseWords } from "../../sizing/decisionArgs";
import type { Account } from "./account";

/** Every machine that clusters are made of, with a model that fits and a place that has it. */
export const machines: readonly DecisionArgs[] = [
  { machine: "p5.4xlarge", model: "llama-3.1-8b", region: "us-east-1", zone: "use1-az6" },
  { machine: "p5.48xlarge", model: "llama-3.1-405b", precision: "fp8", region: "us-east-1", zone: "us-east-1a" },
  { machine: "p5e.48xlarge", model: "llama-3.1-405b", precision: "fp8", region: "us-east-2", zone: "use2-az1" },
  { machine: "p5en.48xlarge", model: "llama-3.1-405b", precision: "fp8", region: "us-east-1", zone: "use1-az6" },
  { machine: "p6-b200.48xlarge", model: "llama-3.1-405b", precision: "fp8", region: "us-east-1", zone: "use1-az6" },
  { machine: "p6-b300.48xlarge", model: "llama-3.1-405b", precision: "fp8", region: "us-west-2", zone: "usw2-az2" },
].map((decision) => ({ ...decision, contextLength: 8192 }));

const id = "cr-0123456789abcdef0";
const group = "arn:aws:resource-groups:us-east-1:111122223333:group/gpus";
const offering = "cb-0123456789abcdef0";

/** The placement group that a reservation was made in. */
export const placementGroup = "close";

/** Every way to buy machines, and what the account has for it. */
export const modes: readonly {
  what: string;
  capacity: CapacityArgs;
  account: (machine: { instanceType: string; zoneId: string; instanceCount: number }) => Account;
}[] = [
  { what: "on demand", capacity: { allOrNothing: false }, account: nothingReserved },
  { what: "on demand, all or none", capacity: { allOrNothing: true }, account: nothingReserved },
  {
    what: "in a capacity block",
    capacity: { mode: "capacityBlock", reservationId: id },
    account: (machine) => ({ reservations: { [id]: { ...machine, kind: "block" } } }),
  },
  {
    what: "in a capacity block that is bought",
    capacity: { mode: "capacityBlock", offeringId: offering, purchase: purchaseWords, hours: 24 },
    account: (machine) => ({ reservations: {}, offerings: { [offering]: machine } }),
  },
  {
    what: "in a reservation",
    capacity: { mode: "reservation", reservationId: id },
    account: (machine) => ({ reservations: { [id]: { ...machine, kind: "reservation" } } }),
  },
  {
    what: "in a reservation that was made in a placement group",
    capacity: { mode: "reservation", reservationId: id, placementGroup },
    account: (machine) => ({ reservations: { [id]: { ...machine, kind: "reservation", placementGroup } } }),
  },
  {
    what: "in a group of reservations",
    capacity: { mode: "reservation", reservationId: group },
    account: (machine) => ({ reservations: { [group]: { ...machine, kind: "reservation" } } }),
  },
  {
    what: "in an open reservation",
    capacity: { mode: "openReservation" },
    account: (machine) => ({ reservations: { [id]: { ...machine, kind: "reservation", open: true } } }),
  },
  { what: "on the spot market", capacity: { mode: "spot" }, account: nothingReserved },
];

/** Machines enough on demand, and no reservation. */
function nothingReserved({
  instanceType,
  zoneId,
  instanceCount,
}: {
  instanceType: string;
  zoneId: string;
  instanceCount: number;
}): Account {
  return { reservations: {}, capacity: { [`${instanceType} ${zoneId}`]: instanceCount } };
}

/** Every machine bought in every way, two for one replica. */
export const everyCluster = machines.flatMap((decision) =>
  modes.map(({ what, capacity, account }) => ({
    what: `2 x ${decision.machine} ${what}`,
    args: { decision: { ...decision, capacity, overrides: { pipelineParallel: 2, replicas: 1 } } } as AwsClusterArgs,
    account,
  })),
);
