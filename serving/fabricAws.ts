/**
 * Docker arguments that give a container the EFA devices and the host's EFA software. Stock vLLM images carry no
 * aws-ofi-nccl, and without it NCCL falls back to TCP, about 28 times slower (awsome-distributed-ai, dsv3 example);
 * the Deep Learning AMI has it under /opt/amazon. Only a replica over several machines needs any of this.
 */
export const efaDockerArguments: readonly string[] = [
  "--device",
  "/dev/infiniband",
  "--cap-add",
  "IPC_LOCK",
  "--volume",
  "/opt/amazon:/opt/amazon:ro",
  ...environment({
    LD_LIBRARY_PATH:
      "/opt/amazon/ofi-nccl/lib/x86_64-linux-gnu:/opt/amazon/ofi-nccl/lib:/opt/amazon/efa/lib:/usr/local/cuda/lib64",
    FI_PROVIDER: "efa",
    // Loud instead of slow: with a named network a missing plugin is an error, not a fallback to sockets.
    NCCL_NET: "AWS Libfabric",
    // The form that excludes: naming an interface hides EFA (same source).
    NCCL_SOCKET_IFNAME: "^lo,docker,veth",
    NCCL_DEBUG: "INFO",
  }),
];

function environment(variables: Record<string, string>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
}
