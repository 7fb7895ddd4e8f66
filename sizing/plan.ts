import type { MachinePrice } from "../pricing/machinePrice";
import type { Decision } from "./decision";
import type { Interconnect } from "./interconnect";
import type { MemoryBudget, Verdict } from "./memory";
import type { TargetsReached } from "./targets";
import type { Throughput } from "./throughput/estimate";

/** A configuration in short: what to rent, and what it costs an hour. */
export interface ConfigurationSummary {
  machine: string;
  nodes: number;
  tensorParallel: number;
  pipelineParallel: number;
  dataParallel: number;
  replicas: number;
  /** Decimal string; absent when no price is known. */
  hourlyCostUsd?: string;
}

/** What the machines of a plan cost. Surrounding items (network, disks) are priced by the estimate, not here. */
export interface PlanCost {
  price: MachinePrice;
  /** All machines, decimal string; absent when no price is known. */
  hourlyCostUsd?: string;
  /** 730 hours; absent when no price is known, or when the machines are paid upfront. */
  monthlyCostUsd?: string;
  /** Paid upfront for the whole block; absent when it is not, or when its hours are unknown. */
  oneOffCostUsd?: string;
}

/** What every plan says, whatever it is for: plain JSON, the same for the same decision. */
export interface PlanBase {
  decision: Decision;
  verdict: Verdict;
  machine: string;
  nodes: number;
  /** Machines that share one replica; also the pipeline stages of a serving cluster. Training is one replica. */
  nodesPerReplica: number;
  replicas: number;
  tensorParallel: number;
  pipelineParallel: number;
  /** Ranks of a serving replica that each run attention on requests of their own and share the experts, 1 for dense models; ranks that train on data of their own. */
  dataParallel: number;
  /** Ranks over which whole experts are spread; 1 when there are none, or when experts are sliced. */
  expertParallel: number;
  /** Memory of the fullest GPU. */
  memory: MemoryBudget;
  interconnect: Interconnect;
  cost: PlanCost;
  /** The cheapest that loads: one request of the context length, or one micro-batch. */
  minimum?: ConfigurationSummary;
  /** The cheapest that carries the decision with headroom. */
  recommended?: ConfigurationSummary;
  warnings: string[];
  explanation: string[];
  assumptions: string[];
}

/** A decision to serve turned into machines. */
export interface Plan extends PlanBase {
  kvCache: {
    dtype: string;
    bytesPerToken: number;
    tokensPerReplica: number;
    /** Longest single request that the cache holds. */
    longestRequestTokens: number;
    /** Requests of the context length that one replica holds at a time. */
    maxSequences: number;
    /** Live tokens of one replica when every request has the context length. */
    worstCaseTokensPerReplica: number;
    /** Live tokens of one replica that the plan was made for: averageTokens when given, else the worst case. */
    plannedTokensPerReplica: number;
  };
  /** One replica, at its share of the concurrency. Absent when the weights do not load. */
  throughput?: Throughput;
  /** Output tokens a second of all replicas, with the decision's live requests. */
  tokensPerSecond?: number;
  /** Whether what was asked is reached. Absent when nothing was, or when the weights do not load. */
  targets?: TargetsReached;
  engine: {
    name: "vllm";
    gpuMemoryUtilization: number;
    maxModelLen: number;
    /** The most requests that one rank may let in at a time for the targeted times to hold. Absent when no time is a target, or it is missed. */
    maxNumSeqs?: number;
  };
}

export function summarize({
  machine,
  nodes,
  tensorParallel,
  pipelineParallel,
  dataParallel,
  replicas,
  cost,
}: PlanBase): ConfigurationSummary {
  const { hourlyCostUsd } = cost;
  return { machine, nodes, tensorParallel, pipelineParallel, dataParallel, replicas, hourlyCostUsd };
}
