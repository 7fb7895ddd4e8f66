import type { AvailabilityZone, CapacityReservation, Instance } from "@aws-sdk/client-ec2";
import { answered } from "./awsErrors";
import type { AwsClients } from "./clients";

/** Answers that several checks need, each asked for once, when the first of them wants it. */
export interface SharedAnswers {
  /** Every zone of the region, also those that the account has not opted into. */
  zones(): Promise<AvailabilityZone[]>;
  /** Machines of the P families that run or are about to, in the whole region. */
  machines(): Promise<Instance[]>;
  /** Capacity reservations that hold capacity or will, in the whole region, capacity blocks among them. */
  reservations(): Promise<CapacityReservation[]>;
}

// A reservation in these states holds capacity or will: they count towards the on-demand quota (EC2 guide, "Capacity
// Reservations", quotas); a capacity block has one more.
const livingStates = new Set(["assessing", "scheduled", "pending", "active", "delayed", "payment-pending"]);

export function shareAnswers(clients: AwsClients): SharedAnswers {
  return {
    zones: once(async () => {
      const input = { AllAvailabilityZones: true };
      const { AvailabilityZones = [] } = await answered(
        "describeAvailabilityZones",
        clients.describeAvailabilityZones(input),
      );
      return AvailabilityZones;
    }),
    machines: once(async () => {
      const Filters = [
        { Name: "instance-state-name", Values: ["pending", "running"] },
        { Name: "instance-type", Values: ["p*"] },
      ];
      const pages = await allPages((NextToken) =>
        answered("describeInstances", clients.describeInstances({ Filters, NextToken })),
      );
      return pages.flatMap(({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances));
    }),
    reservations: once(async () => {
      const pages = await allPages((NextToken) =>
        answered("describeCapacityReservations", clients.describeCapacityReservations({ NextToken })),
      );
      // Expired ones stay listed; the filter's documentation does not have every state that there is.
      return pages.flatMap(({ CapacityReservations = [] }) =>
        CapacityReservations.filter(({ State = "" }) => livingStates.has(State)),
      );
    }),
  };
}

function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** Every page of a listing. */
export async function allPages<Page extends { NextToken?: string | undefined }>(
  ask: (nextToken: string | undefined) => Promise<Page>,
): Promise<Page[]> {
  const pages: Page[] = [];
  let token: string | undefined;
  do {
    const page = await ask(token);
    pages.push(page);
    token = page.NextToken;
  } while (token);
  return pages;
}
