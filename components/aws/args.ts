import type * as pulumi from "@pulumi/pulumi";
import type { PriceBook } from "../../pricing/priceBook";
import type { ResolvedDecision } from "../../sizing/decision";
import type { DecisionArgs } from "../../sizing/decisionArgs";

/** What happens to a cluster's model store when the cluster is destroyed. */
export const OnDelete = { delete: "delete", retain: "retain" } as const;
export type OnDelete = (typeof OnDelete)[keyof typeof OnDelete];

/** How nodes reach what is outside their VPC. */
export const Egress = { nat: "nat", none: "none" } as const;
export type Egress = (typeof Egress)[keyof typeof Egress];

/** Which connections the VPC's flow log notes. */
export const FlowLogs = { rejected: "rejected", all: "all", none: "none" } as const;
export type FlowLogs = (typeof FlowLogs)[keyof typeof FlowLogs];

/** The network: one that the cluster makes for itself, or a subnet of yours. */
export interface AwsNetworkArgs {
  /** IPv4 range of the VPC that is made, /16 to /20. Changing it replaces every machine. Default: 10.0.0.0/16. Cost: none. */
  vpcCidr?: string;
  /** Id of an existing private subnet in decision.zone; the cluster then makes no VPC, no gateways and no flow log. Default: a VPC is made. Cost: saves the NAT gateway; your subnet's own way out is billed as it is. */
  subnetId?: pulumi.Input<string>;
  /** Range inside the existing subnet that is kept for the nodes' fixed addresses, /28 or larger. Needed with subnetId. Cost: none. */
  nodeAddresses?: string;
  /** Id of the existing subnet's route table: a gateway endpoint for S3 is added to it. Default: none is added, and your routes must reach S3. Cost: free, and without it weights pass your NAT gateway, by the GB. */
  routeTableId?: pulumi.Input<string>;
  /** How nodes reach what is outside the VPC that is made: nat, or none with an endpoint for each AWS service. Default: nat. Cost: a NAT gateway with its address, or interface endpoints, by the hour; the plan says which is cheaper. */
  egress?: Egress;
  /** Which connections the flow log of the VPC that is made notes: rejected, all or none. Default: rejected. Cost: by the GB that is logged; all is many GB where many connect. */
  flowLogs?: FlowLogs;
}

/** Where nodes get a model's weights from. */
export const WeightsSource = { store: "store", huggingFace: "huggingFace" } as const;
export type WeightsSource = (typeof WeightsSource)[keyof typeof WeightsSource];

/** A file system that every node mounts at /fsx: FSx for Lustre, PERSISTENT_2 on SSD, with the store's weights linked into it. */
export interface AwsLustreArgs {
  /** Capacity in GiB: 1200, 2400, or a multiple of 2400. Default: the least step that holds the weights one and a half times, and no less than efa needs. Cost: billed by the GB and month. */
  capacityGiB?: number;
  /** Throughput in MB/s for each TiB: 125, 250, 500 or 1000. Default: 250. Cost: 1000 costs about four times 125. */
  throughput?: number;
  /** Whether the file system takes EFA traffic. Decided when it is made; clients need an image that is set up for it. Default: false. Cost: a larger least capacity. */
  efa?: boolean;
}

/** Where weights, releases and status reports are kept. */
export interface AwsStorageArgs {
  /** Name of an existing S3 bucket in the same region; several clusters may share one. Default: a bucket is made. Changing it on a running cluster replaces every node. Cost: weights are stored at S3 Standard rates. */
  bucket?: pulumi.Input<string>;
  /** Whether `destroy` deletes the bucket with everything in it, or leaves it. Default: delete; retain where the cluster trains, for its checkpoints. Cost: a bucket that is left goes on costing. */
  onDelete?: OnDelete;
  /** Where nodes get the weights from: store, which `llm-cluster weights push` fills, or huggingFace, from which every node pulls for itself. Default: store. Cost: from Hugging Face they pass the NAT gateway, by the GB, on every node. */
  weights?: WeightsSource;
  /** Repository that nodes pull with weights: huggingFace, such as Qwen/Qwen3-32B. Default: the one that the catalogue has for the model and precision. Cost: none. */
  huggingFaceRepository?: string;
  /** Branch, tag or commit of the repository. Default: main, which can change under you; a commit cannot. Cost: none. */
  huggingFaceRevision?: string;
  /** ARN of a Secrets Manager secret whose text is a Hugging Face token, for a gated model. Default: none. Cost: a secret is billed by the month. */
  huggingFaceTokenSecret?: pulumi.Input<string>;
  /** A file system that every node mounts at /fsx. Default: none: weights are copied to each node's own disks. Cost: the largest item after the machines. */
  lustre?: AwsLustreArgs;
}

/** What the nodes run. A change here is a new release: an object is updated, and no node is replaced; except for amiId. */
export interface AwsServingArgs {
  /** Container image of the engine, best with a digest. Default: a pinned vLLM. Cost: none. */
  image?: string;
  /** Registry that nodes pull every image from, as `<imageRegistry>/<image>`: an ECR registry, with the prefix of a pull-through cache if there is one. Needed with network.egress none. Default: where the image's name says. Cost: ECR stores by the GB. */
  imageRegistry?: string;
  /** Port of the OpenAI-compatible API. Default: 8000. Cost: none. */
  port?: number;
  /** Number of the release, yours to raise; a release whose content changes under the same number is taken too. Default: 1. Cost: none. */
  release?: number;
  /** Machine image. Default: the newest Deep Learning Base AMI (Ubuntu 22.04) when the cluster is made; newer ones are not taken unasked. A change of it replaces every node. Cost: none. */
  amiId?: pulumi.Input<string>;
  /** ARN of an existing Secrets Manager secret whose text is the API key. Default: a key is generated. Cost: a secret is billed by the month. */
  apiKeySecret?: pulumi.Input<string>;
}

