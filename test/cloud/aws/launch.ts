import { awsInstanceTypes } from "../../../sizing/machinesAws";
import type { Account } from "../account";
import { valuesAt } from "../kinds";
import type { WorldResource } from "../world";
import { refuseCapacity } from "./launchCapacity";
import { refuseInterfaces } from "./launchInterfaces";
import { type Launch, launchOf } from "./launchRequest";
import { refuseOffering } from "./machines";

/**
 * What EC2 refuses of a launch, as one error `Code: words`. Codes that the EC2 API reference lists, or that somebody was
 * given, have that source beside them; where neither is so, the comment says that the code is a guess.
 */
export function refuseLaunch(
  instance: WorldResource,
  world: readonly WorldResource[],
  account: Account,
): string | undefined {
  const launch = launchOf(instance, world);
  return (
    refuseType(launch, account) ??
    refuseImage(launch) ??
    refuseUserData(launch) ??
    refuseInterfaces(launch, world) ??
    refuseCapacity(launch, world, account)
  );
}

function refuseType({ instanceType, zoneId }: Launch, account: Account): string | undefined {
  if (instanceType === undefined) return undefined;
  // The message is EC2's own for a type that it does not have; hashicorp/terraform-provider-aws#24289 and others show the code.
  if (!awsInstanceTypes[instanceType]) return `InvalidParameterValue: Invalid value '${instanceType}' for InstanceType`;
  return refuseOffering(instanceType, zoneId, account);
}

function refuseImage({ imageId }: Launch): string | undefined {
  // EC2 API reference, error codes.
  if (imageId === undefined || /^ami-[0-9a-f]{8,17}$/.test(imageId)) return undefined;
  return `InvalidAMIID.Malformed: ${imageId}`;
}

const longestUserData = 16 * 1024;

function refuseUserData({ userData }: Launch): string | undefined {
  if (userData === undefined) return undefined;
  const raw = Buffer.from(userData, "base64");
  // EC2 API reference, error codes: InvalidUserData.Malformed, "not properly base64-encoded".
  if (raw.toString("base64") !== userData) return "InvalidUserData.Malformed: Invalid BASE64 encoding of user data.";
  // The limit is botocore's (RequestLaunchTemplateData, UserData); the code is that of EC2's message for it.
  return raw.length > longestUserData
    ? `InvalidParameterValue: User data is limited to ${longestUserData} bytes`
    : undefined;
}

/**
 * A check of our own, which EC2 does not make: EFA's traffic does not cross zones (EC2 guide, "Elastic Fabric Adapter",
 * limitations), so machines of one cluster in two zones start, and then do not find each other. Returns what is wrong.
 */
export function machinesApart(world: readonly WorldResource[]): string | undefined {
  const instances = world.filter(({ type }) => type === "aws:ec2/instance:Instance");
  const subnets = new Set(
    instances.flatMap((instance) => launchOf(instance, world).interfaces.flatMap((nic) => valuesAt(nic, "subnetId"))),
  );
  const zones = new Set(
    world.filter(({ id }) => subnets.has(id)).map(({ attributes }) => attributes.availabilityZoneId),
  );
  return zones.size > 1
    ? `machines are in ${[...zones].sort().join(" and ")}, and EFA does not cross zones`
    : undefined;
}
