import type { AvailabilityZone, CapacityReservation, Image, Instance, Subnet } from "@aws-sdk/client-ec2";
import { EC2ServiceException } from "@aws-sdk/client-ec2";
import type { AwsClients } from "../../cli/preflight/clients";
import type { Finding } from "../../cli/preflight/finding";
import { type PreflightReport, runChecks } from "../../cli/preflight/report";
import type { Subject } from "../../cli/preflight/subject";

export const now = new Date("2026-11-20T12:00:00Z");
/** A time so many minutes from now. */
export const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

const $metadata = {};

/** An account in which all is well: two zones, the first of which has the machine, and quota for two of it. */
export interface Account {
  zones: AvailabilityZone[];
  /** Zone ids that offer the machine. */
  offering: string[];
  /** By quota code, in vCPU. */
  quotas: Record<string, { name?: string; value: number }>;
  defaultQuotas: Record<string, { name?: string; value: number }>;
  machines: Instance[];
  reservations: CapacityReservation[];
  images: Image[];
  newestImage?: string;
  blocks: { id: string; zone: string; start: Date; hours: number; fee: string }[];
  subnets: Subnet[];
  vpc: { enableDnsSupport: boolean; enableDnsHostnames: boolean };
  /** Addresses in use in every subnet, and by which machine. */
  addresses: { address: string; machine?: string }[];
  reservedRanges: { id: string; cidr: string; description?: string }[];
  /** Region of each bucket. */
  buckets: Record<string, string>;
}

export const ubuntu: Image = {
  ImageId: "ami-0123456789abcdef0",
  Name: "Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04)",
  Architecture: "x86_64",
  State: "available",
  RootDeviceName: "/dev/sda1",
  BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 75 } }],
  EnaSupport: true,
  PlatformDetails: "Linux/UNIX",
};

export const goodAccount: Account = {
  zones: [
    { ZoneName: "us-east-1a", ZoneId: "use1-az6", State: "available", OptInStatus: "opt-in-not-required" },
    { ZoneName: "us-east-1b", ZoneId: "use1-az1", State: "available", OptInStatus: "opt-in-not-required" },
  ],
  offering: ["use1-az6"],
  quotas: {
    "L-417A185B": { name: "Running On-Demand P instances", value: 384 },
    "L-C4BD4855": { name: "All P5 Spot Instance Requests", value: 384 },
    "L-7212CCBC": { name: "All P4, P3 and P2 Spot Instance Requests", value: 0 },
  },
  defaultQuotas: {},
  machines: [],
  reservations: [],
  images: [ubuntu],
  newestImage: ubuntu.ImageId,
  blocks: [],
  subnets: [],
  vpc: { enableDnsSupport: true, enableDnsHostnames: true },
  addresses: [],
  reservedRanges: [],
  buckets: {},
};

/** An error as the SDK makes one of a service's answer. */
export function refusal(name: string, status = 400): EC2ServiceException {
  const message = `${name}: said by the fake`;
  return new EC2ServiceException({ name, message, $fault: "client", $metadata: { httpStatusCode: status } });
}

