import { type Command, Option } from "commander";

/** One command-line option: the property that it sets, as a dotted path, and what it means. */
export interface OptionSpec {
  /** `capacity.mode` is set by `--capacity-mode`, unless `flag` says otherwise. */
  path: string;
  flag?: string;
  kind: "text" | "number" | "switch" | "boolean";
  description: string;
}

const text = (path: string, description: string, flag?: string): OptionSpec => ({
  path,
  flag,
  kind: "text",
  description,
});
const number = (path: string, description: string, flag?: string): OptionSpec => ({
  path,
  flag,
  kind: "number",
  description,
});
const flag = (path: string, description: string): OptionSpec => ({ path, kind: "switch", description });

const model = text("model", "catalogue id, Hugging Face repository name, or the path of a config.json");
const precision = text("precision", "bf16, fp8, int4, ... or a checkpoint such as fp8-meta; default: as published");
const workload = text("workload", "inference, lora, qlora or full; default: inference");
const kvCacheDtype = text("kvCacheDtype", "auto, bf16 or fp8; default: auto, which is bf16");
const json = flag("json", "print one JSON document and nothing else");
const explain = flag("explain", "print the arithmetic");

/** How a model is trained; `size` reads these into `training`, `fit` as they are. */
const training = (prefix: string): OptionSpec[] => {
  const spec = (kind: OptionSpec["kind"], name: string, description: string): OptionSpec => ({
    path: prefix + name,
    flag: name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    kind,
    description: `training: ${description}`,
  });
  return [
    spec("number", "sequenceLength", "tokens of one packed sequence; default: contextLength, else 4096"),
    spec("number", "microBatchSize", "sequences that a rank takes at a time; default: 1; size: what keeps GPUs busy"),
    spec("text", "sharding", "none, zero1, zero2, zero3, fsdp or megatron"),
    spec("text", "recomputation", "none, selective or full"),
    spec("text", "optimizer", "adamw or adamw8bit; default: adamw"),
    spec("text", "states", "mixed (16 bytes a parameter), mixed32 (18) or bf16 (8)"),
    spec("text", "logits", "whole, fused or chunked"),
    spec("text", "offload", "none, optimizer or parameters; default: none"),
    spec("number", "loraRank", "rank of the adapters; default: 16"),
    spec("text", "loraTargets", "attention, all (but routed experts) or experts; default: all"),
    spec("boolean", "doubleQuantization", "whether qlora quantises its scales again; default: true"),
    spec("number", "modelFlopsUtilization", "0.01 to 0.9; default: the median of published runs"),
  ];
};

/** Options of `size`: the decision's own keys. */
export const sizeOptions: readonly OptionSpec[] = [
  model,
  precision,
  workload,
  number("contextLength", "longest request, tokens; default: the model's maximum; training: length of a sequence"),
  number("concurrency", "live requests; default: 1"),
  number("averageTokens", "expected live tokens of a request; default: contextLength, the worst case"),
  kvCacheDtype,
  number("targets.tokensPerSecond", "output tokens a second to reach", "tokens-per-second"),
  number("targets.timePerOutputTokenMs", "longest time between two tokens, ms", "time-per-output-token-ms"),
  number("targets.timeToFirstTokenMs", "longest time to the first token, ms", "time-to-first-token-ms"),
  text("cloud", "aws, gcp, azure or any; default: any"),
  text("machine", "machine type; default: the cheapest that fits"),
  text("region", "region for prices and offerings; default: us-east-1, or where a machine is offered"),
  text("zone", "zone name (us-east-1a) or zone id (use1-az4)"),
  text(
    "capacity.mode",
    "onDemand, capacityBlock, reservation, openReservation, spot, flexStart or calendar; default: onDemand",
  ),
  text("capacity.reservationId", "id of a capacity block or reservation"),
  number("capacity.hours", "length of the capacity block, hours"),
  number("overrides.nodes", "machines in all", "nodes"),
  number("overrides.tensorParallel", "GPUs that share each layer", "tensor-parallel"),
  number("overrides.pipelineParallel", "machines that share a replica", "pipeline-parallel"),
  number("overrides.replicas", "independent copies of the model", "replicas"),
  number(
    "overrides.gpuMemoryUtilization",
    "share of GPU memory for the engine; default: 0.92",
    "gpu-memory-utilization",
  ),
  number("overrides.maxModelLen", "longest request that the engine accepts", "max-model-len"),
  ...training("training."),
  number("training.tokens", "training: tokens of the whole run; default: time and cost are given for 1e9", "tokens"),
  number("utilization", "share of the planned output that is asked for over the month, for $/M tokens; default: 0.5"),
  text("rankBy", "month, tokens ($/M tokens) or latency; default: month"),
  flag("all", "list every way to carry it, with the reason of each that cannot be chosen"),
  flag("sweep", "plan it again over context lengths and live requests, as a table"),
  text("sweepContext", "context lengths of --sweep, such as 8192,32768; default: 4096 to the model's own"),
  text("sweepConcurrency", "live requests of --sweep, such as 1,16,64; default: --concurrency, else 1 to 512"),
  text("decision", "a YAML or JSON file with these keys, or a stack file; options given beside it win"),
  explain,
  json,
];

