import {
  associationType,
  bucketType,
  type Cloud,
  cloud,
  fileSystemType,
  groupType,
  type Inputs,
  subnetType,
} from "./clouds";
import { network } from "./surroundings";

const persistent = {
  deploymentType: "PERSISTENT_2",
  storageType: "SSD",
  storageCapacity: 1200,
  perUnitStorageThroughput: 250,
  metadataConfiguration: { mode: "AUTOMATIC" },
};

async function lustre(it: Cloud, changes: Inputs = {}) {
  const { subnet, group } = await network(it);
  const given = { ...persistent, subnetIds: subnet.id, securityGroupIds: [group.id], ...changes };
  const made = await it.create(fileSystemType, "lustre", given);
  const bucket = await it.create(bucketType, "models");
  const link = { fileSystemId: made.id, fileSystemPath: "/models", dataRepositoryPath: `s3://${bucket.id}/models/` };
  return { subnet, group, made, bucket, link };
}

const refusals: [string, string, (it: Cloud) => Promise<unknown>][] = [
  ["a file system of 2000 GiB", "BadRequest", (it) => lustre(it, { storageCapacity: 2000 })],
  [
    "a file system at 300 MB/s/TiB",
    "InvalidPerUnitStorageThroughput",
    (it) => lustre(it, { perUnitStorageThroughput: 300 }),
  ],
  [
    "EFA without a metadata configuration",
    "BadRequest",
    (it) => lustre(it, { efaEnabled: true, metadataConfiguration: undefined }),
  ],
  [
    "a file system whose group does not let Lustre in",
    "port 988",
    async (it) => {
      const { vpc, subnet } = await network(it);
      const shut = await it.create(groupType, "shut", { vpcId: vpc.id });
      return it.create(fileSystemType, "fs", { ...persistent, subnetIds: subnet.id, securityGroupIds: [shut.id] });
    },
  ],
  [
    "a subnet's end while a file system is in it",
    "DependencyViolation",
    async (it) => it.remove(subnetType, (await lustre(it)).subnet.id),
  ],
  [
    "a group's end while a file system carries it",
    "DependencyViolation",
    async (it) => it.remove(groupType, (await lustre(it)).group.id),
  ],
  [
    "a link to a bucket that is not there",
    "BadRequest",
    async (it) => it.create(associationType, "a", { ...(await lustre(it)).link, dataRepositoryPath: "s3://none/" }),
  ],
  [
    "a link inside another's folder",
    "overlaps",
    async (it) => {
      const { link } = await lustre(it);
      await it.create(associationType, "a", link);
      return it.create(associationType, "b", { ...link, fileSystemPath: "/models/one" });
    },
  ],
];

test.each(refusals)("AWS refuses %s: %s", async (_, code, act) => {
  await expect(act(cloud())).rejects.toThrow(code);
});

test("AWS takes a file system with EFA, and tells its name and what to mount", async () => {
  const { made } = await lustre(cloud(), { efaEnabled: true, storageCapacity: 19_200 });
  expect(made.outs).toMatchObject({ dnsName: `${made.id}.fsx.us-east-1.amazonaws.com`, mountName: "fsx12345" });
});
