import type { CapacityBlockOffering } from "@aws-sdk/client-ec2";
import { CapacityMode } from "../../sizing/decisionArgs";
import { allPages, type SharedAnswers } from "./answers";
import { answered } from "./awsErrors";
import type { AwsClients } from "./clients";
import { attempt, type Finding, findingsOf } from "./finding";
import { judgeReservation } from "./reservation";
import type { Subject } from "./subject";
import { showTime } from "./times";
import { isOwn } from "./usage";
import { findZone, isInZone } from "./zone";

const say = findingsOf("offerings");

/** A capacity block that AWS offers now. */
export interface Offering {
  /** `cb-...`. */
  id: string;
  zone: string;
  /** The zone's id; absent where it could not be told. */
  zoneId?: string;
  machines: number;
  /** AWS offers lengths near the one that is asked for. */
  hours: number;
  start: string;
  end: string;
  /** What it costs, upfront, as AWS writes the number. */
  upfrontFee: string;
  currency: string;
}

/** What the offerings are asked for with. */
export interface OfferingsRequest {
  /** Length to look for, hours. Default: the decision's, otherwise 24, the shortest block. */
  hours?: number;
  /** Whether they are listed where the stack needs no block, or has one. */
  listed: boolean;
  now: Date;
}

const defaultHours = 24;

/** What AWS offers for the machines of the plan: where a block is to be found or bought, and where it is asked for. */
export async function checkOfferings(
  subject: Subject,
  clients: AwsClients,
  answers: SharedAnswers,
  request: OfferingsRequest,
): Promise<{ findings: Finding[]; offerings: Offering[] }> {
  const { mode, reservationId, offeringId } = subject.capacity;
  const isOpen = mode === CapacityMode.capacityBlock && reservationId === undefined;
  if (!isOpen && !request.listed) return { findings: [], offerings: [] };
  const { isBought, findings } =
    isOpen && offeringId !== undefined
      ? await checkBought(subject, answers, request.now)
      : { isBought: false, findings: [] };
  if (isBought && !request.listed) return { findings, offerings: [] };
  const toBuy = isBought ? undefined : offeringId;
  const { judged, offerings } = await listOfferings(subject, clients, answers, request, toBuy);
  return { findings: [...findings, ...judged], offerings };
}

async function listOfferings(
  subject: Subject,
  clients: AwsClients,
  answers: SharedAnswers,
  request: OfferingsRequest,
  toBuy: string | undefined,
) {
  const hours = request.hours ?? subject.capacity.hours ?? defaultHours;
  let offerings: Offering[] = [];
  const judged = await attempt("offerings", `capacity blocks of ${subject.nodes} x ${subject.machine}`, async () => {
    offerings = await describe(await askOfferings(subject, clients, hours), answers);
    if (toBuy === undefined) return [judgeList(subject, offerings, hours)];
    return judgeNamed(subject, offerings, toBuy, hours, request.now);
  });
  return { judged, offerings };
}

async function askOfferings({ machine, nodes }: Subject, clients: AwsClients, hours: number) {
  const input = { InstanceType: machine, InstanceCount: nodes, CapacityDurationHours: hours };
  const pages = await allPages((NextToken) =>
    answered("describeCapacityBlockOfferings", clients.describeCapacityBlockOfferings({ ...input, NextToken })),
  );
  return pages.flatMap(({ CapacityBlockOfferings = [] }) => CapacityBlockOfferings);
}

