import { type EstimateOptions, estimateCost } from "../../pricing/estimate";
import type { MachineFacts } from "../../pricing/hidden/hiddenCost";
import type { ResourceRecord } from "../../pricing/records";

const clusterType = "llm-cluster:index:AwsCluster";

/** What a cluster's inputs say, and what is made of them; a plan to serve on p5.48xlarge where nothing else is said. */
export interface Shape {
  name?: string;
  plan?: Readonly<Record<string, unknown>>;
  decision?: Readonly<Record<string, unknown>>;
  /** Machines in the document. Default: the plan's. */
  machines?: number;
  /** Ingredients of the cluster beside its machines. */
  others?: readonly { type: string; name: string; inputs?: Readonly<Record<string, unknown>> }[];
}

/** The resources of one cluster, as an engine would tell of them. */
export function clusterRecords({
  name = "llm",
  plan = {},
  decision = {},
  machines,
  others = [],
}: Shape): ResourceRecord[] {
  const full = { machine: "p5.48xlarge", nodes: 2, replicas: 2, region: "us-east-1", weightsGB: 100, ...plan };
  const urn = `urn:pulumi:dev::project::${clusterType}::${name}`;
  const child = (type: string, suffix: string, inputs: Readonly<Record<string, unknown>>): ResourceRecord => ({
    urn: `urn:pulumi:dev::project::${clusterType}$${type}::${name}-${suffix}`,
    type,
    name: `${name}-${suffix}`,
    custom: true,
    parent: urn,
    inputs: { region: full.region, ...inputs },
  });
  const market = { capacityBlock: "capacity-block", spot: "spot" }[String(plan.capacityMode ?? "")];
  const bought = market === undefined ? {} : { instanceMarketOptions: { marketType: market } };
  const node = { instanceType: full.machine, rootBlockDevice: { volumeType: "gp3", volumeSize: 100 }, ...bought };
  return [
    { urn, type: clusterType, name, custom: false, inputs: { region: full.region, plan: full, decision } },
    ...Array.from({ length: machines ?? full.nodes }, (_, index) =>
      child("aws:ec2/instance:Instance", `node-${index}`, node),
    ),
    ...others.map((other) => child(other.type, other.name, other.inputs ?? {})),
  ];
}

/** A stack of clusters and its estimate. */
export function stackOf(shapes: readonly Shape[], options: EstimateOptions = {}) {
  const side = { records: shapes.flatMap(clusterRecords), pendingDeletion: [] };
  return { side, estimate: estimateCost(side.records, options) };
}

/** Machines as a small catalogue has them. */
export function machineFacts(machine: string): MachineFacts | undefined {
  const catalogue: Readonly<Record<string, MachineFacts>> = {
    "p5.48xlarge": { gpus: 8, gpu: "NVIDIA H100 SXM 80 GB" },
    "p5en.48xlarge": { gpus: 8, gpu: "NVIDIA H200 SXM 141 GB" },
    "p6-b300.48xlarge": { gpus: 8, gpu: "NVIDIA B300 288 GB" },
    "p6e-gb200": { gpus: 4, gpu: "NVIDIA GB200 186 GB" },
  };
  return catalogue[machine];
}
