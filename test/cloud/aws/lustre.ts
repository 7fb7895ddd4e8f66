import { type Kind, valuesAt } from "../kinds";
import type { WorldResource } from "../world";
import { accountId, model, provider } from "./sources";

const fileSystemType = "aws:fsx/lustreFileSystem:LustreFileSystem";
const associationType = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation";
const throughputs = [125, 250, 500, 1000];

/** FSx for Lustre: file systems and their links to buckets. */
export const lustre: Readonly<Record<string, Kind>> = {
  [fileSystemType]: {
    source: `${model("fsx", "CreateFileSystem")}: BadRequest, InvalidNetworkSettings, InvalidPerUnitStorageThroughput; aws/aws-parallelcluster#6181: groups that do not let port 988 through, InvalidNetworkSettings; ${provider("fsx resourceLustreFileSystemMetadataConfigCustomizeDiff")}`,
    id: "fs-",
    attributes: ({ id, name, inputs }, world) => ({
      arn: `arn:aws:fsx:us-east-1:${accountId}:file-system/${id || name}`,
      dnsName: `${id || name}.fsx.us-east-1.amazonaws.com`,
      mountName: "fsx12345",
      networkInterfaceIds: [`eni-of-${name}`],
      ownerId: accountId,
      vpcId: world.find((other) => other.id === inputs.subnetIds)?.inputs.vpcId,
    }),
    references: [
      {
        property: "subnetIds",
        kind: "aws:ec2/subnet:Subnet",
        missing: "InvalidNetworkSettings",
        holds: "DependencyViolation",
      },
      {
        property: "securityGroupIds[]",
        kind: "aws:ec2/securityGroup:SecurityGroup",
        missing: "InvalidNetworkSettings",
        holds: "DependencyViolation",
      },
    ],
    refuse: ({ inputs }, world) => refusedSizes(inputs) ?? refusedGroups(inputs, world),
  },
  [associationType]: {
    source: `${model("fsx", "CreateDataRepositoryAssociation")}: FileSystemNotFound, UnsupportedOperation, BadRequest for a path that overlaps another's`,
    id: "dra-",
    attributes: ({ id, name }) => ({
      arn: `arn:aws:fsx:us-east-1:${accountId}:association/${id || name}`,
      associationId: id || name,
      importedFileChunkSize: 1024,
    }),
    references: [{ property: "fileSystemId", kind: fileSystemType, missing: "FileSystemNotFound" }],
    refuse: (association, world) => refusedLink(association, world),
  },
};

function refusedSizes(inputs: Record<string, unknown>): string | undefined {
  const { deploymentType, storageCapacity, perUnitStorageThroughput, metadataConfiguration, efaEnabled } = inputs;
  const persistent = deploymentType === "PERSISTENT_2";
  const capacity = Number(storageCapacity);
  if (capacity !== 1200 && (capacity < 2400 || capacity % 2400 !== 0))
    return `BadRequest: ${storageCapacity} GiB are not 1200, 2400, or increments of 2400`;
  if (persistent && !throughputs.includes(Number(perUnitStorageThroughput)))
    return `InvalidPerUnitStorageThroughput: ${perUnitStorageThroughput} MB/s/TiB is none of ${throughputs}`;
  if (metadataConfiguration !== undefined && !persistent)
    return "BadRequest: metadata_configuration can only be set when deployment type is PERSISTENT_2";
  // @pulumi/aws 7.48.0 fsx/lustreFileSystem.d.ts, efaEnabled.
  if (efaEnabled === true && (!persistent || metadataConfiguration === undefined))
    return "BadRequest: EFA needs PERSISTENT_2 with a metadata configuration";
  return undefined;
}

/** Lustre's own port must be open when the file system is made; a rule that comes a second later comes too late. */
function refusedGroups(inputs: Record<string, unknown>, world: readonly WorldResource[]): string | undefined {
  const groups = valuesAt(inputs, "securityGroupIds[]");
  const open = world.some(({ type, inputs: rule }) => {
    if (type !== "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") return false;
    if (!groups.includes(rule.securityGroupId)) return false;
    return rule.ipProtocol === "-1" || (Number(rule.fromPort) <= 988 && Number(rule.toPort) >= 988);
  });
  return open
    ? undefined
    : "InvalidNetworkSettings: The file system cannot be created because the default security group in the subnet provided or the provided security groups do not permit Lustre LNET network traffic on port 988";
}

function refusedLink({ inputs }: WorldResource, world: readonly WorldResource[]): string | undefined {
  const fileSystem = world.find(({ id }) => id === inputs.fileSystemId);
  if (fileSystem?.inputs.deploymentType === "SCRATCH_1")
    return "UnsupportedOperation: SCRATCH_1 takes no data repository associations";
  const bucket = /^s3:\/\/([^/]+)/.exec(String(inputs.dataRepositoryPath))?.[1];
  const known = world.some(({ type, id }) => type === "aws:s3/bucket:Bucket" && id === bucket);
  if (!known) return `BadRequest: ${inputs.dataRepositoryPath} is in no bucket`;
  const inside = (outer: unknown, inner: unknown) => `${inner}/`.startsWith(`${String(outer).replace(/\/$/, "")}/`);
  const overlaps = world
    .filter(({ type, inputs: other }) => type === associationType && other.fileSystemId === inputs.fileSystemId)
    .flatMap(({ inputs: other }) => valuesAt(other, "fileSystemPath"))
    .some((path) => inside(path, inputs.fileSystemPath) || inside(inputs.fileSystemPath, path));
  return overlaps ? `BadRequest: ${inputs.fileSystemPath} overlaps the path of another association` : undefined;
}
