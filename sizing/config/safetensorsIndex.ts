import { type Checkpoint, layersOf, type Model } from "../model";
import { unquantizedBytes, weighCheckpoint } from "../weights";
import { isObject, limits } from "./fields";
import type { Report } from "./report";

/** What the names of a checkpoint's tensors say. */
export interface TensorNames {
  /** Layers of the language model, by the largest number among their names. */
  layers: number;
  /** Layers with a mixture of experts, and with a recurrent mixer, by number. */
  expertLayers: ReadonlySet<number>;
  recurrentLayers: ReadonlySet<number>;
  hasHead: boolean;
  /** The embedding goes by its usual name: then a missing head is no head, and not one by another name. */
  usualNames: boolean;
  hasVision: boolean;
  /** Layers that predict several tokens ahead under a name of their own, `mtp.`. */
  predictors: number;
  /** The embedding and head that layers beyond the last repeat (DeepSeek V3's). */
  repeatedEmbeddings: number;
}

const file = "model.safetensors.index.json: ";

/** Checks a model against its safetensors index and takes the published bytes from it. */
export function applyIndex(model: Model, index: unknown, predictedLayers: number, report: Report): Model {
  if (!isObject(index)) {
    report.fault(
      file.slice(0, -2),
      index,
      "must be an object",
      "give the file as the repository has it, or leave it out",
    );
    return model;
  }
  const names = isObject(index.weight_map)
    ? readNames(Object.keys(index.weight_map), layersOf(model).length)
    : undefined;
  const checked = names ? checkNames(model, names, predictedLayers, report) : model;
  const size = isObject(index.metadata) ? index.metadata.total_size : undefined;
  if (size === undefined) return checked;
  if (typeof size !== "number" || !Number.isFinite(size) || size <= 0 || size > 1e15) {
    report.fault(`${file}metadata.total_size`, size, "must be a number of bytes above 0", "give the file as published");
    return checked;
  }
  return withLoadedBytes(checked, size, names, predictedLayers, report);
}

// ChatGLM calls its decoder `transformer.encoder`.
const tower = /(^|\.)(vision|visual|vit|vpm|audio|image|mm_|multi_modal|speech|talker|token2wav)|^encoder\./;
const layerName = /(?:^|\.)(?:layers|h|blocks|block)\.(\d+)\./;

function readNames(names: readonly string[], configLayers: number): TensorNames {
  const expertLayers = new Set<number>();
  const recurrentLayers = new Set<number>();
  const predictors = new Set<string>();
  let layers = 0;
  let repeatedEmbeddings = 0;
  for (const name of names) {
    if (tower.test(name)) continue;
    const mtp = /(?:^|\.)mtp(?:\.layers|_layers)?\.(\d+)?/.exec(name);
    if (mtp) {
      predictors.add(mtp[1] ?? "0");
      continue;
    }
    const found = layerName.exec(name)?.[1];
    if (found === undefined) continue;
    const number = Number(found);
    if (number > limits.layers) continue;
    layers = Math.max(layers, number + 1);
    if (/experts\b/.test(name) && !/shared_expert/.test(name)) expertLayers.add(number);
    if (/linear_attn\.|mamba\.|mixer\.(A_log|conv1d|in_proj)|\.conv\.conv/.test(name)) recurrentLayers.add(number);
    if (number >= configLayers && /embed_tokens\.weight$|shared_head\.head\.weight$/.test(name))
      repeatedEmbeddings += 1;
  }
  return {
    layers,
    expertLayers,
    recurrentLayers,
    hasHead: names.some(
      (name) => /(^|\.)(lm_head|embed_out|output_layer|output|head)\.weight$/.test(name) && !tower.test(name),
    ),
    usualNames: names.some((name) => /(^|\.)embed_tokens\.weight$/.test(name)),
    hasVision: names.some((name) => tower.test(name)),
    predictors: predictors.size,
    repeatedEmbeddings,
  };
}

