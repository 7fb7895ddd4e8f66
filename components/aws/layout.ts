import { defaultEngineImage, defaultEnginePort } from "../../serving/engine";
import { weightsPrefixOf } from "../../serving/release";
import { checkUserDataSize, renderUserData } from "../../serving/userData";
import { findMachine } from "../../sizing/catalogue";
import { CapacityMode } from "../../sizing/decisionArgs";
import { awsInstanceTypes } from "../../sizing/machinesAws";
import type { Plan } from "../../sizing/plan";
import { sizeDecision } from "../../sizing/size";
import { isTrainingPlan, type TrainingPlan } from "../../sizing/training/plan";
import { GB, round, significant } from "../../sizing/units";
import { notBuilt } from "../../sizing/warnings";
import { weighCheckpoint } from "../../sizing/weights";
import { type AddressPlan, fixedAddressCount, nodeAddress, planAddresses } from "./addresses";
import { OnDelete, type ParsedAwsArgs, zoneInput } from "./args";
import { layoutNetworkInterfaces, type NetworkInterfacePlan } from "./networkInterfaces";

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

/** The root volume of every node. Weights live on instance storage, so it holds the system and container images. */
export const rootVolume = { volumeType: "gp3", volumeSize: 200, iops: 6000, throughput: 500 } as const;

/** An AWS cluster as plain data: what the component turns into resources. */
export interface AwsLayout {
  plan: Plan | TrainingPlan;
  region: string;
  zone: ReturnType<typeof zoneInput>;
  addresses: AddressPlan;
  networkInterfaces: NetworkInterfacePlan[];
  /** Seconds that an idle TCP connection is remembered, where the machine's own default is too short. */
  tcpEstablishedTimeout?: number;
  nodes: NodePlan[];
  /** Reservation that the machines come from; absent on demand. */
  capacityBlockId?: string;
  weightsPrefix: string;
  weightsGB: number;
  image: string;
  port: number;
  releaseNumber: number;
  keepStore: boolean;
  /** Whether it serves; otherwise it trains. */
  serves: boolean;
}

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
export function planAwsCluster({ resolved, prices, network, storage, serving, training }: ParsedAwsArgs): AwsLayout {
  const { plan } = sizeDecision({ ...resolved, decision: { ...resolved.decision, cloud: "aws" } }, prices);
  if (plan.verdict === "no" || findMachine(plan.machine)?.notProvisionable) throw new UnfitError(plan);
  const type = awsInstanceTypes[plan.machine];
  if (!type) throw new Error(`layout: ${plan.machine} was planned, but its instance type is not recorded`);
  const { decision } = resolved;
  const serves = !isTrainingPlan(plan);
  const defaultTracking = type.NetworkInfo.ConnectionTrackingConfiguration.DefaultTcpEstablishedTimeout;
  const zone = decision.zone ?? "";
  const addresses = planAddresses(network?.vpcCidr ?? "10.0.0.0/16", zone);
  // Bucket names have up to 63 characters: what fits with the longest fits with any.
  checkUserDataSize(renderUserData({ bucket: "b".repeat(63), prefix: "p".repeat(255), region: decision.region }));
  return {
    plan,
    region: decision.region,
    zone: zoneInput(zone),
    addresses,
    networkInterfaces: layoutNetworkInterfaces(type),
    tcpEstablishedTimeout: defaultTracking < longestTracking ? longestTracking : undefined,
    nodes: planNodes(plan, addresses),
    capacityBlockId:
      decision.capacity.mode === CapacityMode.capacityBlock ? decision.capacity.reservationId : undefined,
    weightsPrefix: weightsPrefixOf(plan),
    weightsGB: round(weighCheckpoint(resolved.model, resolved.checkpoint).total / GB, 1),
    image: training?.image ?? serving?.image ?? defaultEngineImage,
    port: serving?.port ?? defaultEnginePort,
    releaseNumber: training?.release ?? serving?.release ?? 1,
    // Weights are copies of what is published; what was trained is not.
    keepStore: (storage?.onDelete ?? (serves ? OnDelete.delete : OnDelete.retain)) === OnDelete.retain,
    serves,
  };
}

function planNodes(plan: Plan | TrainingPlan, addresses: AddressPlan): NodePlan[] {
  const most = fixedAddressCount(addresses);
  if (plan.nodes > most) {
    throw new TooManyNodesError(
      `network.vpcCidr: ${addresses.vpcCidr} has fixed addresses for ${most} nodes, and the plan has ${plan.nodes}. Fix: ${addresses.vpcCidr.endsWith("/16") ? "use several clusters: no VPC is larger" : "use a larger range, such as 10.0.0.0/16, or several clusters"}`,
    );
  }
  return Array.from({ length: plan.nodes }, (_, index) => ({
    suffix: `node-${index}`,
    index,
    privateIpAddress: nodeAddress(addresses, index),
    isHead: index % plan.nodesPerReplica === 0,
  }));
}

/** The plan in short: what the component shows as its input, so that a preview's diff names what changed. */
export function planInputs({ plan, weightsGB }: AwsLayout): Record<string, string | number> {
  const { cost } = plan;
  return {
    ...(isTrainingPlan(plan) ? trainingInputs(plan) : servingInputs(plan)),
    precision: plan.decision.precision,
    region: plan.decision.region,
    capacityMode: plan.decision.capacity.mode,
    verdict: plan.verdict,
    machine: plan.machine,
    nodes: plan.nodes,
    replicas: plan.replicas,
    tensorParallel: plan.tensorParallel,
    pipelineParallel: plan.pipelineParallel,
    weightsGB,
    machinesUsdPerHour: cost.hourlyCostUsd ?? "unknown",
    priceAsOf: cost.price.state === "priced" ? cost.price.row.asOf : "unknown",
  };
}

/** What a plan to serve shows beside: its output, which the cost of a token is made of. */
function servingInputs({ tokensPerSecond }: Plan): Record<string, number> {
  return tokensPerSecond === undefined ? {} : { outputTokensPerSecond: significant(tokensPerSecond) };
}

/** What a training plan shows beside what every plan does. */
function trainingInputs({ training, dataParallel, decision }: TrainingPlan): Record<string, string | number> {
  const { method, sharding, recomputation, microBatchSize, sequenceLength, statesGB, tokensPerSecond, checkpoints } =
    training;
  const shape = { workload: method, sharding, recomputation, dataParallel, microBatchSize, sequenceLength };
  const { hours } = decision.capacity;
  const block: Record<string, number> = hours === undefined ? {} : { capacityHours: hours };
  return { ...shape, ...block, statesGB, tokensPerSecond, checkpointGB: checkpoints.sizeGB };
}
