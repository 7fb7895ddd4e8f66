import type { AvailabilityZone } from "@aws-sdk/client-ec2";
import { isZoneId } from "../../sizing/places";
import { allPages, type SharedAnswers } from "./answers";
import { answered } from "./awsErrors";
import type { AwsClients } from "./clients";
import { attempt, type Finding, findingsOf } from "./finding";
import type { Subject } from "./subject";

const say = findingsOf("zone");

/** The zone under both its names, its state, and whether it offers the machine. */
export async function checkZone(subject: Subject, clients: AwsClients, answers: SharedAnswers): Promise<Finding[]> {
  const here = attempt("zone", `what ${subject.zone} is in this account`, async () =>
    judgeZone(subject, await answers.zones()),
  );
  const offers = attempt("zone", `whether ${subject.zone} offers ${subject.machine}`, async () =>
    judgeOfferings(subject, await offeringZones(subject, clients), await answers.zones()),
  );
  return [...(await here), ...(await offers)];
}

/** The zone that the decision names. Its name stands for another building in another account; its id does not. */
export function findZone(zones: readonly AvailabilityZone[], zone: string): AvailabilityZone | undefined {
  return zones.find(({ ZoneId, ZoneName }) => zone === (isZoneId(zone) ? ZoneId : ZoneName));
}

/** A zone under both names, as this account sees it: `us-east-1d (use1-az6)`. */
export function showZone({ ZoneId, ZoneName }: Pick<AvailabilityZone, "ZoneId" | "ZoneName">): string {
  return ZoneName === undefined ? String(ZoneId) : `${ZoneName} (${ZoneId})`;
}

/** Whether something stands in the decision's zone; undefined where AWS did not say. */
export function isInZone(
  zone: string,
  { AvailabilityZone, AvailabilityZoneId }: { AvailabilityZone?: string; AvailabilityZoneId?: string },
): boolean | undefined {
  const theirs = isZoneId(zone) ? AvailabilityZoneId : AvailabilityZone;
  return theirs === undefined ? undefined : theirs === zone;
}

function judgeZone({ zone, region }: Subject, zones: readonly AvailabilityZone[]): Finding[] {
  const found = findZone(zones, zone);
  if (!found) {
    const list = zones.filter(isUsable).map(showZone).join(", ");
    return [
      say.fails(
        `${region} has no zone ${zone} for this account`,
        "the nodes' subnet cannot be made",
        `set decision.zone to one of ${list}`,
      ),
    ];
  }
  const fact = isZoneId(zone)
    ? `${zone} is called ${found.ZoneName} in this account`
    : `${zone} is ${found.ZoneId} in this account`;
  if (!isUsable(found)) {
    const fix = `opt in to ${found.GroupName} (aws ec2 modify-availability-zone-group), or choose another zone`;
    return [say.fails(`${fact}, which has not opted in to it`, "nothing can be made there", fix)];
  }
  return [judgeState(fact, found)];
}

function isUsable({ OptInStatus }: AvailabilityZone): boolean {
  return OptInStatus !== "not-opted-in";
}

function judgeState(fact: string, { State = "available", Messages = [] }: AvailabilityZone): Finding {
  const words = Messages.map(({ Message }) => Message).join("; ");
  const told = `${fact}; AWS calls its state ${State}${words === "" ? "" : ` (${words})`}`;
  if (State === "available" || State === "information") return say.ok(words === "" ? fact : told);
  if (State === "unavailable") return say.fails(told, "nothing can be started there", "wait, or choose another zone");
  return say.warns(told, "machines may not start there", "wait, or choose another zone");
}

async function offeringZones({ machine }: Subject, clients: AwsClients): Promise<string[]> {
  const Filters = [{ Name: "instance-type", Values: [machine] }];
  const pages = await allPages((NextToken) => {
    const input = { LocationType: "availability-zone-id" as const, Filters, NextToken };
    return answered("describeInstanceTypeOfferings", clients.describeInstanceTypeOfferings(input));
  });
  return pages.flatMap(({ InstanceTypeOfferings = [] }) => InstanceTypeOfferings.map(({ Location = "" }) => Location));
}

function judgeOfferings(
  { zone, machine, region }: Subject,
  offering: readonly string[],
  zones: readonly AvailabilityZone[],
): Finding[] {
  const id = isZoneId(zone) ? zone : findZone(zones, zone)?.ZoneId;
  // A zone that is not there has been said already.
  if (id === undefined) return [];
  if (offering.includes(id)) return [say.ok(`${zone} offers ${machine}`)];
  const names = offering.map((ZoneId) => showZone(zones.find((one) => one.ZoneId === ZoneId) ?? { ZoneId })).sort();
  const fix =
    names.length > 0
      ? `set decision.zone to ${names.length === 1 ? "" : "one of "}${names.join(", ")}`
      : "choose another region (llm-cluster machines --json lists where each is known to be offered)";
  const where = names.length > 0 ? `${zone} does not offer ${machine}` : `no zone of ${region} offers ${machine}`;
  return [say.fails(where, "RunInstances answers Unsupported", fix)];
}
