import { defaultDcgmImage, metricNamespace, metricsPort } from "./metrics";
import { readinessPort } from "./readiness";
import { assign } from "./shell";

/** What is around a node beside its model: every part may be absent, and then nothing of it happens. */
export interface Surroundings {
  /** When the capacity block ends, ISO 8601. Nodes drain from 40 minutes before. */
  capacityEndsAt?: string;
  /** The file system that weights are copied from in the place of the store; mounted at `/fsx`. */
  lustre?: LustreFileSystem;
  /** CloudWatch log group that the container's output goes to. */
  logGroup?: string;
  /** Value of the dimension `Cluster` of the node's GPU utilisation; without it none is sent. */
  metricCluster?: string;
  /** Image of the DCGM exporter; default `defaultDcgmImage`. An empty text leaves it out. */
  dcgmImage?: string;
}

/** What a client mounts an FSx for Lustre file system by. */
export interface LustreFileSystem {
  dnsName: string;
  mountName: string;
}

/** The part of a release's settings that serving and training share. What is absent is an empty text. */
export function surroundingAssignments({
  capacityEndsAt = "",
  lustre = { dnsName: "", mountName: "" },
  logGroup = "",
  metricCluster = "",
  dcgmImage = defaultDcgmImage,
}: Surroundings = {}): string[] {
  return [
    assign("READINESS_PORT", readinessPort),
    assign("CAPACITY_ENDS_AT", capacityEndsAt),
    assign("LUSTRE_DNS", lustre.dnsName),
    assign("LUSTRE_MOUNT", lustre.mountName),
    assign("LOG_GROUP", logGroup),
    assign("METRIC_NAMESPACE", metricNamespace),
    assign("METRIC_CLUSTER", metricCluster),
    assign("METRICS_PORT", metricsPort),
    assign("DCGM_IMAGE", dcgmImage),
  ];
}
