import { valuesAt } from "../kinds";
import type { WorldResource } from "../world";

type Inputs = Record<string, unknown>;

/** A launch as EC2 has it before it: a template, and what the instance says beside it. */
export interface Launch {
  instanceType?: string;
  imageId?: string;
  /** As the template has it: in base64. */
  userData?: string;
  interfaces: Inputs[];
  /** Groups and subnet that stand beside the interfaces instead of in them. */
  besideInterfaces: unknown[];
  /** Zone of the first interface's subnet. */
  zoneId?: string;
  marketType?: string;
  /** Id of a reservation or block, or the ARN of a group of reservations. */
  target?: string;
  preference?: string;
  placementGroup?: string;
}

/** Reads a launch off an instance and its template; what the instance says overrules (botocore 1.44.5 ec2:RunInstances). */
export function launchOf(instance: WorldResource, world: readonly WorldResource[]): Launch {
  const template = templateOf(instance, world)?.inputs ?? {};
  const text = (property: string, inInstance = property) =>
    (valuesAt(instance.inputs, inInstance)[0] ?? valuesAt(template, property)[0]) as string | undefined;
  const interfaces = valuesAt(template, "networkInterfaces[]") as Inputs[];
  const subnetId = interfaces[0]?.subnetId ?? instance.inputs.subnetId;
  const reserved = "capacityReservationSpecification";
  return {
    instanceType: text("instanceType"),
    imageId: text("imageId", "ami"),
    userData: text("userData", "userDataBase64"),
    interfaces,
    besideInterfaces: [
      ...valuesAt(template, "vpcSecurityGroupIds[]"),
      ...valuesAt(template, "securityGroupNames[]"),
      ...valuesAt(instance.inputs, "vpcSecurityGroupIds[]"),
      ...valuesAt(instance.inputs, "subnetId"),
    ],
    zoneId: world.find(({ id }) => id === subnetId)?.attributes.availabilityZoneId as string | undefined,
    marketType: text("instanceMarketOptions.marketType"),
    target:
      text(`${reserved}.capacityReservationTarget.capacityReservationId`) ??
      text(`${reserved}.capacityReservationTarget.capacityReservationResourceGroupArn`),
    preference: text(`${reserved}.capacityReservationPreference`),
    placementGroup: text("placement.groupName", "placementGroup"),
  };
}

export function templateOf(instance: WorldResource, world: readonly WorldResource[]): WorldResource | undefined {
  const id = valuesAt(instance.inputs, "launchTemplate.id")[0];
  return world.find((other) => other.type === "aws:ec2/launchTemplate:LaunchTemplate" && other.id === id);
}
