import type { Subnet } from "@aws-sdk/client-ec2";
import type { SharedAnswers } from "./answers";
import { answered } from "./awsErrors";
import type { AwsClients } from "./clients";
import { answeredWith, attempt, type Finding, findingsOf } from "./finding";
import { isSecret, type Subject } from "./subject";
import { checkAddresses } from "./subnetAddresses";
import { isInZone } from "./zone";

const say = findingsOf("subnet");

/** Whether a subnet that was brought along is there, in the decision's zone, with room, in a VPC that resolves names. */
export async function checkSubnet(subject: Subject, clients: AwsClients, answers: SharedAnswers): Promise<Finding[]> {
  const { subnetId } = subject.network;
  if (subnetId === undefined) return [];
  if (isSecret(subnetId))
    return [say.unknown("network.subnetId is encrypted in the stack file, and only Pulumi can read it")];
  return attempt("subnet", subnetId, async () => {
    const subnet = await askSubnet(clients, subnetId);
    if (!subnet) return [missing(subject, subnetId)];
    const [addresses, names] = await Promise.all([
      checkAddresses(subject, subnet, clients, answers),
      checkNames(subnet.VpcId ?? "", clients),
    ]);
    return [...judgePlace(subject, subnet), ...addresses, ...names];
  });
}

/** A subnet by its id; undefined where there is none. */
export async function askSubnet(clients: AwsClients, id: string): Promise<Subnet | undefined> {
  try {
    const { Subnets = [] } = await answered("describeSubnets", clients.describeSubnets({ SubnetIds: [id] }));
    return Subnets[0];
  } catch (error) {
    if (answeredWith(error, ["InvalidSubnetID.NotFound", "InvalidSubnetId.Malformed"])) return undefined;
    throw error;
  }
}

function missing({ region }: Subject, id: string): Finding {
  const fix = "give the id of a subnet of this account and region, or leave network.subnetId out";
  return say.fails(`${region} has no subnet ${id} for this account`, undefined, fix);
}

function judgePlace({ zone }: Subject, subnet: Subnet): Finding[] {
  const { SubnetId, VpcId, AvailabilityZone, AvailabilityZoneId, MapPublicIpOnLaunch } = subnet;
  const where = `${SubnetId} of ${VpcId} is in ${AvailabilityZone} (${AvailabilityZoneId})`;
  const inZone = isInZone(zone, subnet);
  const findings: Finding[] = [];
  if (inZone) findings.push(say.ok(where));
  else if (inZone === undefined) findings.push(say.unknown(`AWS does not say in which zone ${SubnetId} is`));
  else {
    const fix = `set decision.zone to ${AvailabilityZoneId ?? AvailabilityZone}, or bring a subnet of ${zone}`;
    findings.push(say.fails(`${where}, and decision.zone is ${zone}`, "every node is in one zone", fix));
  }
  if (MapPublicIpOnLaunch) {
    const meaning = "EC2 gives no public address to a machine with several interfaces, and nodes need none";
    findings.push(say.warns(`${SubnetId} gives public addresses`, meaning, "bring a private subnet with a way out"));
  }
  return findings;
}

/** The VPC's two DNS settings. What is refused without them is made only in a VPC of the cluster's own, which has them. */
async function checkNames(vpcId: string, clients: AwsClients): Promise<Finding[]> {
  const ask = (Attribute: "enableDnsSupport" | "enableDnsHostnames") =>
    answered("describeVpcAttribute", clients.describeVpcAttribute({ VpcId: vpcId, Attribute }));
  return attempt("subnet", `DNS settings of ${vpcId}`, async () => {
    const [support, hostnames] = await Promise.all([ask("enableDnsSupport"), ask("enableDnsHostnames")]);
    const off = [
      ...(support.EnableDnsSupport?.Value ? [] : ["enableDnsSupport"]),
      ...(hostnames.EnableDnsHostnames?.Value ? [] : ["enableDnsHostnames"]),
    ];
    if (off.length === 0) return [say.ok(`${vpcId} resolves names (enableDnsSupport, enableDnsHostnames)`)];
    const meaning = "nodes may not find the services that they need, and a private domainName does not resolve";
    const fix = `turn ${off.length === 1 ? "it" : "them"} on: aws ec2 modify-vpc-attribute`;
    return [say.warns(`${vpcId} has ${off.join(" and ")} off`, meaning, fix)];
  });
}
