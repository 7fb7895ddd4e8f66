import { type Kind, valuesAt } from "../kinds";
import type { WorldResource } from "../world";
import { arn, errorCodes, model } from "./sources";

const templateType = "aws:ec2/launchTemplate:LaunchTemplate";
const instanceType = "aws:ec2/instance:Instance";

/** Placement groups, launch templates and instances. */
export const compute: Readonly<Record<string, Kind>> = {
  "aws:ec2/placementGroup:PlacementGroup": {
    source: `${model("ec2", "DeletePlacementGroup")}: terminate its instances first; ${errorCodes}: InvalidPlacementGroup.Duplicate, InvalidPlacementGroup.InUse`,
    id: "name",
    autoName: { property: "name", longest: 255, taken: "InvalidPlacementGroup.Duplicate" },
    attributes: (resource) => ({
      arn: arn("ec2", "placement-group", resource),
      placementGroupId: `pg-${resource.name}`,
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
    source: `${model("ec2", "RunInstances")}; ${errorCodes}: InvalidIPAddress.InUse, InvalidPlacementGroup.Unknown; ${model("iam", "GetInstanceProfile")}`,
    id: "i-",
    attributes: (resource, world) => ({
      arn: arn("ec2", "instance", resource),
      instanceState: "running",
      privateIp: pinnedAddress(resource, world) ?? freeAddress(world),
      primaryNetworkInterfaceId: `eni-${resource.name}`,
      instanceType: templateOf(resource, world)?.inputs.instanceType,
      ami: templateOf(resource, world)?.inputs.imageId,
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
    refuse: (resource, world) => {
      const address = pinnedAddress(resource, world);
      const taken =
        address !== undefined &&
        world.some(
          ({ type, id, attributes }) => type === instanceType && id !== resource.id && attributes.privateIp === address,
        );
      if (taken) return `InvalidIPAddress.InUse: ${address} is in use`;
      const profile = valuesAt(templateOf(resource, world)?.inputs, "iamInstanceProfile.arn")[0];
      const known = profile === undefined || world.some(({ attributes }) => attributes.arn === profile);
      return known ? undefined : `InvalidIamInstanceProfileArn.Malformed: ${profile} does not exist`;
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

function templateOf(instance: WorldResource, world: readonly WorldResource[]): WorldResource | undefined {
  const id = valuesAt(instance.inputs, "launchTemplate.id")[0];
  return world.find((other) => other.type === templateType && other.id === id);
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
