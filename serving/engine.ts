import type { Plan } from "../sizing/plan";

/**
 * The engine image, by tag and digest. vLLM 0.26.0: its default gpu-memory-utilization is the 0.92 that sizing assumes,
 * and it is the last release before the multi-node start-up deadlock of 0.26.1 (vllm#52907).
 * The digest is the one that public deployments quote for this tag; it could not be pulled from here.
 */
export const defaultEngineImage =
  "vllm/vllm-openai:v0.26.0@sha256:ffb2d59b1c059a5bd8d781320c9f5189de8293693b7d95da54befddaa54abf52";

/** Port of the OpenAI-compatible API on every head. */
export const defaultEnginePort = 8000;

/** Where ranks of one replica meet; vLLM's own documentation uses it. */
export const masterPort = 29501;

/**
 * Environment of every engine, as Docker arguments. The engine's own patience with its workers is ten minutes, and loading
 * several hundred GB takes longer.
 */
export const engineEnvironment: readonly string[] = [
  "--env",
  "VLLM_ENGINE_READY_TIMEOUT_S=3600",
  // Longer than a load balancer keeps an idle connection: one that the engine closes first is a 502 to whoever comes next.
  "--env",
  "VLLM_HTTP_TIMEOUT_KEEP_ALIVE=3660",
];

/** The part of a plan that an engine's command line is made of. */
export type EnginePlan = Pick<
  Plan,
  "decision" | "tensorParallel" | "pipelineParallel" | "dataParallel" | "expertParallel" | "engine"
>;

/**
 * Arguments of `vllm serve` that are the same on every node; names, rank and head address are added by the node.
 * Always with --max-model-len: the engine's own default is the model's maximum, and start-ups fail on it.
 */
export function engineArguments(plan: EnginePlan, port: number): string[] {
  const { decision, engine } = plan;
  const list = [
    "--host",
    "0.0.0.0",
    "--port",
    String(port),
    "--tensor-parallel-size",
    String(plan.tensorParallel),
    "--pipeline-parallel-size",
    String(plan.pipelineParallel),
    "--max-model-len",
    String(engine.maxModelLen),
    "--gpu-memory-utilization",
    String(engine.gpuMemoryUtilization),
    "--kv-cache-dtype",
    // vLLM calls the model's own 16 bits `auto`.
    decision.kvCacheDtype === "fp8" ? "fp8" : "auto",
  ];
  if (engine.maxNumSeqs !== undefined) list.push("--max-num-seqs", String(engine.maxNumSeqs));
  // Ranks of one machine: the engine starts them itself and balances requests between them.
  if (plan.dataParallel > 1) list.push("--data-parallel-size", String(plan.dataParallel));
  if (plan.expertParallel > 1) list.push("--enable-expert-parallel");
  return list;
}
