import { gpuOf, gpus, machines, models } from "../../sizing/catalogue";
import type { Gpu, Machine } from "../../sizing/hardware";
import { cacheLoad } from "../../sizing/kvCache";
import { expertsOf, headAttentions, layersOf, type Model, mixersOf } from "../../sizing/model";
import { resolveModel, suggestModels } from "../../sizing/modelNames";
import { allowedTensorParallel } from "../../sizing/parallelism";
import { round } from "../../sizing/units";
import { countParameters, weighCheckpoint } from "../../sizing/weights";
import { addedModels } from "../addedModels";
import { print, printJson, UserError } from "../output";
import { indent, table } from "../table";

interface ListOptions {
  json?: boolean;
}

/** `llm-cluster models [name]`: the catalogue and the user's own models, or one of them in full. */
export function listModels(name: string | undefined, { json }: ListOptions): void {
  const added = addedModels(name, ".");
  if (name !== undefined) {
    const found = resolveModel(name, added);
    if (!found) throw new UserError(`${name}: not in catalogue. Fix: ${suggestModels(name, added)}`);
    if (json) printJson(describeModel(found.model));
    else print(modelText(found.model));
    return;
  }
  const rows = [...models, ...added];
  if (json) printJson(rows.map(describeModel));
  else print(modelTable(rows));
}

/** What a model's row comes to: counts, bytes, and splits that run. The row itself is in it. */
export function describeModel(model: Model) {
  const counts = countParameters(model);
  const { perToken, windows, state } = cacheLoad(model, "auto", 1);
  const tensorParallel = (precision: string) => {
    const checkpoint = model.checkpoints.find(({ id }) => id === precision);
    return allowedTensorParallel(model, checkpoint ?? { id: "bf16", precision: "bf16", repositories: [] }, false);
  };
  return {
    ...model,
    layers: layersOf(model).length,
    parameters: counts,
    kvCache: {
      bytesPerToken: perToken,
      windows: windows.map(({ tokens, perToken: bytes }) => ({ tokens, bytesPerToken: bytes })),
      stateBytesPerRequest: state,
    },
    tensorParallelAllowed: tensorParallel("bf16"),
    checkpoints: model.checkpoints.map((checkpoint) => ({
      ...checkpoint,
      bytes: Math.round(weighCheckpoint(model, checkpoint).total),
      tensorParallelAllowed: tensorParallel(checkpoint.id),
    })),
  };
}

const billions = (count: number) => round(count / 1e9, 1).toFixed(1);

function modelTable(rows: readonly Model[]): string[] {
  const columns = [
    { heading: "MODEL" },
    { heading: "KIND" },
    { heading: "PARAMETERS B", right: true },
    { heading: "ACTIVE B", right: true },
    { heading: "LAYERS", right: true },
    { heading: "CACHE" },
    { heading: "KV B/TOKEN", right: true },
    { heading: "CONTEXT", right: true },
    { heading: "CHECKPOINTS" },
    { heading: "CONFIDENCE" },
  ];
  const cells = rows.map((model) => {
    const counts = countParameters(model);
    return [
      model.id,
      model.kind,
      billions(counts.total),
      billions(counts.activeLinear),
      String(layersOf(model).length),
      cacheKind(model),
      String(cacheLoad(model, "auto", 1).perToken),
      String(model.maxContext),
      model.checkpoints.map(({ id }) => id).join(", "),
      model.confidence + (model.unmodelled ? ", not all is modelled" : ""),
    ];
  });
  return table(columns, cells);
}

/** What a model's layers remember, in a few words. */
function cacheKind(model: Model): string {
  const kinds = new Set(mixersOf(model).map(({ kind }) => kind));
  const heads = headAttentions(model);
  const grouped = heads.some(({ heads: all, kvHeads }) => kvHeads < all);
  const names = {
    full: grouped ? "grouped" : "multi-head",
    window: "window",
    chunked: "chunked",
    latent: "latent",
    recurrent: "state",
  };
  return [...kinds].map((kind) => names[kind]).join(" + ");
}

