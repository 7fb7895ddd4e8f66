import { defaultEngineImage, defaultEnginePort } from "../../serving/engine";
import { weightsPrefixOf } from "../../serving/release";
import { checkUserDataSize, renderUserData } from "../../serving/userData";
import { CapacityMode } from "../../sizing/decisionArgs";
import { awsInstanceTypes } from "../../sizing/machinesAws";
import type { Plan } from "../../sizing/plan";
import { planDecision } from "../../sizing/planner";
import { GB, round } from "../../sizing/units";
import { weighCheckpoint } from "../../sizing/weights";
import { type AddressPlan, headAddress, planAddresses } from "./addresses";
import { OnDelete, type ParsedAwsArgs, zoneInput } from "./args";
import { layoutNetworkInterfaces, type NetworkInterfacePlan } from "./networkInterfaces";

/** One machine of the cluster, with everything that was fixed at plan time. */
export interface NodePlan {
  /** `node-<replica>-<rank>`: stable while the cluster grows and shrinks. */
  suffix: string;
  replica: number;
  /** 0 is the head of its replica. */
  rank: number;
  /** Fixed for heads of replicas over several machines, whose followers must know it. */
  privateIpAddress?: string;
}

/** The root volume of every node. Weights live on instance storage, so it holds the system and container images. */
export const rootVolume = { volumeType: "gp3", volumeSize: 200, iops: 6000, throughput: 500 } as const;

/** An AWS cluster as plain data: what the component turns into resources. */
export interface AwsLayout {
  plan: Plan;
  region: string;
  zone: ReturnType<typeof zoneInput>;
  addresses: AddressPlan;
  networkInterfaces: NetworkInterfacePlan[];
  nodes: NodePlan[];
  /** Reservation that the machines come from; absent on demand. */
  capacityBlockId?: string;
  weightsPrefix: string;
  weightsGB: number;
  image: string;
  port: number;
  releaseNumber: number;
  keepStore: boolean;
}

/** Thrown for a decision that no machine carries: nothing is worth creating. */
export class UnfitError extends Error {
  constructor(readonly plan: Plan) {
    const { decision, nodes, machine, warnings } = plan;
    super(
      `${decision.model} in ${decision.precision} does not fit ${nodes} x ${machine}:\n${warnings.map((words) => `  - ${words}`).join("\n")}`,
    );
    this.name = "UnfitError";
  }
}

/** Plans a cluster: the machines by the decision, then everything around them. Pure. */
export function planAwsCluster({ resolved, network, storage, serving }: ParsedAwsArgs): AwsLayout {
  const { plan } = planDecision({ ...resolved, decision: { ...resolved.decision, cloud: "aws" } });
  if (plan.verdict === "no") throw new UnfitError(plan);
  const type = awsInstanceTypes[plan.machine];
  if (!type) throw new Error(`layout: ${plan.machine} was planned, but its instance type is not recorded`);
  const addresses = planAddresses(network?.vpcCidr ?? "10.0.0.0/16");
  const { decision } = resolved;
  // Bucket names have up to 63 characters: what fits with the longest fits with any.
  checkUserDataSize(renderUserData({ bucket: "b".repeat(63), region: decision.region }));
  return {
    plan,
    region: decision.region,
    zone: zoneInput(decision.zone ?? ""),
    addresses,
    networkInterfaces: layoutNetworkInterfaces(type),
    nodes: planNodes(plan, addresses),
    capacityBlockId:
      decision.capacity.mode === CapacityMode.capacityBlock ? decision.capacity.reservationId : undefined,
    weightsPrefix: weightsPrefixOf(plan),
    weightsGB: round(weighCheckpoint(resolved.model, resolved.checkpoint).total / GB, 1),
    image: serving?.image ?? defaultEngineImage,
    port: serving?.port ?? defaultEnginePort,
    releaseNumber: serving?.release ?? 1,
    keepStore: storage?.onDelete === OnDelete.retain,
  };
}

function planNodes(plan: Plan, addresses: AddressPlan): NodePlan[] {
  const nodes: NodePlan[] = [];
  for (let replica = 0; replica < plan.replicas; replica += 1) {
    for (let rank = 0; rank < plan.nodesPerReplica; rank += 1) {
      const isGangHead = rank === 0 && plan.nodesPerReplica > 1;
      nodes.push({
        suffix: `node-${replica}-${rank}`,
        replica,
        rank,
        privateIpAddress: isGangHead ? headAddress(addresses, replica) : undefined,
      });
    }
  }
  return nodes;
}

/** The plan in short: what the component shows as its input, so that a preview's diff names what changed. */
export function planInputs({ plan, weightsGB }: AwsLayout): Record<string, string | number> {
  const { cost } = plan;
  return {
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
