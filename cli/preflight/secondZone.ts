import type { SharedAnswers } from "./answers";
import type { AwsClients } from "./clients";
import { attempt, type Finding, findingsOf } from "./finding";
import { isSecret, type Subject } from "./subject";
import { askSubnet } from "./subnet";
import { findZone, isInZone, showZone } from "./zone";

const say = findingsOf("endpoint");

/** Whether an application load balancer's second zone, or second subnet, is another one than the nodes'. */
export async function checkSecondZone(
  subject: Subject,
  clients: AwsClients,
  answers: SharedAnswers,
): Promise<Finding[]> {
  const { secondZone, secondSubnetId } = subject.endpoint;
  if (secondSubnetId !== undefined) return checkSubnets(subject, secondSubnetId, clients);
  if (secondZone === undefined) return [];
  return attempt("endpoint", `endpoint.secondZone ${secondZone}`, async () => {
    const zones = await answers.zones();
    const [first, second] = [findZone(zones, subject.zone), findZone(zones, secondZone)];
    if (!second) {
      const fix = `name one of ${zones.map(showZone).join(", ")}`;
      return [say.fails(`${subject.region} has no zone ${secondZone} for this account`, undefined, fix)];
    }
    if (second.ZoneId === first?.ZoneId) return [sameZone(`endpoint.secondZone ${secondZone}`, subject)];
    const kind = second.ZoneType ?? "availability-zone";
    if (second.OptInStatus === "not-opted-in" || second.State === "unavailable" || kind !== "availability-zone") {
      const fact = `${showZone(second)} cannot take a load balancer's subnet`;
      return [say.fails(fact, undefined, "name another zone of the region")];
    }
    return [say.ok(`the second zone is ${showZone(second)}`)];
  });
}

function sameZone(what: string, { zone }: Subject): Finding {
  const meaning = "an application load balancer takes subnets of two zones";
  return say.fails(`${what} is in the nodes' own zone, ${zone}`, meaning, "name another zone of the region");
}

async function checkSubnets(subject: Subject, id: string, clients: AwsClients): Promise<Finding[]> {
  const { subnetId } = subject.network;
  if (isSecret(id))
    return [say.unknown("endpoint.secondSubnetId is encrypted in the stack file, and only Pulumi can read it")];
  return attempt("endpoint", `endpoint.secondSubnetId ${id}`, async () => {
    const second = await askSubnet(clients, id);
    if (!second) return [say.fails(`${subject.region} has no subnet ${id} for this account`)];
    const first = subnetId === undefined || isSecret(subnetId) ? undefined : await askSubnet(clients, subnetId);
    if (first && first.VpcId !== second.VpcId) {
      const fact = `${id} is in ${second.VpcId}, and ${subnetId} in ${first.VpcId}`;
      return [say.fails(fact, "a load balancer is in one VPC", `bring a second subnet of ${first.VpcId}`)];
    }
    const inZone = isInZone(subject.zone, second);
    if (inZone === undefined) return [say.unknown(`AWS does not say in which zone ${id} is`)];
    if (inZone) return [sameZone(id, subject)];
    return [say.ok(`${id} is in another zone, ${second.AvailabilityZone} (${second.AvailabilityZoneId})`)];
  });
}