/** What the nodes of a cluster that trains have ready. A change here is a new release, and no node is replaced; except for amiId. */
export interface AwsTrainingArgs {
  /** Container image that you train in, best with a digest: PyTorch with what your recipe needs. Needed where decision.workload trains. Cost: none. */
  image?: string;
  /** Number of the release, yours to raise. Default: 1. Cost: none. */
  release?: number;
  /** Machine image. Default: the newest Deep Learning Base AMI (Ubuntu 22.04) when the cluster is made. A change of it replaces every node. Cost: none. */
  amiId?: pulumi.Input<string>;
}

/** How callers reach a cluster that serves. */
export const LoadBalancerKind = { network: "network", application: "application" } as const;
export type LoadBalancerKind = (typeof LoadBalancerKind)[keyof typeof LoadBalancerKind];

/** The way to the heads: an internal load balancer, which no public address has. */
export interface AwsEndpointArgs {
  /** Kind of load balancer: network, which hands connections through, or application, which reads HTTP and needs a second zone. Default: network. Cost: both by the hour and by use; an application one is about as much. */
  loadBalancer?: LoadBalancerKind;
  /** ARN of an ACM certificate: callers then speak TLS, on port 443. Default: none, and HTTP inside the VPC. Cost: none for public certificates. */
  certificateArn?: pulumi.Input<string>;
  /** Another zone of the region, for an application load balancer's second subnet in the VPC that is made. Cost: traffic between zones is billed by the GB. */
  secondZone?: string;
  /** Id of an existing subnet in another zone, for an application load balancer in a VPC of yours. Cost: as secondZone. */
  secondSubnetId?: pulumi.Input<string>;
  /** Name that callers inside the VPC use, such as llm.example.internal. Default: the load balancer's own name. Cost: a private zone is billed by the month. */
  domainName?: string;
  /** Id of an existing Route 53 zone for domainName. Default: a private zone of that name is made. Cost: saves the zone. */
  hostedZoneId?: string;
  /** IPv4 ranges that may call. Default: the VPC's own. Cost: none. */
  callers?: string[];
  /** ARNs of accounts or roles that may reach the endpoint from their own VPCs by PrivateLink. Only with a network load balancer. Default: nobody. Cost: their endpoints are billed to them. */
  privateLinkPrincipals?: string[];
  /** Whether AWS refuses to delete the load balancer. Default: false. Cost: none. */
  deletionProtection?: boolean;
}

/** What is watched, and what resources say of themselves. */
export interface AwsObservabilityArgs {
  /** Days that logs are kept, one of CloudWatch's steps. Default: 30. Cost: by the GB that arrives and is kept. */
  logRetentionDays?: number;
  /** Name of an existing CloudWatch log group for the engines' logs. Default: one is made. Cost: none by itself. */
  logGroup?: pulumi.Input<string>;
  /** ARN of an SNS topic that alarms are sent to. Default: none: they show in CloudWatch only. Cost: none to speak of. */
  alarmTopic?: pulumi.Input<string>;
  /** IPv4 ranges that may read the metrics of engines and GPUs, such as a Prometheus server's; they reach the engine's whole port, 25 at most. Default: the nodes themselves. Cost: none. */
  metricsFrom?: string[];
  /** Day on which the cluster should be gone, such as 2027-01-31: a tag of every resource, for whoever cleans up. Nothing is deleted by it. Cost: none. */
  expires?: string;
  /** What the cluster may cost a month, US dollars: a tag of every resource. Budgets that refuse are llm-cluster:budget. Cost: none. */
  budgetUsd?: number;
}

/** The arguments of AwsCluster. */
export interface AwsClusterArgs {
  /** What is to be served, for whom, and where. Cost: decides nearly all of it. */
  decision: DecisionArgs;
  /** The network that the cluster makes, or a subnet of yours. */
  network?: AwsNetworkArgs;
  /** Where weights, releases and status reports are kept. */
  storage?: AwsStorageArgs;
  /** What the nodes run, where the decision is to serve. */
  serving?: AwsServingArgs;
  /** What the nodes have ready, where the decision is to train. */
  training?: AwsTrainingArgs;
  /** How callers reach it, where the decision is to serve. */
  endpoint?: AwsEndpointArgs;
  /** What is watched, and what resources say of themselves. */
  observability?: AwsObservabilityArgs;
  /** ARN of a KMS key for bucket, volumes, secret, logs and file system. Changing it replaces every node. Default: AWS's own keys. Cost: requests to your key; its policy must let EC2, CloudWatch Logs and FSx use it. */
  kmsKey?: pulumi.Input<string>;
  /** Tags of every resource; keys of letters, digits and - _ + = . @ : only, 44 at most. Default: the cluster's own. Cost: none. */
  tags?: Record<string, string>;
}

/** Arguments that were checked, with the decision resolved. */
export interface ParsedAwsArgs extends Omit<AwsClusterArgs, "decision"> {
  resolved: ResolvedDecision;
  /** The project's own prices over the shipped ones; absent where it has none. */
  prices?: PriceBook;
}
