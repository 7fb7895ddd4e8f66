// The decision as a user writes it. These interfaces are hand-written in the shapes that Pulumi's schema inference
// accepts (no unions, no aliases of object types), because components take them as arguments; test/sizing checks
// that they and the zod schema in decision.ts say the same.

/** What the cluster is for: serving, fine-tuning adapters beside frozen weights in 16 or 4 bits, or training every weight. */
export const Workload = { inference: "inference", lora: "lora", qlora: "qlora", full: "full" } as const;
export type Workload = (typeof Workload)[keyof typeof Workload];

/**
 * How states are shared between data-parallel ranks: not at all, DeepSpeed's ZeRO stages, PyTorch's FSDP (weights, gradients
 * and optimizer, gathered layer by layer), or Megatron's distributed optimizer (the optimizer only).
 */
export const Sharding = {
  none: "none",
  zero1: "zero1",
  zero2: "zero2",
  zero3: "zero3",
  fsdp: "fsdp",
  megatron: "megatron",
} as const;
export type Sharding = (typeof Sharding)[keyof typeof Sharding];

/** What is computed again on the way back instead of being kept: nothing, norms and activation functions, or whole layers. */
export const Recomputation = { none: "none", selective: "selective", full: "full" } as const;
export type Recomputation = (typeof Recomputation)[keyof typeof Recomputation];

/** The optimizer: AdamW, or AdamW with 8-bit moments (bitsandbytes). */
export const Optimizer = { adamw: "adamw", adamw8bit: "adamw8bit" } as const;
export type Optimizer = (typeof Optimizer)[keyof typeof Optimizer];

/** Formats of what is kept of a trained parameter: mixed precision (16 bytes with AdamW), with gradients in 32 bits (18), or all in 16 bits (8). */
export const StateFormat = { mixed: "mixed", mixed32: "mixed32", bf16: "bf16" } as const;
export type StateFormat = (typeof StateFormat)[keyof typeof StateFormat];

/** Linear layers that get adapters: those of attention; all but routed experts; or every one. */
export const LoraTargets = { attention: "attention", all: "all", experts: "experts" } as const;
export type LoraTargets = (typeof LoraTargets)[keyof typeof LoraTargets];

/** How the loss sees the logits of a micro-batch: all at once, all at once in a compiled or fused loss, or a chunk at a time. */
export const Logits = { whole: "whole", fused: "fused", chunked: "chunked" } as const;
export type Logits = (typeof Logits)[keyof typeof Logits];

/** What is kept in the machine's own memory instead of the GPU's: nothing, the optimizer, or weights and optimizer. */
export const Offload = { none: "none", optimizer: "optimizer", parameters: "parameters" } as const;
export type Offload = (typeof Offload)[keyof typeof Offload];

/** Where to run: one cloud, or whichever is cheapest. */
export const Cloud = { aws: "aws", gcp: "gcp", azure: "azure", any: "any" } as const;
export type Cloud = (typeof Cloud)[keyof typeof Cloud];

/** Number format of the KV cache; `auto` is the engine's own default, bf16. */
export const KvCacheDtype = { auto: "auto", bf16: "bf16", fp8: "fp8" } as const;
export type KvCacheDtype = (typeof KvCacheDtype)[keyof typeof KvCacheDtype];

/** How the machines are bought. */
export const CapacityMode = {
  onDemand: "onDemand",
  capacityBlock: "capacityBlock",
  reservation: "reservation",
  openReservation: "openReservation",
  spot: "spot",
  flexStart: "flexStart",
  calendar: "calendar",
} as const;
export type CapacityMode = (typeof CapacityMode)[keyof typeof CapacityMode];

/** How the machines are bought, and from which reservation. */
export interface CapacityArgs {
  /** Purchase mode. Default: onDemand. Cost: moves the bill more than anything else; a capacity block is paid upfront. */
  mode?: CapacityMode;
  /** Id of a bought capacity block or reservation, such as cr-0123456789abcdef0; of a reservation also the ARN of a resource group of them. Needed by capacityBlock and reservation. Changing it replaces the machines. */
  reservationId?: string;
  /** Length of the capacity block in hours: whole days up to 14, then whole weeks up to 26. Without it its one-off cost is unknown. */
  hours?: number;
  /** Capacity block offering (cb-...) that the stack is to buy, instead of reservationId. Only together with purchase. Cost: paid upfront, and never given back. */
  offeringId?: string;
  /** What buys it: the words "buy this capacity block; it is paid upfront and not refunded". Nothing is ever bought without them. */
  purchase?: string;
  /** Whether machines on demand start all or none, by a reservation that is made for them first and is the stack's own. Default: true where a replica takes several machines; turning it on or off touches no machine. Cost: none while its machines run; a slot whose machine is missing is billed as if it were there. */
  allOrNothing?: boolean;
  /** Name of the cluster placement group that a reservation was made in. Only with mode reservation or openReservation; without it machines are in no group, because a reservation that was made outside a group has no capacity inside one. Cost: none. */
  placementGroup?: string;
}

/** The words that buy a capacity block. They say what they do, so that nobody writes them by accident. */
export const purchaseWords = "buy this capacity block; it is paid upfront and not refunded";

