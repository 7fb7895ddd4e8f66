/** Port of the DCGM exporter on every node. The engine's own metrics are on the engine's port, at `/metrics`. */
export const metricsPort = 9400;

/** CloudWatch namespace of what a node measures itself; the nodes' role may write no other. */
export const metricNamespace = "LlmCluster";

/** Mean utilisation of a node's GPUs, percent, once a minute. Its one dimension is `Cluster`. */
export const gpuUtilizationMetric = "GpuUtilization";

/**
 * The exporter of GPU metrics, by tag and digest: the one that awslabs/awsome-distributed-ai pins in its PCS templates
 * (OPERATIONS.md, section 3.1), where all GPUs of two p6-b300 reported through it. It could not be pulled from here.
 */
export const defaultDcgmImage =
  "nvcr.io/nvidia/k8s/dcgm-exporter:4.5.2-4.8.1-ubuntu22.04@sha256:a7ad6547d4546eaf4dd5d6b4c0b4db4101e63ef7dc3cdff7f42b767d2c60b706";