/** Offerings in order of their start. AWS gives a zone by its name; its id is looked up where that can be done. */
async function describe(found: readonly CapacityBlockOffering[], answers: SharedAnswers): Promise<Offering[]> {
  // That zones could not be listed is said by the check of the zone.
  const zones = found.length === 0 ? [] : await answers.zones().catch(() => []);
  const time = (date: Date | undefined) => date?.toISOString() ?? "";
  return found
    .map((offering) => ({
      id: offering.CapacityBlockOfferingId ?? "",
      zone: offering.AvailabilityZone ?? "",
      zoneId: findZone(zones, offering.AvailabilityZone ?? "")?.ZoneId,
      machines: offering.InstanceCount ?? 0,
      hours: offering.CapacityBlockDurationHours ?? 0,
      start: time(offering.StartDate),
      end: time(offering.EndDate),
      upfrontFee: offering.UpfrontFee ?? "",
      currency: offering.CurrencyCode ?? "",
    }))
    .sort((left, right) => left.start.localeCompare(right.start) || left.id.localeCompare(right.id));
}

function judgeList({ machine, nodes, zone, region }: Subject, offerings: readonly Offering[], hours: number): Finding {
  const what = `${nodes} x ${machine} for about ${hours} h`;
  if (offerings.length === 0) {
    const fix = "try other --hours, fewer machines, another day, or another region";
    return say.warns(`AWS offers no capacity block of ${what} in ${region} now`, undefined, fix);
  }
  const here = offerings.filter((offering) => isHere(zone, offering)).length;
  const blocks = offerings.length === 1 ? "block" : "blocks";
  const fact = `AWS offers ${offerings.length} capacity ${blocks} of ${what}, ${here} in ${zone}`;
  return here > 0 ? say.ok(fact) : say.warns(fact, undefined, "choose one, and set decision.zone to its zone");
}

function isHere(zone: string, { zone: AvailabilityZone, zoneId: AvailabilityZoneId }: Offering): boolean | undefined {
  return isInZone(zone, { AvailabilityZone, AvailabilityZoneId });
}

/** The offering that the stack is to buy: still there, in the right zone, when, and at which price. */
function judgeNamed(
  { zone }: Subject,
  offerings: readonly Offering[],
  id: string,
  hours: number,
  now: Date,
): Finding[] {
  const offering = offerings.find((one) => one.id === id);
  if (!offering) {
    const fact = `${id} is not among the ${offerings.length} offerings that AWS lists for these machines and ${hours} h`;
    return [say.fails(fact, "it was sold, or AWS offers other blocks by now", "take one that is listed now")];
  }
  const [start, end] = [new Date(offering.start), new Date(offering.end)];
  const fact = `${id} is offered: ${offering.upfrontFee} ${offering.currency} upfront, from ${showTime(start)} to ${showTime(end)}`;
  const where = `${id} is in ${offering.zone}${offering.zoneId === undefined ? "" : ` (${offering.zoneId})`}`;
  const inZone = isHere(zone, offering);
  if (inZone === false) {
    const fix = `set decision.zone to ${offering.zoneId ?? offering.zone}, or take one in ${zone}`;
    const meaning = "no machine of the cluster could use it, and what is bought is not refunded";
    return [say.fails(`${fact}; ${where}, and decision.zone is ${zone}`, meaning, fix)];
  }
  const later = start > now ? `; its machines cannot start before ${showTime(start)}` : "";
  const told = say.warns(fact, `pulumi up buys it: paid upfront, and not refunded${later}`);
  return [told, inZone ? say.ok(where) : say.unknown(`${where}, and which of this account's zones ${zone} is`)];
}

/** A block that this stack has bought is a reservation with the cluster's tag; what it was bought from is offered no more. */
async function checkBought(subject: Subject, answers: SharedAnswers, now: Date) {
  let isBought = false;
  const findings = await attempt("offerings", "whether the block has been bought already", async () => {
    const block = (await answers.reservations()).find(
      (one) => one.ReservationType === "capacity-block" && isOwn(one, subject.cluster),
    );
    if (!block) return [];
    isBought = true;
    const fact = `a block was bought already: ${block.CapacityReservationId} (tag llm-cluster-stack=${subject.cluster})`;
    return [say.ok(fact), ...(await judgeReservation(subject, block, answers, now))];
  });
  return { isBought, findings };
}
