/** Engines whose speed is estimated. Memory is modelled on vLLM, which is what this package deploys. */
export const engines = ["vllm", "sglang", "trtllm"] as const;
export type Engine = (typeof engines)[number];

/** As people write them. */
export const engineNames: Readonly<Record<Engine, string>> = {
  vllm: "vLLM",
  sglang: "SGLang",
  trtllm: "TensorRT-LLM",
};
