import type { CapacityReservation } from "@aws-sdk/client-ec2";
import { CapacityMode } from "../../sizing/decisionArgs";
import { allPages, type SharedAnswers } from "./answers";
import { answered } from "./awsErrors";
import type { AwsClients } from "./clients";
import { answeredWith, attempt, type Finding, findingsOf } from "./finding";
import { judgeFit } from "./reservationFit";
import { judgeWindow } from "./reservationWindow";
import type { Subject } from "./subject";
import { ownIn } from "./usage";

const say = findingsOf("reservation");

/** Whether the reservation that was named is one that this cluster's machines can start in, now. */
export async function checkReservation(
  subject: Subject,
  clients: AwsClients,
  answers: SharedAnswers,
  now: Date,
): Promise<Finding[]> {
  const { mode, reservationId, offeringId } = subject.capacity;
  if (mode !== CapacityMode.reservation && mode !== CapacityMode.capacityBlock) return [];
  // A block that is bought by the stack, and one that is still to be found, are the offerings' business.
  if (reservationId === undefined) return offeringId === undefined ? [noBlock()] : [];
  if (reservationId.startsWith("arn:")) return [resourceGroup(reservationId)];
  return attempt("reservation", reservationId, async () => {
    const reservation = await askReservation(clients, reservationId);
    if (!reservation) return [missing(subject, reservationId)];
    return judgeReservation(subject, reservation, answers, now);
  });
}

/** Everything about one reservation that decides whether machines start in it. */
export async function judgeReservation(
  subject: Subject,
  reservation: CapacityReservation,
  answers: SharedAnswers,
  now: Date,
): Promise<Finding[]> {
  const faults = [...judgeFit(subject, reservation), ...judgeWindow(reservation, now)];
  return [...faults, ...(await judgeRoom(subject, reservation, answers))];
}

async function askReservation(clients: AwsClients, id: string): Promise<CapacityReservation | undefined> {
  try {
    const pages = await allPages((NextToken) => {
      const input = { CapacityReservationIds: [id], NextToken };
      return answered("describeCapacityReservations", clients.describeCapacityReservations(input));
    });
    return pages.flatMap(({ CapacityReservations = [] }) => CapacityReservations)[0];
  } catch (error) {
    if (answeredWith(error, ["InvalidCapacityReservationId.NotFound", "InvalidCapacityReservationId.Malformed"]))
      return undefined;
    throw error;
  }
}

/** Slots: what is free, and what this cluster's own machines hold already. */
async function judgeRoom(
  subject: Subject,
  { CapacityReservationId: id, AvailableInstanceCount: free = 0, TotalInstanceCount: total = 0 }: CapacityReservation,
  answers: SharedAnswers,
): Promise<Finding[]> {
  const { nodes, cluster } = subject;
  const fact = `${id} has ${total} ${total === 1 ? "slot" : "slots"}, ${free} of them free`;
  if (total < nodes) {
    const fix = "use fewer machines (overrides.replicas, overrides.nodes), or reserve more";
    return [say.fails(fact, `the cluster has ${nodes} machines`, fix)];
  }
  if (free >= nodes) return [say.ok(`${fact}, for ${nodes} machines`)];
  return attempt("reservation", `${fact}, and whether this cluster's machines use the others`, async () => {
    const own = ownIn(await answers.machines(), id, subject);
    const told = `${fact}, and ${own} used by this cluster's machines (tag llm-cluster-stack=${cluster})`;
    if (free + own >= nodes) return [say.ok(`${told}, for ${nodes} machines`)];
    const meaning = `${nodes - own} more machines are to start there: RunInstances answers InsufficientInstanceCapacity`;
    const fix = "free slots (one is free some minutes after its machine is terminated), or reserve more";
    return [say.fails(told, meaning, fix)];
  });
}

function noBlock(): Finding {
  return say.fails(
    "no capacity block is named",
    "a capacity block is bought before, or with the words that buy it",
    "choose an offering below: buy it and give capacity.reservationId, or give capacity.offeringId with capacity.purchase (docs/aws.md)",
  );
}

function resourceGroup(arn: string): Finding {
  const group = arn.slice(arn.indexOf("group/") + "group/".length);
  return say.unknown(
    `resource group ${group} of reservations`,
    "what is in it is told by resource-groups:ListGroupResources, which is not asked here",
    "see aws resource-groups list-group-resources, and preflight each reservation by its id",
  );
}

function missing({ region }: Subject, id: string): Finding {
  return say.fails(
    `${region} has no reservation ${id} for this account`,
    "RunInstances answers InvalidCapacityReservationId.NotFound",
    "a reservation is of one region and account: check both, or have it shared (AWS RAM)",
  );
}
