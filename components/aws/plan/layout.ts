import { defaultEngineImage, defaultEnginePort } from "../../../serving/engine";
import { defaultDcgmImage } from "../../../serving/metrics";
import { weightsPrefixOf } from "../../../serving/release";
import { checkUserDataSize, renderUserData } from "../../../serving/userData";
import { findMachine } from "../../../sizing/catalogue";
import { awsInstanceTypes } from "../../../sizing/machinesAws";
import type { Checkpoint } from "../../../sizing/model";
import type { Plan } from "../../../sizing/plan";
import { sizeDecision } from "../../../sizing/size";
import { isTrainingPlan, type TrainingPlan } from "../../../sizing/training/plan";
import { GB, GiB, round } from "../../../sizing/units";
import { notBuilt } from "../../../sizing/warnings";
import { weighCheckpoint } from "../../../sizing/weights";
import { Egress, FlowLogs, OnDelete, type ParsedAwsArgs, WeightsSource } from "../args";
import { type AddressPlan, fixedAddressCount, nodeAddress, planAddresses } from "./addresses";
import { type CapacityPlan, planCapacity } from "./capacityPlan";
import { imageOf, isEcrOf } from "./images";
import { type LustrePlan, planLustre } from "./lustrePlan";
import { layoutNetworkInterfaces, type NetworkInterfacePlan } from "./networkInterfaces";
import { type RootVolume, rootVolume } from "./rootVolume";

/**
 * One machine of the cluster. It knows its index and address, and nothing of replicas and ranks: those are the
 * release's, so that the same machines can be grouped anew without being replaced.
 */
export interface NodePlan {
  /** `node-<index>`: stable while the cluster grows and shrinks. */
  suffix: string;
  index: number;
  /** Fixed at plan time: the nodes of a replica must know their head's. */
  privateIpAddress: string;
  /** Rank 0 of its replica, as this plan groups the nodes: what the endpoint sends requests to. */
  isHead: boolean;
}

/** The VPC that the cluster makes. */
export interface OwnNetworkPlan extends AddressPlan {
  egress: Egress;
  flowLogs: FlowLogs;
  /** The second zone of an application load balancer. */
  secondZone?: string;
}

/** An AWS cluster as plain data: what the component turns into resources. */
export interface AwsLayout {
  plan: Plan | TrainingPlan;
  region: string;
  /** The decision's zone, by name or id. */
  zoneName: string;
  /** Absent where a subnet is brought along. */
  ownNetwork?: OwnNetworkPlan;
  /** What is kept for the nodes' fixed addresses. */
  fixedCidr: string;
  networkInterfaces: NetworkInterfacePlan[];
  /** Seconds that an idle TCP connection is remembered, where the machine's own default is too short. */
  tcpEstablishedTimeout?: number;
  nodes: NodePlan[];
  capacity: CapacityPlan;
  rootVolume: RootVolume;
  weightsPrefix: string;
  weightsGB: number;
  weights: WeightsPlan;
  lustre?: LustrePlan;
  image: string;
  dcgmImage: string;
  port: number;
  /** Port of the endpoint: 443 where callers speak TLS. */
  endpointPort: number;
  releaseNumber: number;
  keepStore: boolean;
  /** Whether it serves; otherwise it trains. */
  serves: boolean;
}

/** Where weights come from; a repository's token is an output, and is not here. */
export type WeightsPlan = { from: "store" } | { from: "huggingFace"; repository: string; revision?: string };

/** Five days, the longest that EC2 remembers an idle TCP connection, and the default of P5. */
const longestTracking = 432_000;

/** Thrown for a decision that no machine carries, or only one that is not built here: nothing is worth creating. */
export class UnfitError extends Error {
  constructor(readonly plan: Plan | TrainingPlan) {
    const { decision, nodes, machine, verdict, warnings } = plan;
    const why = verdict === "no" ? "does not fit" : "cannot be built on";
    // What stops the plan comes first.
    const lines = [...warnings].sort(
      (left, right) => Number(right.includes(notBuilt)) - Number(left.includes(notBuilt)),
    );
    const options = isTrainingPlan(plan)
      ? "\n(options of llm-cluster size; in a decision --nodes is overrides.nodes, --workload is workload, and the others stand under training)"
      : "";
    super(
      `${decision.model} in ${decision.precision} ${why} ${nodes} x ${machine}:\n${(verdict === "no" ? warnings : lines).map((words) => `  - ${words}`).join("\n")}${options}`,
    );
    this.name = "UnfitError";
  }
}

/** Thrown for a plan that the network has no room for. */
export class TooManyNodesError extends Error {}