/** A model for a person: what it is, what it weighs, what it caches, what is not sure. */
export function modelText(model: Model): string[] {
  const { layers, parameters, kvCache, checkpoints } = describeModel(model);
  const experts = expertsOf(model);
  const lines = [
    `${model.id} (${model.family}, ${model.kind}): ${billions(parameters.total)}B parameters, ${billions(parameters.activeLinear)}B active, ${layers} layers, up to ${model.maxContext} tokens`,
    `hidden size ${model.hiddenSize}, vocabulary ${model.vocabSize}${model.tiedEmbeddings ? ", embeddings tied" : ""}${experts ? `, ${experts.experts} experts of which ${experts.expertsPerToken} a token` : ""}`,
    `layers: ${layerText(model)}`,
    `KV cache, 16 bits: ${kvCache.bytesPerToken} bytes a token${kvCache.windows.map(({ tokens, bytesPerToken }) => `, ${bytesPerToken} more for the last ${tokens} tokens`).join("")}${kvCache.stateBytesPerRequest > 0 ? `, and ${round(kvCache.stateBytesPerRequest / 1e6, 1)} MB of state a request` : ""}`,
  ];
  for (const { id, bytes, tensorParallelAllowed, note } of checkpoints)
    lines.push(
      `${id}: ${round(bytes / 1e9, 1)} GB; tensor parallel ${tensorParallelAllowed.join(", ")}${note ? ` (${note})` : ""}`,
    );
  for (const { name, parameters: count } of model.extras ?? []) lines.push(`${name}: ${billions(count)}B parameters`);
  lines.push(...(model.notes ?? []).map((note) => `note: ${note}`));
  lines.push(...(model.unmodelled ?? []).map((what) => `NOT MODELLED: ${what}`));
  lines.push(`confidence ${model.confidence}; source: ${model.source}`);
  return lines;
}

function layerText(model: Model): string {
  const counts = new Map<string, number>();
  for (const { repeat, layers } of model.layout)
    for (const name of layers) counts.set(name, (counts.get(name) ?? 0) + repeat);
  return [...counts].map(([name, count]) => `${count} ${name}`).join(", ");
}

/** `llm-cluster machines`. */
export function listMachines({ json }: ListOptions): void {
  if (json) {
    printJson(
      machines.map((machine) => ({ ...machine, memoryGpuGiB: round(machine.gpus * gpuOf(machine).memoryGiB, 1) })),
    );
    return;
  }
  const columns = [
    { heading: "MACHINE" },
    { heading: "CLOUD" },
    { heading: "GPUS" },
    { heading: "GPU GiB", right: true },
    { heading: "LINK" },
    { heading: "FABRIC" },
    { heading: "HOST GiB", right: true },
    { heading: "NVMe GB", right: true },
    { heading: "REGIONS", right: true },
    { heading: "NOT BUILT BECAUSE" },
  ];
  print(table(columns, machines.map(machineRow)));
}

function machineRow(machine: Machine): string[] {
  const gpu = gpuOf(machine);
  return [
    machine.id,
    machine.cloud,
    `${machine.gpus} x ${gpu.id}`,
    (machine.gpus * gpu.memoryGiB).toFixed(0),
    machine.gpus > 1 ? gpu.link : "-",
    machine.fabric,
    machine.memoryGiB.toFixed(0),
    String(machine.localNvmeGB),
    String(machine.regions.length),
    machine.notProvisionable ?? "",
  ];
}

/** `llm-cluster gpus`. */
export function listGpus({ json }: ListOptions): void {
  if (json) {
    printJson(gpus);
    return;
  }
  const columns = [
    { heading: "GPU" },
    { heading: "NAME" },
    { heading: "USABLE GiB", right: true },
    { heading: "HBM TB/s", right: true },
    { heading: "BF16 TFLOPS", right: true },
    { heading: "FP8", right: true },
    { heading: "FP4", right: true },
    { heading: "LINK" },
    { heading: "GB/s", right: true },
  ];
  print(table(columns, gpus.map(gpuRow)));
  print(["", "sources:", ...indent(gpus.map(({ id, source }) => `${id}: ${source}`))]);
}

function gpuRow(gpu: Gpu): string[] {
  const rate = (value: number | undefined) => (value === undefined ? "-" : String(value));
  return [
    gpu.id,
    gpu.name,
    String(gpu.memoryGiB),
    String(gpu.hbmTBps),
    String(gpu.bf16Tflops),
    rate(gpu.fp8Tflops),
    rate(gpu.fp4Tflops),
    gpu.link,
    String(gpu.linkGBps),
  ];
}
