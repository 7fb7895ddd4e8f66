import { nestedDefaults } from "./families";
import { layerNames } from "./fieldNames";
import { Fields, isObject, type Json } from "./fields";
import type { Report } from "./report";

/** Where multimodal configurations keep the language model's, in the order that they are looked for. */
const textKeys = ["text_config", "llm_config", "language_config", "language_model_config", "llm_cfg", "lm_config"];

/** Whatever holds such a configuration in turn: only this part of a speaking model is served (vLLM). */
const outerKeys = ["thinker_config"];

export interface TextConfig {
  /** The whole file. */
  root: Fields;
  /** The object beside whose language model the towers are described. */
  outer: Fields;
  /** The language model's own object; the whole file when it is not nested. */
  text: Fields;
  modelType: string;
  architecture: string;
}

const encoders = new Set(
  `bert roberta xlm-roberta xlm-roberta-xl albert electra distilbert deberta deberta-v2 modernbert nomic_bert new mpnet
camembert xlnet longformer big_bird clip clip_text_model clip_vision_model siglip siglip2 siglip_vision_model vit dinov2 wav2vec2 hubert
layoutlm layoutlmv3 esm`.split(/\s+/),
);
const encoderDecoders = new Set(
  `t5 mt5 umt5 longt5 bart mbart pegasus marian whisper m2m_100 nllb-moe switch_transformers led blenderbot bigbird_pegasus
prophetnet seamless_m4t seamless_m4t_v2 speech_to_text t5gemma encoder-decoder vision-encoder-decoder florence2 moonshine fsmt`.split(
    /\s+/,
  ),
);

/** Finds the language model in a configuration, and refuses what is not a decoder. */
export function findTextConfig(config: Json, report: Report): TextConfig {
  const root = new Fields(config, "config.json: ", report);
  const outerKey = outerKeys.find((key) => root.has(key));
  const outer = (outerKey === undefined ? undefined : root.child(outerKey)) ?? root;
  const rootType = typeof config.model_type === "string" ? config.model_type : "";
  const key = textKeys.find((name) => outer.has(name));
  const nested = key === undefined ? undefined : outer.child(key);
  const text = nested && key ? withDefaults(nested) : outer;
  if (nested && key) {
    const again = textKeys.find((name) => isObject(nested.values[name]));
    if (again) report.fault(nested.pathOf(again), undefined, "is a language model inside another", "nest it once");
  } else if (key === undefined) noteEmptyText(outer, report);
  const modelType = text.text("model_type") ?? originalMamba(text) ?? (nested ? rootType : "");
  const architecture = firstArchitecture(root.values) ?? firstArchitecture(text.values) ?? "";
  refuseEncoders({ root, outer, text, modelType, architecture }, rootType);
  return { root, outer, text, modelType, architecture };
}

/** A null for the language model's configuration is harmless only where its sizes stand beside it. */
function noteEmptyText(outer: Fields, report: Report): void {
  const empty = textKeys.find((name) => Object.hasOwn(outer.values, name));
  if (empty === undefined) return;
  const fix = "give the language model's configuration";
  if (layerNames.some((name) => outer.has(name))) report.note(`${empty} is null: the fields beside it are read`);
  else report.fault(outer.pathOf(empty), null, "is empty, and no layers are given beside it", fix);
}

/** The first Mamba checkpoints (state-spaces) have no model type. */
function originalMamba(text: Fields): string | undefined {
  if (!text.has("ssm_cfg")) return undefined;
  const { ssm_cfg: mixer } = text.values;
  return isObject(mixer) && mixer.layer === "Mamba2" ? "mamba2" : "mamba";
}

function withDefaults(nested: Fields): Fields {
  const type = nested.values.model_type;
  const defaults = typeof type === "string" && Object.hasOwn(nestedDefaults, type) ? nestedDefaults[type] : undefined;
  return new Fields(nested.values, nested.path, nested.report, defaults?.values, defaults?.of);
}

function firstArchitecture({ architectures }: Json): string | undefined {
  const first = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof first === "string" ? first.slice(0, 200) : undefined;
}

function refuseEncoders({ root, text, modelType, architecture }: TextConfig, rootType: string): void {
  const { report } = root;
  const types = [rootType, modelType].filter((type) => type !== "");
  const path = root.pathOf("model_type");
  const fix = "give the configuration of a decoder-only language model";
  const pair = types.find((type) => encoderDecoders.has(type));
  const encoder = types.find((type) => encoders.has(type));
  if (pair) report.fault(path, pair, "is an encoder-decoder, which sizing does not cover", fix);
  else if (root.values.is_encoder_decoder === true || text.values.is_encoder_decoder === true)
    report.fault(root.pathOf("is_encoder_decoder"), true, "says that the model is an encoder-decoder", fix);
  else if (encoder) report.fault(path, encoder, "is an encoder: it generates no text", fix);
  else if (/MaskedLM|Bert(a)?Model|RobertaModel/.test(architecture))
    report.fault(root.pathOf("architectures"), architecture, "is an encoder: it generates no text", fix);
}
