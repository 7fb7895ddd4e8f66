import { type Kind, valuesAt } from "../kinds";
import type { WorldResource } from "../world";
import { refuseLaunch } from "./launch";
import { slotOf } from "./launchCapacity";
import { templateOf } from "./launchRequest";
import { accountId, arn, errorCodes, model } from "./sources";

const templateType = "aws:ec2/launchTemplate:LaunchTemplate";
const instanceType = "aws:ec2/instance:Instance";

/** Placement groups, launch templates and instances. */
export const compute: Readonly<Record<string, Kind>> = {
  "aws:ec2/placementGroup:PlacementGroup": {
    source: `${model("ec2", "DeletePlacementGroup")}: terminate its instances first; ${errorCodes}: InvalidPlacementGroup.Duplicate, InvalidPlacementGroup.InUse`,
    id: "name",
    autoName: { property: "name", longest: 255, taken: "InvalidPlacementGroup.Duplicate" },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:ec2:us-east-1:${accountId}:placement-group/${inputs.name ?? name}`,
      placementGroupId: `pg-${name}`,
    }),
  },
  [templateType]: {
    source: `${model("ec2", "CreateLaunchTemplate")}; ${errorCodes}: InvalidLaunchTemplateName.AlreadyExistsException, InvalidLaunchTemplateId.NotFound`,
    id: "lt-",
    autoName: { property: "name", longest: 125, taken: "InvalidLaunchTemplateName.AlreadyExistsException" },
    // A changed template is a new version of it, except for its tags (aws_launch_template, resourceLaunchTemplateUpdate);
    // the provider makes it the default when updateDefaultVersion is set.
    attributes: (resource) => {
      const { tags, ...content } = resource.inputs;
      const fingerprint = JSON.stringify(Object.entries(content).sort());
      const { latestVersion, fingerprint: before } = resource.attributes as {
        latestVersion?: number;
        fingerprint?: string;
      };
      const version = latestVersion === undefined ? 1 : latestVersion + (before === fingerprint ? 0 : 1);
      return {
        arn: arn("ec2", "launch-template", resource),
        latestVersion: version,
        defaultVersion: version,
        fingerprint,
      };
    },
    // Any change, of tags too, makes them unknown in a plan (aws_launch_template, CustomizeDiff, v6.58.0).
    drawnAnew: ["latestVersion", "defaultVersion"],
    references: [
      { property: "networkInterfaces[].subnetId", kind: "aws:ec2/subnet:Subnet", missing: "InvalidSubnetID.NotFound" },
      {
        property: "networkInterfaces[].securityGroups[]",
        kind: "aws:ec2/securityGroup:SecurityGroup",
        missing: "InvalidGroup.NotFound",
      },
    ],
  },
  [instanceType]: {
    // What else a launch refuses is in launch.ts, each with its source.
    source: `${model("ec2", "RunInstances")}; ${errorCodes}: InvalidIPAddress.InUse, InvalidPlacementGroup.Unknown; ${model("iam", "GetInstanceProfile")}`,
    id: "i-",
    attributes: (resource, world, account) => ({
      arn: arn("ec2", "instance", resource),
      instanceState: "running",
      privateIp: pinnedAddress(resource, world) ?? freeAddress(world),
      primaryNetworkInterfaceId: `eni-${resource.name}`,
      instanceType: templateOf(resource, world)?.inputs.instanceType,
      ami: templateOf(resource, world)?.inputs.imageId,
      // The stand-in's own note of the reservation whose slot it has; a machine keeps it while it runs.
      reservedSlot: resource.attributes.reservedSlot ?? slotOf(resource, world, account),
    }),
    references: [
      { property: "launchTemplate.id", kind: templateType, missing: "InvalidLaunchTemplateId.NotFound" },
      {
        property: "placementGroup",
        kind: "aws:ec2/placementGroup:PlacementGroup",
        missing: "InvalidPlacementGroup.Unknown",
        holds: "InvalidPlacementGroup.InUse",
      },
    ],
    refuse: (resource, world, account) => {
      const address = pinnedAddress(resource, world);
      const taken =
        address !== undefined &&
        world.some(
          ({ type, id, attributes }) => type === instanceType && id !== resource.id && attributes.privateIp === address,
        );
      if (taken) return `InvalidIPAddress.InUse: ${address} is in use`;
      const profile = valuesAt(templateOf(resource, world)?.inputs, "iamInstanceProfile.arn")[0];
      const known = profile === undefined || world.some(({ attributes }) => attributes.arn === profile);
      if (!known) return `InvalidIamInstanceProfileArn.Malformed: ${profile} does not exist`;
      // A machine that runs is not launched again when its tags change.
      return resource.id === "" ? refuseLaunch(resource, world, account) : undefined;
    },
  },
};

/** What an instance's interfaces keep alive: its subnets and groups, read through its template. */
export function heldByInstance(held: WorldResource, world: readonly WorldResource[]): string | undefined {
  const user = world.find((other) => {
    if (other.type !== instanceType) return false;
    const template = templateOf(other, world);
    const used = [
      ...valuesAt(template?.inputs, "networkInterfaces[].subnetId"),
      ...valuesAt(template?.inputs, "networkInterfaces[].securityGroups[]"),
    ];
    return used.includes(held.id);
  });
  return user && `DependencyViolation: ${held.id} is still used by an interface of ${user.id}`;
}

function pinnedAddress(instance: WorldResource, world: readonly WorldResource[]): unknown {
  return valuesAt(templateOf(instance, world)?.inputs, "networkInterfaces[].privateIpAddress")[0];
}

function freeAddress(world: readonly WorldResource[]): string {
  const taken = new Set(world.map(({ attributes }) => attributes.privateIp));
  let host = 4;
  while (taken.has(`10.0.0.${host}`)) host += 1;
  return `10.0.0.${host}`;
}
