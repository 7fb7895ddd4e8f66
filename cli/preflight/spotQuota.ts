import type { SharedAnswers } from "./answers";
import type { AwsClients } from "./clients";
import { attempt, type Finding, findingsOf } from "./finding";
import { askQuota, type Quota, raise, showQuota } from "./quota";
import type { Subject } from "./subject";
import { countUsage } from "./usage";

const say = findingsOf("quota");

/** AWS split the P families' spot quota, and names each part by its families (EC2 guide, "Spot Instance quotas"). */
const spotQuotas = [
  { code: "L-C4BD4855", name: "All P5 Spot Instance Requests" },
  { code: "L-7212CCBC", name: "All P4, P3 and P2 Spot Instance Requests" },
];

/**
 * The spot quota that counts is the one whose name, as AWS gives it, has the machine's family. No name had P6 when this
 * was written: then both are shown, and the larger one is judged.
 */
export async function checkSpotQuota(
  subject: Subject,
  clients: AwsClients,
  answers: SharedAnswers,
): Promise<Finding[]> {
  return attempt("quota", "the spot quotas of the P families", async () => {
    const asked = await Promise.all(spotQuotas.map((quota) => askQuota(clients, quota)));
    const quotas = asked.filter((quota): quota is Quota => quota !== undefined);
    const quota = quotas.find(({ name }) => namesFamily(name, subject.machine));
    if (quota) return judgeLeft(subject, quota, answers);
    return [judgeUnnamed(subject, quotas)];
  });
}

/** `All P5 Spot ...` names p5en.48xlarge; `All P Spot ...`, as it was once, names every P family. */
function namesFamily(name: string, machine: string): boolean {
  const family = /^p\d+/.exec(machine)?.[0] ?? machine;
  return new RegExp(`\\b(${family}|P Spot)\\b`, "i").test(name);
}

async function judgeLeft(subject: Subject, quota: Quota, answers: SharedAnswers): Promise<Finding[]> {
  const need = subject.nodes * subject.vcpus;
  const fact = `${showQuota(quota)}, and ${subject.nodes} x ${subject.machine} need ${need}`;
  const meaning = "RunInstances answers MaxSpotInstanceCountExceeded";
  if (quota.vcpus < need) return [say.fails(fact, meaning, raise(quota.code, need, subject))];
  return attempt("quota", `${fact}, but which spot machines run already`, async () => {
    const sameFamily = (await answers.machines()).filter(({ InstanceType }) =>
      namesFamily(quota.name, InstanceType ?? ""),
    );
    const { others } = countUsage(sameFamily, "spot", subject.cluster);
    const told = `${fact}; other spot machines take ${others}`;
    if (quota.vcpus - others >= need) return [say.ok(told)];
    return [say.fails(told, meaning, raise(quota.code, need + others, subject))];
  });
}

function judgeUnnamed(subject: Subject, quotas: readonly Quota[]): Finding {
  const need = subject.nodes * subject.vcpus;
  const fact = `${quotas.map(showQuota).join(", ") || "AWS knows no spot quota of P machines"}, and ${subject.nodes} x ${subject.machine} need ${need}`;
  const most = Math.max(0, ...quotas.map(({ vcpus }) => vcpus));
  const unnamed = `neither name has ${subject.machine}'s family, so which one counts is not known`;
  if (quotas.length > 0 && most < need) {
    return say.fails(fact, `${unnamed}, and neither is enough`, "ask AWS support which one counts, and for more of it");
  }
  return say.unknown(fact, unnamed, "see Service Quotas, Amazon EC2, for a spot quota that names the family");
}
