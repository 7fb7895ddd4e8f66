import type { ExtraWeights } from "../model";
import { Fields, isObject, limits } from "./fields";
import type { Reading } from "./reading";
import { Report } from "./report";

const towers = [
  { key: "vision_config", name: "vision tower" },
  { key: "vit_config", name: "vision tower" },
  { key: "vision_encoder_config", name: "vision tower" },
  { key: "visual", name: "vision tower" },
  { key: "audio_config", name: "audio encoder" },
  { key: "audio_encoder_config", name: "audio encoder" },
  { key: "speech_config", name: "audio encoder" },
];

/** Parts of a multimodal model that say by their presence alone that there is a tower. */
const unsized = [
  "mm_vision_tower",
  "img_processor",
  "embd_layer",
  "vision_tower",
  "gen_vision_config",
  "gen_head_config",
  "gen_aligner_config",
  "talker_config",
  "token2wav_config",
];

/** Estimates what an engine loads to see and hear: encoders differ too much for more than that. */
export function readTowers(reading: Reading): ExtraWeights[] {
  const { outer, root } = reading.config;
  const found = towers.flatMap(({ key, name }) => {
    const value = outer.has(key) ? outer.values[key] : undefined;
    if (value === undefined) return [];
    const parameters = isObject(value) ? estimateTower(value, reading) : undefined;
    if (parameters !== undefined) {
      reading.report.note(`the ${name}'s ${inMillions(parameters)} M parameters are an estimate from ${key}`);
      return [{ name, parameters }];
    }
    reading.report.leaveOut(`${key}: the ${name} is not sized; its weights are not counted`, "medium");
    return [];
  });
  for (const key of unsized) {
    if (!outer.has(key) && !root.has(key)) continue;
    if (key.startsWith("talker") || key.startsWith("token2wav"))
      reading.report.note(`${key}: not loaded to serve text`);
    else reading.report.leaveOut(`${key}: not sized; its weights are not counted`, "medium");
  }
  return found;
}

function inMillions(parameters: number): number {
  return Math.round(parameters / 1e6);
}

const layerKeys = [
  "num_hidden_layers",
  "depth",
  "layers",
  "n_layer",
  "vt_num_hidden_layers",
  "encoder_layers",
  "num_layers",
];
const widthKeys = ["embed_dim", "vt_hidden_size", "width", "d_model", "n_embd", "hidden_size", "hidden_dim"];
const networkKeys = ["vt_intermediate_size", "encoder_ffn_dim", "intermediate_size"];

/** A transformer encoder with its patches and a projector of two layers; undefined where sizes are missing. */
function estimateTower(values: Record<string, unknown>, { hiddenSize }: Reading): number | undefined {
  // A tower that cannot be read is left out, not refused: its faults are its own.
  const fields = new Fields(values, "tower", new Report());
  const layers = fields.count(layerKeys, { most: limits.layers });
  const width = fields.count(widthKeys, { most: limits.width });
  const ratio = fields.ratio("mlp_ratio");
  const network =
    fields.count(networkKeys, { most: limits.width }) ?? (width && ratio ? Math.round(width * ratio) : undefined);
  if (!layers || !width || !network) return undefined;
  const extraLayers = fields.count(["num_global_layers"], { most: limits.layers }) ?? 0;
  const gated = values.hidden_act === "silu" || values.hidden_act === "gelu_pytorch_tanh_gated";
  const encoder = (layers + extraLayers) * (4 * width * width + (gated ? 3 : 2) * width * network);
  const patch = fields.count(["patch_size", "spatial_patch_size"], { most: 4096 }) ?? 14;
  const frames = fields.count(["temporal_patch_size"], { most: 64 }) ?? 1;
  const patches = 3 * patch * patch * frames * width;
  const total = encoder + patches + projector(fields, width, hiddenSize);
  return Number.isFinite(total) ? Math.round(total) : undefined;
}

function projector(fields: Fields, width: number, hiddenSize: number): number {
  const merge = fields.count(["spatial_merge_size", "merge_size"], { most: 64 }) ?? 1;
  const merged = width * merge * merge;
  const target = fields.count(["out_hidden_size"], { most: limits.width }) ?? hiddenSize;
  const deep = Array.isArray(fields.values.deepstack_visual_indexes)
    ? fields.values.deepstack_visual_indexes.length
    : 0;
  if (merge > 1) return (merged * merged + merged * target) * (1 + Math.min(deep, 64));
  return width * target + target * target;
}
