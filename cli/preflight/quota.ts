import type { ServiceQuota } from "@aws-sdk/client-service-quotas";
import { CapacityMode } from "../../sizing/decisionArgs";
import type { SharedAnswers } from "./answers";
import { answered } from "./awsErrors";
import type { AwsClients } from "./clients";
import { answeredWith, attempt, type Finding, findingsOf } from "./finding";
import { checkSpotQuota } from "./spotQuota";
import type { Subject } from "./subject";
import { countUsage, reservedVcpus } from "./usage";

const say = findingsOf("quota");

/** A quota of the account in the region, in vCPU. */
export interface Quota {
  code: string;
  name: string;
  vcpus: number;
}

const onDemandQuota = { code: "L-417A185B", name: "Running On-Demand P instances" };

/** Most machines of one capacity block (EC2 guide, "Find and purchase Capacity Blocks"). */
const largestBlock = 64;

/** Whether the account may run as many vCPU as the cluster has, in the market that it buys them in. */
export async function checkQuota(subject: Subject, clients: AwsClients, answers: SharedAnswers): Promise<Finding[]> {
  switch (subject.capacity.mode) {
    case CapacityMode.capacityBlock:
      return [judgeBlock(subject)];
    case CapacityMode.spot:
      return checkSpotQuota(subject, clients, answers);
    default:
      return checkOnDemandQuota(subject, clients, answers);
  }
}

function judgeBlock({ nodes }: Subject): Finding {
  const fact = "a capacity block takes no vCPU quota: what is bought is there";
  if (nodes <= largestBlock) return say.ok(fact);
  return say.fails(
    `${nodes} machines do not fit into one capacity block, which holds up to ${largestBlock}`,
    undefined,
    "use fewer machines, or several clusters with a block each",
  );
}

/**
 * Asks for one quota; undefined where the region does not know it. Where an account has no value of its own, Service
 * Quotas may tell only AWS's default (API reference, GetServiceQuota).
 */
export async function askQuota(clients: AwsClients, quota: Omit<Quota, "vcpus">): Promise<Quota | undefined> {
  const input = { ServiceCode: "ec2", QuotaCode: quota.code };
  const applied = await readQuota(quota, answered("getServiceQuota", clients.getServiceQuota(input)));
  if (applied) return applied;
  const standard = answered("getDefaultServiceQuota", clients.getDefaultServiceQuota(input));
  return readQuota(quota, standard);
}

async function readQuota({ code, name }: Omit<Quota, "vcpus">, answer: Promise<{ Quota?: ServiceQuota }>) {
  try {
    const { Quota } = await answer;
    return Quota?.Value === undefined ? undefined : { code, name: Quota.QuotaName ?? name, vcpus: Quota.Value };
  } catch (error) {
    if (answeredWith(error, ["NoSuchResourceException"])) return undefined;
    throw error;
  }
}

async function checkOnDemandQuota(subject: Subject, clients: AwsClients, answers: SharedAnswers): Promise<Finding[]> {
  return attempt("quota", `quota ${onDemandQuota.code}`, async () => {
    const quota = await askQuota(clients, onDemandQuota);
    if (!quota) return [say.unknown(`Service Quotas has no ${onDemandQuota.code} in ${subject.region}`)];
    const total = judgeTotal(subject, quota);
    // Slots of a reservation were counted when it was made: machines that start in them take nothing more.
    if (total.state !== "ok" || subject.capacity.mode === CapacityMode.reservation) return [total];
    return attempt("quota", `${total.fact}, but what runs already`, async () => [
      await judgeLeft(subject, quota, answers),
    ]);
  });
}

const needOf = ({ nodes, machine, vcpus }: Subject) => `${nodes} x ${machine} need ${nodes * vcpus}`;

/** A quota in words: its code, its name and its value. */
export function showQuota({ code, name, vcpus }: Quota): string {
  return `quota ${code} (${name}) is ${vcpus} vCPU`;
}

/** The command that asks AWS for more. */
export function raise(code: string, vcpus: number, { region }: Subject): string {
  return `ask for more, which takes hours to days: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --desired-value ${vcpus} --region ${region}`;
}

/** The quota as if nothing else ran. */
function judgeTotal(subject: Subject, quota: Quota): Finding {
  const need = subject.nodes * subject.vcpus;
  const fact = `${showQuota(quota)}, and ${needOf(subject)}`;
  if (quota.vcpus >= need) return say.ok(fact);
  const fix = raise(quota.code, need, subject);
  const { mode } = subject.capacity;
  if (mode !== CapacityMode.reservation && mode !== CapacityMode.openReservation)
    return say.fails(fact, "RunInstances answers VcpuLimitExceeded", fix);
  return say.warns(
    fact,
    "reservations of this account count towards it, so that this one is another account's, or more is reserved than may run",
    fix,
  );
}

/** What other machines leave of the quota. This cluster's own machines count as its need, not as use. */
async function judgeLeft(subject: Subject, quota: Quota, answers: SharedAnswers): Promise<Finding> {
  const need = subject.nodes * subject.vcpus;
  const { others, own } = countUsage(await answers.machines(), "on demand", subject.cluster);
  const tagged =
    own > 0 ? ` (this cluster's ${own}, by tag llm-cluster-stack=${subject.cluster}, are among the need)` : "";
  const fact = `${showQuota(quota)}, other P machines on demand take ${others}${tagged}, and ${needOf(subject)}`;
  const left = quota.vcpus - others;
  if (left < need) {
    const fix = `${raise(quota.code, need + others, subject)}; or stop other machines`;
    return say.fails(fact, "RunInstances answers VcpuLimitExceeded", fix);
  }
  if (subject.capacity.mode === CapacityMode.openReservation) return say.ok(fact);
  return judgeReserved(
    subject,
    fact,
    left - need,
    reservedVcpus(await answers.reservations(), subject.cluster),
    quota,
    need + others,
  );
}

/** Slots that are reserved and not used count too, unless it is this cluster's machines that will use them. */
function judgeReserved(
  subject: Subject,
  fact: string,
  spare: number,
  reserved: number,
  { code }: Quota,
  used: number,
): Finding {
  if (reserved <= spare) return say.ok(fact);
  return say.warns(
    `${fact}; reservations hold ${reserved} more that are not used`,
    "unused slots count towards the quota: RunInstances answers VcpuLimitExceeded unless the machines start in them",
    `${raise(code, used + reserved, subject)}; or use them: decision.capacity.mode reservation or openReservation`,
  );
}