/** Clients that answer from an account's description, page by page where AWS has pages. */
export function fakeAws(changes: Partial<Account> = {}): AwsClients {
  const account = { ...goodAccount, ...changes };
  const quota = (from: Account["quotas"], code = "") => {
    const found = from[code];
    if (!found) throw refusal("NoSuchResourceException");
    return { $metadata, Quota: { QuotaCode: code, QuotaName: found.name, Value: found.value } };
  };
  return {
    describeAvailabilityZones: async () => ({ $metadata, AvailabilityZones: account.zones }),
    describeInstanceTypeOfferings: async ({ LocationType }) => ({
      $metadata,
      InstanceTypeOfferings: account.offering.map((Location) => ({ LocationType, Location })),
    }),
    getServiceQuota: async ({ QuotaCode }) => quota(account.quotas, QuotaCode),
    getDefaultServiceQuota: async ({ QuotaCode }) => quota(account.defaultQuotas, QuotaCode),
    // One machine a page.
    describeInstances: async ({ NextToken }) => {
      const at = Number(NextToken ?? 0);
      const next = at + 1 < account.machines.length ? String(at + 1) : undefined;
      return { $metadata, Reservations: [{ Instances: account.machines.slice(at, at + 1) }], NextToken: next };
    },
    describeCapacityReservations: async ({ CapacityReservationIds }) => {
      const found = account.reservations.filter(
        ({ CapacityReservationId = "" }) => CapacityReservationIds?.includes(CapacityReservationId) ?? true,
      );
      if (CapacityReservationIds && found.length === 0) throw refusal("InvalidCapacityReservationId.NotFound");
      return { $metadata, CapacityReservations: found };
    },
    describeImages: async ({ ImageIds = [] }) => {
      const found = account.images.filter(({ ImageId = "" }) => ImageIds.includes(ImageId));
      if (found.length === 0) throw refusal("InvalidAMIID.NotFound");
      return { $metadata, Images: found };
    },
    getParameter: async () => {
      if (account.newestImage === undefined) throw refusal("ParameterNotFound");
      return { $metadata, Parameter: { Value: account.newestImage } };
    },
    describeCapacityBlockOfferings: async ({ InstanceType, InstanceCount }) => ({
      $metadata,
      CapacityBlockOfferings: account.blocks.map(({ id, zone, start, hours, fee }) => ({
        CapacityBlockOfferingId: id,
        InstanceType,
        InstanceCount,
        AvailabilityZone: zone,
        StartDate: start,
        EndDate: new Date(start.getTime() + hours * 3_600_000),
        CapacityBlockDurationHours: hours,
        UpfrontFee: fee,
        CurrencyCode: "USD",
      })),
    }),
    describeSubnets: async ({ SubnetIds = [] }) => {
      const found = account.subnets.filter(({ SubnetId = "" }) => SubnetIds.includes(SubnetId));
      if (found.length === 0) throw refusal("InvalidSubnetID.NotFound");
      return { $metadata, Subnets: found };
    },
    describeVpcAttribute: async ({ Attribute }) => ({
      $metadata,
      ...(Attribute === "enableDnsSupport" ? { EnableDnsSupport: { Value: account.vpc.enableDnsSupport } } : {}),
      ...(Attribute === "enableDnsHostnames" ? { EnableDnsHostnames: { Value: account.vpc.enableDnsHostnames } } : {}),
    }),
    describeNetworkInterfaces: async () => ({
      $metadata,
      NetworkInterfaces: account.addresses.map(({ address, machine }) => ({
        PrivateIpAddress: address,
        PrivateIpAddresses: [{ PrivateIpAddress: address }],
        Attachment: machine === undefined ? undefined : { InstanceId: machine },
      })),
    }),
    getSubnetCidrReservations: async () => ({
      $metadata,
      SubnetIpv4CidrReservations: account.reservedRanges.map(({ id, cidr, description }) => ({
        SubnetCidrReservationId: id,
        Cidr: cidr,
        Description: description,
      })),
    }),
    headBucket: async ({ Bucket = "" }) => {
      if (account.buckets[Bucket] === undefined) throw refusal("NotFound", 404);
      return { $metadata, BucketRegion: account.buckets[Bucket] };
    },
  };
}

/** Two p5.48xlarge on demand in use1-az6, with whatever a case changes. */
export function subjectWith(changes: Partial<Subject> = {}): Subject {
  return {
    project: {
      root: ".",
      name: "llm-cluster",
      main: ".",
      typescript: false,
      stack: "test",
      stackFile: "Pulumi.test.yaml",
      stackPath: "Pulumi.test.yaml",
      config: {},
      secretKeys: [],
    },
    cluster: "llm-cluster/dev",
    region: "us-east-1",
    zone: "use1-az6",
    machine: "p5.48xlarge",
    vcpus: 192,
    nodes: 2,
    capacity: { mode: "onDemand" },
    rootVolumeGiB: 200,
    network: {},
    endpoint: {},
    given: () => undefined,
    ...changes,
  };
}

/** What every check says of a subject in an account. */
export function check(
  subject: Partial<Subject>,
  account: Partial<Account> = {},
  options: { offerings?: boolean; hours?: number } = {},
  clients: Partial<AwsClients> = {},
): Promise<PreflightReport> {
  const request = { offerings: false, now, ...options };
  return runChecks(subjectWith(subject), { ...fakeAws(account), ...clients }, request);
}

/** The findings of one check, each as `state: fact`. */
export function said({ findings }: { findings: Finding[] }, check: string): string[] {
  return findings.filter((finding) => finding.check === check).map(({ state, fact }) => `${state}: ${fact}`);
}

/** A machine that runs: `p5.48xlarge` on demand unless a case says otherwise. */
export function machine(id: string, changes: Partial<Instance> = {}): Instance {
  return { InstanceId: id, InstanceType: "p5.48xlarge", CpuOptions: { CoreCount: 96, ThreadsPerCore: 2 }, ...changes };
}

export const ownTags = [{ Key: "llm-cluster-stack", Value: "llm-cluster/dev" }];

/** A reservation of two p5.48xlarge that fits the subject, all free. */
export function reservation(changes: Partial<CapacityReservation> = {}): CapacityReservation {
  return {
    CapacityReservationId: "cr-0123456789abcdef0",
    InstanceType: "p5.48xlarge",
    InstancePlatform: "Linux/UNIX",
    AvailabilityZone: "us-east-1a",
    AvailabilityZoneId: "use1-az6",
    Tenancy: "default",
    TotalInstanceCount: 2,
    AvailableInstanceCount: 2,
    State: "active",
    ReservationType: "default",
    InstanceMatchCriteria: "targeted",
    ...changes,
  };
}
