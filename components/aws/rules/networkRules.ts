import { defaultEngineImage } from "../../../serving/engine";
import type { Problem } from "../../../sizing/problems";
import { Egress, WeightsSource } from "../args";
import { isVpcCidr, startsAtItsBase, vpcPrefixRange } from "../plan/addresses";
import { imageOf, isEcrOf } from "../plan/images";
import type { ReadableArgs } from "./argRules";

/** A network is made or brought along, and a network without a way out needs its images inside AWS. */
export function checkNetwork(args: ReadableArgs, where: { region?: string; trains: boolean }): Problem[] {
  const { network = {} } = args;
  return [
    ...(network.subnetId === undefined ? checkOwn(args) : checkBrought(args)),
    ...(network.egress === Egress.none ? checkNoWayOut(args, where) : []),
  ];
}

function checkOwn({ network = {} }: ReadableArgs): Problem[] {
  const problems: Problem[] = [];
  const { vpcCidr, nodeAddresses, routeTableId } = network;
  if (typeof vpcCidr === "string" && !isVpcCidr(vpcCidr)) {
    const { min, max } = vpcPrefixRange;
    problems.push({
      path: "network.vpcCidr",
      value: vpcCidr,
      message: `is not an IPv4 range from /${min} to /${max} that starts at its own base address`,
      fix: "use one such as 10.0.0.0/16",
    });
  }
  for (const [key, value] of Object.entries({ nodeAddresses, routeTableId })) {
    if (value === undefined) continue;
    problems.push({
      path: `network.${key}`,
      value: String(value),
      message: "is of a subnet that you bring along, and network.subnetId names none",
      fix: "remove it, or name the subnet",
    });
  }
  return problems;
}

/** What the cluster does not make it cannot be told to make in one way or another. */
function checkBrought({ network = {} }: ReadableArgs): Problem[] {
  const { vpcCidr, egress, flowLogs, nodeAddresses } = network;
  const problems: Problem[] = Object.entries({ vpcCidr, egress, flowLogs })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({
      path: `network.${key}`,
      value,
      message: "is of a VPC that the cluster makes, and network.subnetId brings one along",
      fix: "remove it: routes, gateways and flow logs of your VPC are yours",
    }));
  if (nodeAddresses === undefined) {
    problems.push({
      path: "network.nodeAddresses",
      message: "is missing, and network.subnetId needs it: nodes have fixed addresses, which nobody else may get",
      fix: "name a free range inside the subnet, such as 10.1.4.0/28",
    });
  } else if (!isWholeRange(nodeAddresses)) {
    problems.push({
      path: "network.nodeAddresses",
      value: nodeAddresses,
      message: "is not an IPv4 range from /16 to /28 that starts at its own base address",
      fix: "use one such as 10.1.4.0/28",
    });
  }
  return problems;
}

/** AWS reserves in a subnet what a subnet itself could be (EC2 guide, subnet CIDR reservations): /28 is the least. */
function isWholeRange(cidr: string): boolean {
  const prefix = Number(cidr.split("/")[1]);
  return prefix >= 16 && prefix <= 28 && startsAtItsBase(cidr);
}

function checkNoWayOut(args: ReadableArgs, { region, trains }: { region?: string; trains: boolean }): Problem[] {
  const problems: Problem[] = [];
  const image = imageOf(args, trains ? args.training?.image : (args.serving?.image ?? defaultEngineImage));
  if (image !== undefined && region !== undefined && !isEcrOf(image, region)) {
    problems.push({
      path: "serving.imageRegistry",
      value: args.serving?.imageRegistry,
      message: `is no ECR registry of ${region}, and with network.egress none nodes reach no other: they could not pull ${image}`,
      fix: `give the registry that mirrors it, such as 123456789012.dkr.ecr.${region}.amazonaws.com/docker-hub, or use network.egress nat`,
    });
  }
  if (args.storage?.weights === WeightsSource.huggingFace) {
    problems.push({
      path: "storage.weights",
      value: args.storage.weights,
      message: "cannot be reached with network.egress none",
      fix: "use store, and fill it with llm-cluster weights push, or use network.egress nat",
    });
  }
  return problems;
}
