import recorded from "./data/aws-instance-types.json";
import type { Machine } from "./hardware";

/** One network card of an instance type, as DescribeInstanceTypes tells it. */
export interface AwsNetworkCard {
  NetworkCardIndex: number;
  MaximumNetworkInterfaces: number;
}

/** The part of DescribeInstanceTypes that this package reads. */
export interface AwsInstanceType {
  MemoryInfo: { SizeInMiB: number };
  GpuInfo: { Gpus: readonly { Name: string; Count: number }[] };
  InstanceStorageInfo: { TotalSizeInGB: number };
  NetworkInfo: {
    EfaSupported: boolean;
    EfaInfo: { MaximumEfaInterfaces: number };
    MaximumNetworkCards: number;
    NetworkCards: readonly AwsNetworkCard[];
    ConnectionTrackingConfiguration: { DefaultTcpEstablishedTimeout: number };
  };
}

const offerings: Record<string, { region?: string[]; "availability-zone-id"?: string[] }> = recorded.offerings;

export const awsInstanceTypes: Readonly<Record<string, AwsInstanceType>> = recorded.instance_types;

/** The machines of AWS, read off the recorded DescribeInstanceTypes and offerings: nothing is typed in by hand. */
export const awsMachines: readonly Machine[] = Object.entries(awsInstanceTypes).map(([id, type]) => {
  const gpu = type.GpuInfo.Gpus[0];
  if (!gpu) throw new Error(`catalogue: instance type ${id} has no GPU`);
  return {
    id,
    cloud: "aws",
    gpu: gpu.Name.toLowerCase(),
    gpus: gpu.Count,
    localNvmeGB: type.InstanceStorageInfo.TotalSizeInGB,
    memoryGiB: type.MemoryInfo.SizeInMiB / 1024,
    fabric: type.NetworkInfo.EfaSupported ? "efa" : "none",
    regions: offerings[id]?.region ?? [],
    zoneIds: offerings[id]?.["availability-zone-id"] ?? [],
    source: recorded.source,
  };
});