/** Choices that overrule the planner. Each is obeyed; where it is unwise the plan warns. */
export interface OverridesArgs {
  /** Machines in all. Cost: each is billed whole. */
  nodes?: number;
  /** GPUs that share each layer. Default: the largest that the model allows inside one machine, or ranks that share experts where those hold more. */
  tensorParallel?: number;
  /** Machines that share one replica, layers split between them. */
  pipelineParallel?: number;
  /** Independent copies of the model. Cost: each copy needs its own machines. */
  replicas?: number;
  /** Share of GPU memory that the engine may take, 0.1 to 0.99. Default: 0.92, vLLM's own since 0.20. */
  gpuMemoryUtilization?: number;
  /** Longest request that the engine accepts, tokens. Default: the decision's contextLength. */
  maxModelLen?: number;
}

/** What the service should reach, by estimates that are means and no percentiles. They choose replicas, split and batch; the plan says which it misses. */
export interface TargetsArgs {
  /** Output tokens a second over all replicas. Without concurrency, as many live requests as it takes are planned for. Cost: more takes more machines. */
  tokensPerSecond?: number;
  /** Longest acceptable time between two tokens of one request, milliseconds. The engine lets in no more requests than it allows. Cost: a shorter one takes more replicas. */
  timePerOutputTokenMs?: number;
  /** Longest acceptable time to the first token, milliseconds. Cost: a shorter one takes more replicas. */
  timeToFirstTokenMs?: number;
}

/** How a model is trained. Only with workload lora, qlora or full. What is left out is chosen by the planner, and said. */
export interface TrainingArgs {
  /** Tokens of one packed sequence. Default: contextLength, otherwise 4096. Cost: activations grow with it, and with them the machines. */
  sequenceLength?: number;
  /** Sequences that one rank takes at a time. Default: 1, or as many as keep GPUs busy. Cost: activations grow with it. */
  microBatchSize?: number;
  /** Tokens of the whole run, all epochs together. Default: not known; time and cost are then given for a billion. Cost: the run is as long as they take. */
  tokens?: number;
  /** How states are shared between ranks. Default: the planner's choice, fsdp or megatron. */
  sharding?: Sharding;
  /** What is computed again instead of being kept. Default: the least that fits. Cost: recomputing whole layers makes full training about a seventh longer. */
  recomputation?: Recomputation;
  /** Default: adamw. */
  optimizer?: Optimizer;
  /** What is kept of a trained parameter. Default: mixed with fsdp, mixed32 with megatron and ZeRO. Cost: 16, 18 or 8 bytes a parameter. */
  states?: StateFormat;
  /** Default: whole for full training, chunked for lora and qlora. */
  logits?: Logits;
  /** What is kept in the machine's own memory. Default: none. Cost: fewer GPUs, and every step waits for PCIe and the CPU. */
  offload?: Offload;
  /** Rank of the adapters. Default: 16. */
  loraRank?: number;
  /** Linear layers that get adapters. Default: all, which leaves routed experts out. */
  loraTargets?: LoraTargets;
  /** Whether QLoRA's scales are quantised again. Default: true. */
  doubleQuantization?: boolean;
  /** Model FLOPs utilisation to plan the time with, 0.01 to 0.9. Default: the median of published runs of the kind. */
  modelFlopsUtilization?: number;
}

/** The sizing decision: what is to be served, for whom, and where. */
export interface DecisionArgs {
  /** Catalogue id such as llama-3.1-405b, a Hugging Face repository name of a catalogue model, or the path of a config.json, from the project's folder. */
  model: string;
  /** Number format of the weights: bf16, fp16, fp8, int8, int4, mxfp4, nvfp4, or a checkpoint's own name such as fp8-meta. Default: what a repository name says, otherwise what the model was published in. Cost: half the bytes need about half the GPUs. */
  precision?: string;
  /** What the cluster is for. Default: inference. Cost: training all weights takes 8 to 9 times their 16-bit size. */
  workload?: Workload;
  /** Longest single request, tokens in and out together. Default: overrides.maxModelLen, otherwise the model's maximum. Cost: sets the KV cache that each request may need. */
  contextLength?: number;
  /** Requests live at one time. Default: 1, or as many as targets.tokensPerSecond takes. Cost: more live requests need more KV cache, so more machines. */
  concurrency?: number;
  /** Expected live tokens of a request. Default: contextLength, the worst case. Cost: an honest average saves machines. */
  averageTokens?: number;
  /** Number format of the KV cache. Default: auto. Cost: fp8 halves the cache. */
  kvCacheDtype?: KvCacheDtype;
  /** What the service should reach. */
  targets?: TargetsArgs;
  /** How it is trained, where workload is not inference. */
  training?: TrainingArgs;
  /** Where to run. Default: any. */
  cloud?: Cloud;
  /** Machine type such as p5.48xlarge. Default: the cheapest that carries the decision. Cost: the largest part of the bill. */
  machine?: string;
  /** Region such as us-east-1. Default: the stack's; for `size`, us-east-1, or where a machine is offered. Cost: rates differ by up to 40 % between regions. */
  region?: string;
  /** Zone name (us-east-1a) or zone id (use1-az4) that holds every machine. Components need it. */
  zone?: string;
  /** How the machines are bought. Default: on demand. */
  capacity?: CapacityArgs;
  /** Choices that overrule the planner. */
  overrides?: OverridesArgs;
}
