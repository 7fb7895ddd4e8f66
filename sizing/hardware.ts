/** How GPUs of one machine reach each other. */
export type GpuLink = "nvlink" | "infinityFabric" | "ici" | "pcie";

export interface Gpu {
  id: string;
  /** Other names for it. */
  aliases: readonly string[];
  name: string;
  vendor: "nvidia" | "amd" | "google";
  architecture: string;
  /** Memory that the engine can see, GiB. */
  memoryGiB: number;
  hbmTBps: number;
  bf16Tflops: number;
  /** Absent where the GPU has no units for it: the engine then computes in 16 bits. */
  fp8Tflops?: number;
  int8Tops?: number;
  fp4Tflops?: number;
  /** Rated power of one GPU; absent where no source that was read names it. */
  watts?: number;
  link: GpuLink;
  /** The link, one direction, GB/s. */
  linkGBps: number;
  /** GPUs that the link joins at most. */
  linkDomainGpus: number;
  /** Fabric between machines, GB/s for each GPU; absent where there is none. */
  interNodeGBpsPerGpu?: number;
  source: string;
}

/** Fabric between machines. All but `none` carry RDMA or Google's own offload of it (tcpx, tcpxo). */
export type Fabric = "efa" | "roce" | "infiniband" | "tcpx" | "tcpxo" | "ici" | "none";

/** A machine that a cloud rents out, as far as sizing cares. */
export interface Machine {
  id: string;
  cloud: "aws" | "gcp" | "azure";
  gpu: string;
  gpus: number;
  localNvmeGB: number;
  memoryGiB: number;
  fabric: Fabric;
  /** Why this package does not build clusters of it; absent when it does or will. */
  notProvisionable?: string;
  /** Purchase modes in which it cannot be ordered, though a price may be listed, and why. */
  notSold?: Readonly<Partial<Record<string, string>>>;
  /** Regions where it is known to be offered. */
  regions: readonly string[];
  /** Zones where it is known to be offered: on AWS by id, which is the same place in every account. Empty: not known. */
  zoneIds: readonly string[];
  source: string;
}