function checkNames(model: Model, names: TensorNames, predictedLayers: number, report: Report): Model {
  const layers = layersOf(model);
  const path = `${file}weight_map`;
  const beyond = names.layers - layers.length;
  if (names.layers > 0 && beyond !== 0 && beyond !== predictedLayers)
    report.fault(
      path,
      undefined,
      `names ${names.layers} layers, and config.json ${layers.length}`,
      "give the index and the configuration of one model",
    );
  compareKinds(
    "experts",
    names.expertLayers,
    (index) => layers[index]?.mlps.some(({ kind }) => kind === "experts") ?? false,
  );
  compareKinds(
    "a recurrent mixer",
    names.recurrentLayers,
    (index) => layers[index]?.mixers.some(({ kind }) => kind === "recurrent") ?? false,
  );
  if (names.hasVision && !(model.extras ?? []).some(({ name }) => /tower|encoder/.test(name)))
    report.leaveOut("the index has tensors of a vision or audio tower that config.json does not size", "medium");
  if (names.layers === 0 || names.hasHead !== model.tiedEmbeddings) return model;
  if (!names.hasHead && !names.usualNames) return model;
  const says = names.hasHead ? "has an output head of its own" : "has no output head";
  report.note(`the index ${says}, against config.json's tie_word_embeddings: the index is believed`, "medium");
  return { ...model, tiedEmbeddings: !names.hasHead };

  function compareKinds(what: string, found: ReadonlySet<number>, has: (index: number) => boolean): void {
    if (found.size === 0) return;
    const wrong = layers.findIndex((_, index) => found.has(index) !== has(index));
    if (wrong < 0) return;
    const says = found.has(wrong) ? "has" : "does not have";
    report.note(`the index ${says} ${what} in layer ${wrong}, against what config.json was read as`, "low");
  }
}

// Beyond this the computed and the published bytes do not describe one model in one precision.
const tolerance = 0.03;

function withLoadedBytes(
  model: Model,
  size: number,
  names: TensorNames | undefined,
  predicted: number,
  report: Report,
): Model {
  const [checkpoint] = model.checkpoints;
  if (!checkpoint) return model;
  const computed = weighCheckpoint(model, checkpoint);
  const left = predictingBytes(model, names, predicted);
  // Without names: a configuration may announce layers that were never published (MiniMax-M2).
  const absent = !names && Math.abs(size - computed.total) < Math.abs(size - left - computed.total);
  const loadedBytes = Math.round(absent ? size : size - left);
  if (left > 0 && !absent)
    report.note(`${gigabytes(left)} GB of the published tensors predict several tokens ahead: not loaded`);
  const off = (computed.total - loadedBytes) / loadedBytes;
  const fixed = computed.embedding + computed.head + computed.extras;
  if (!(Math.abs(off) < 0.5) || loadedBytes <= fixed) {
    report.note(`total_size ${size} is not believed: the computed weights are ${gigabytes(computed.total)} GB`, "low");
    return model;
  }
  if (Math.abs(off) > tolerance)
    report.note(
      `computed weights differ from the published ${gigabytes(loadedBytes)} GB by ${(off * 100).toFixed(1)} %`,
      "medium",
    );
  const loaded: Checkpoint = { ...checkpoint, loadedBytes };
  return { ...model, checkpoints: [loaded] };
}

/** Bytes of the layers that predict several tokens ahead, each taken for one more of the last kind. */
function predictingBytes(model: Model, names: TensorNames | undefined, predicted: number): number {
  const [checkpoint] = model.checkpoints;
  const last = checkpoint && weighCheckpoint(model, checkpoint).byLayer.at(-1);
  if (!last) return 0;
  const beyond = names ? Math.max(0, names.layers - layersOf(model).length) : predicted;
  // Each joins two hidden states by a projection of its own (DeepSeek V3's eh_proj).
  const joins = 2 * model.hiddenSize ** 2 * unquantizedBytes;
  const repeated = (names?.repeatedEmbeddings ?? 0) * model.vocabSize * model.hiddenSize * unquantizedBytes;
  return (beyond + (names?.predictors ?? 0)) * (last.dense + last.whole + last.experts + joins) + repeated;
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
