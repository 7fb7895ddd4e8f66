import type { Layer, Model } from "../model";
import { ProblemsError } from "../problems";
import { countParameters } from "../weights";
import { readMixers } from "./attention";
import { readBlockConfigs } from "./blockConfigs";
import { readCheckpoint, settleCheckpoint } from "./checkpoint";
import { readContext } from "./context";
import { readExtras } from "./extras";
import { familyOf } from "./families";
import { readMlps } from "./feedForward";
import { hiddenNames, layerNames, layerRule, widthRule } from "./fieldNames";
import { isObject, limits } from "./fields";
import { compressLayers } from "./layout";
import { readLongcat } from "./longcat";
import { isNemotronHybrid, patternLayers, readNemotronHybrid } from "./nemotronHybrid";
import { joinLayers, type Reading } from "./reading";
import { Report } from "./report";
import { applyIndex } from "./safetensorsIndex";
import { findTextConfig } from "./textConfig";
import { readTowers } from "./towers";
import { nameKnownGaps, nameUnmodelled } from "./unmodelled";

export { parseConfigText } from "./parse";

/** The parsed files of a model's repository. */
export interface ConfigFiles {
  /** config.json. */
  config: unknown;
  /** hf_quant_config.json, which modelopt writes. */
  quantization?: unknown;
  /** model.safetensors.index.json. */
  safetensorsIndex?: unknown;
}

/**
 * Reads a model off its Hugging Face files. What they hold that memory depends on is read, or named in
 * `unmodelled`; every default that fills a gap is in `notes`. Throws every problem at once.
 */
export function readModelConfig(files: ConfigFiles, options: { id: string; source?: string }): Model {
  const report = new Report();
  if (!isObject(files.config)) {
    report.fault("config.json", files.config, "must be an object", "give the config.json of a model");
    throw problemsOf(report);
  }
  const reading = beginReading(files.config, report);
  const layers = readLayers(reading);
  const model = describe(reading, layers, files, options);
  refuseUnless(report);
  const complete = withIndex(model, reading, files.safetensorsIndex);
  refuseUnless(report);
  return {
    ...complete,
    confidence: report.confidence,
    ...(report.notes.length > 0 ? { notes: report.notes } : {}),
    ...(report.unmodelled.length > 0 ? { unmodelled: report.unmodelled } : {}),
  };
}

function problemsOf(report: Report): ProblemsError {
  return new ProblemsError(report.problems, "the configuration");
}

function refuseUnless(report: Report): void {
  if (report.problems.length > 0) throw problemsOf(report);
}

function beginReading(config: Readonly<Record<string, unknown>>, report: Report): Reading {
  const found = findTextConfig(config, report);
  // What is not a decoder has no sizes of one to miss.
  refuseUnless(report);
  const { text, modelType } = found;
  const family = familyOf(modelType);
  const begun = { text, report, config: found, modelType, family: family ?? {}, known: family !== undefined };
  if (family === undefined) {
    const name =
      modelType === "" ? "model_type is missing" : `model_type: ${JSON.stringify(modelType.slice(0, 60))} is not known`;
    report.leaveOut(`${name}: read as a plain decoder by its fields`);
  }
  const hybrid = isNemotronHybrid({ ...begun, layers: 0, hiddenSize: 0 });
  const layers = hybrid ? patternLayers(begun) : text.required(layerNames, layerRule);
  return { ...begun, layers, hiddenSize: text.required(hiddenNames, widthRule) };
}

function readLayers(reading: Reading): Layer[] {
  if (isNemotronHybrid(reading)) return readNemotronHybrid(reading);
  return readBlockConfigs(reading) ?? readLongcat(reading) ?? joinLayers(readMixers(reading), readMlps(reading));
}

function describe(
  reading: Reading,
  layers: readonly Layer[],
  files: ConfigFiles,
  { id, source }: { id: string; source?: string },
): Model {
  const { text, hiddenSize, modelType, report } = reading;
  const vocabSize = text.required(["vocab_size", "padded_vocab_size"], { most: limits.vocabulary });
  const tiedEmbeddings = readTied(reading);
  const maxContext = readContext(reading);
  const extras = [...readExtras(reading), ...readTowers(reading)];
  const parts = { layers, vocabSize, tiedEmbeddings, extras };
  const read = readCheckpoint(reading, parts, files.quantization, id);
  nameKnownGaps(text);
  nameUnmodelled(reading);
  const mixture = layers.some(({ mlps }) => mlps.some(({ kind }) => kind === "experts"));
  const model: Model = {
    id,
    family: modelType.slice(0, 60) || "unknown",
    kind: mixture ? "moe" : "dense",
    hiddenSize,
    vocabSize,
    tiedEmbeddings,
    maxContext,
    ...compressLayers(layers),
    ...(extras.length > 0 ? { extras } : {}),
    nativePrecision: read.checkpoint.precision,
    checkpoints: [read.checkpoint],
    source: source ?? "config.json",
    confidence: report.confidence,
  };
  if (report.problems.length === 0 && layers.length === 0)
    report.fault("config.json", undefined, "describes no layers", "give the number of layers");
  // Numbers that are each in range can still multiply to what no machine holds.
  if (report.problems.length === 0 && !(countParameters(model).total < 1e15))
    report.fault("config.json", undefined, "describes more than 1e15 parameters", "check its sizes");
  return report.problems.length > 0 ? model : { ...model, checkpoints: [settleCheckpoint(model, read)] };
}

const headless = /For(Sequence|Token)Classification|ForRewardModel|RewardModel|^(?!ChatGLM)\w*(?<!LMHead)Model$/;

/** One matrix for embedding and output head; models without a head have but the one. */
function readTied({ text, config, family, report }: Reading): boolean {
  if (headless.test(config.architecture)) {
    report.note(`${config.architecture.slice(0, 60)}: no output head is counted`);
    return true;
  }
  const name = ["tie_word_embeddings", "tie_embedding", "tie_embeddings"].find((candidate) => text.has(candidate));
  if (name !== undefined) return text.flag(name) ?? false;
  const outer = config.root.flag("tie_word_embeddings");
  if (outer !== undefined) return outer;
  const tied = family.tied ?? false;
  report.note(`tie_word_embeddings is left out: ${tied}, as the model type has it`);
  return tied;
}

function withIndex(model: Model, { text, report }: Reading, index: unknown): Model {
  if (index === undefined) return model;
  const names = ["num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules"];
  const predicted = names.map((name) => text.values[name]).find((value) => typeof value === "number");
  return applyIndex(model, index, typeof predicted === "number" ? predicted : 0, report);
}