/** Plans a cluster: the machines by the decision, then everything around them. Pure. */
export function planAwsCluster(args: ParsedAwsArgs): AwsLayout {
  const { resolved, prices, network, storage, serving, training, endpoint } = args;
  const { plan } = sizeDecision({ ...resolved, decision: { ...resolved.decision, cloud: "aws" } }, prices);
  if (plan.verdict === "no" || findMachine(plan.machine)?.notProvisionable) throw new UnfitError(plan);
  const type = awsInstanceTypes[plan.machine];
  if (!type) throw new Error(`layout: ${plan.machine} was planned, but its instance type is not recorded`);
  const { decision } = resolved;
  const serves = !isTrainingPlan(plan);
  const defaultTracking = type.NetworkInfo.ConnectionTrackingConfiguration.DefaultTcpEstablishedTimeout;
  const zone = decision.zone ?? "";
  const weightsBytes = weighCheckpoint(resolved.model, resolved.checkpoint).total;
  const ownNetwork = network?.subnetId === undefined ? planOwnNetwork(args, zone) : undefined;
  const fixedCidr = network?.nodeAddresses ?? ownNetwork?.fixedCidr ?? "";
  const port = serving?.port ?? defaultEnginePort;
  checkUserDataSize(longestUserData(decision.region));
  return {
    plan,
    region: decision.region,
    zoneName: zone,
    ownNetwork,
    fixedCidr,
    networkInterfaces: layoutNetworkInterfaces(type),
    tcpEstablishedTimeout: defaultTracking < longestTracking ? longestTracking : undefined,
    nodes: planNodes(plan, fixedCidr, ownNetwork),
    capacity: planCapacity(plan),
    rootVolume,
    weightsPrefix: weightsPrefixOf(plan),
    weightsGB: round(weightsBytes / GB, 1),
    weights: planWeights(storage, resolved.checkpoint),
    lustre: storage?.lustre && planLustre(storage.lustre, weightsBytes / GiB),
    image: imageOf(args, training?.image ?? serving?.image ?? defaultEngineImage),
    dcgmImage: planExporter(args, decision.region),
    port,
    endpointPort: endpoint?.certificateArn === undefined ? port : 443,
    releaseNumber: training?.release ?? serving?.release ?? 1,
    // Weights are copies of what is published; what was trained is not.
    keepStore: (storage?.onDelete ?? (serves ? OnDelete.delete : OnDelete.retain)) === OnDelete.retain,
    serves,
  };
}

/** The exporter of GPU metrics; none where nodes could not pull it, because no registry mirrors it. */
function planExporter(args: ParsedAwsArgs, region: string): string {
  const image = imageOf(args, defaultDcgmImage);
  return args.network?.egress === Egress.none && !isEcrOf(image, region) ? "" : image;
}

function planOwnNetwork({ network, endpoint }: ParsedAwsArgs, zone: string): OwnNetworkPlan {
  const { vpcCidr = "10.0.0.0/16", egress = Egress.nat, flowLogs = FlowLogs.rejected } = network ?? {};
  const { secondZone } = endpoint ?? {};
  return { ...planAddresses(vpcCidr, zone, secondZone), egress, flowLogs, secondZone };
}

function planWeights(storage: ParsedAwsArgs["storage"], { repositories }: Checkpoint): WeightsPlan {
  const { weights, huggingFaceRepository, huggingFaceRevision } = storage ?? {};
  const repository = huggingFaceRepository ?? repositories[0];
  if (weights !== WeightsSource.huggingFace || repository === undefined) return { from: "store" };
  return { from: "huggingFace", repository, revision: huggingFaceRevision };
}

/** Bucket names have up to 63 characters: what fits with the longest fits with any. */
function longestUserData(region: string): string {
  return renderUserData({ bucket: "b".repeat(63), prefix: "p".repeat(255), region });
}

function planNodes(plan: Plan | TrainingPlan, fixedCidr: string, own: OwnNetworkPlan | undefined): NodePlan[] {
  const most = fixedAddressCount({ fixedCidr });
  if (plan.nodes > most) {
    const larger = own?.vpcCidr.endsWith("/16")
      ? "use several clusters: no VPC is larger"
      : `use a larger range${own ? ", such as 10.0.0.0/16" : ""}, or several clusters`;
    throw new TooManyNodesError(
      `${own ? "network.vpcCidr" : "network.nodeAddresses"}: ${own?.vpcCidr ?? fixedCidr} has fixed addresses for ${most} nodes, and the plan has ${plan.nodes}. Fix: ${larger}`,
    );
  }
  return Array.from({ length: plan.nodes }, (_, index) => ({
    suffix: `node-${index}`,
    index,
    privateIpAddress: nodeAddress({ fixedCidr }, index),
    isHead: index % plan.nodesPerReplica === 0,
  }));
}