/** Options of `fit`. */
export const fitOptions: readonly OptionSpec[] = [
  model,
  precision,
  workload,
  text("gpu", "h100, h200, b200, ... (llm-cluster gpus lists them)"),
  number("gpus", "GPUs in all; must be tensor x pipeline x data parallel"),
  number("tensorParallel", "GPUs that share each layer; default: what gpus leaves"),
  number("pipelineParallel", "stages that the layers are split into; default: 1"),
  number("dataParallel", "ranks or copies beside each other; default: 1"),
  number("expertParallel", "ranks that share the experts of a mixture; default: 1"),
  number("contextLength", "longest request, tokens; default: the model's maximum"),
  number("gpuMemoryUtilization", "share of GPU memory for the engine; default: 0.92"),
  kvCacheDtype,
  text("engine", "vllm, sglang or trtllm; memory is modelled on vllm"),
  number("inputTokens", "tokens that a request brings; default: 1024 or half the context"),
  number("outputTokens", "tokens that a request asks for; default: 1024 or half the context"),
  number("concurrency", "live requests; enters the speed only; default: 1"),
  ...training(""),
  text("batch", "a file (or - for standard input) with one JSON object of these options a line; one result a line out"),
  explain,
  json,
];

export function addOptions(command: Command, specs: readonly OptionSpec[]): Command {
  for (const spec of specs) {
    const value = spec.kind === "switch" ? "" : spec.kind === "boolean" ? " <true|false>" : ` <${spec.kind}>`;
    command.addOption(new Option(`--${flagOf(spec)}${value}`, spec.description));
  }
  return command;
}

/** Options as commander hands them over: camel-cased flags to texts and switches. */
export type RawOptions = Readonly<Record<string, string | boolean | undefined>>;

/** Builds the object that options describe, numbers read as numbers; what is no number stays text, for the checks to name. */
export function collect(
  specs: readonly OptionSpec[],
  raw: RawOptions,
  leaveOut: readonly string[],
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const spec of specs) {
    const value = raw[camelCase(flagOf(spec))];
    if (value === undefined || leaveOut.includes(spec.path)) continue;
    setAt(result, spec.path.split("."), readValue(spec.kind, value));
  }
  return result;
}

function readValue(kind: OptionSpec["kind"], value: string | boolean): unknown {
  if (kind === "number") return readNumber(String(value));
  if (kind !== "boolean") return value;
  return value === "true" || value === "false" ? value === "true" : value;
}

/** A plain decimal number; what is none stays text. */
export function readNumber(given: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given.trim()) ? Number(given) : given;
}

function setAt(target: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = (target[key] ?? {}) as Record<string, unknown>;
  target[key] = inner;
  setAt(inner, rest, value);
}

function flagOf({ path, flag: given }: OptionSpec): string {
  return given ?? path.replaceAll(".", "-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function camelCase(given: string): string {
  return given.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
