import { manifestName } from "./manifest";
import type { SourceFile } from "./source";

/** Which files of a source go into the store. */
export interface Selection {
  taken: SourceFile[];
  leftOut: LeftOut[];
}

/** A file that no engine needs beside what is taken, and why. */
export interface LeftOut {
  file: SourceFile;
  why: string;
}

/** Folders of the same weights in another form: Meta's own, Apple's, ONNX, OpenVINO, llama.cpp. */
const otherForms = /^(original|metal|onnx|openvino|coreml|gguf)\//;
/** Weights in forms that the engines' loaders come to only where there are no safetensors. */
const otherWeights = /\.(bin|pth|pt|gguf|ggml|h5|msgpack|onnx|ot|ckpt|tflite|npz)$/;
/** Settings, tokenizer, chat template, and the code of models that bring their own. */
const settings = /(\.(json|model|txt|jinja|tiktoken|py)|(^|\/)(vocab|merges)[\w.-]*)$/;

/**
 * Takes what an engine reads: safetensors, their index, settings and tokenizer. What is there twice in another form is
 * left out.
 * @param indexed paths that the index of the weights names; empty: there is no index
 */
export function selectFiles(files: readonly SourceFile[], indexed: ReadonlySet<string>): Selection {
  const selection: Selection = { taken: [], leftOut: [] };
  const hasOwnParts = files.some(({ path }) => /^model[^/]*\.safetensors$/.test(path));
  for (const file of files) {
    const why = indexed.has(file.path) ? undefined : whyNot(file.path, hasOwnParts, indexed.size > 0);
    if (why === undefined) selection.taken.push(file);
    else selection.leftOut.push({ file, why });
  }
  return selection;
}

function whyNot(path: string, hasOwnParts: boolean, hasIndex: boolean): string | undefined {
  if (path === manifestName) return "the store's own manifest takes its place";
  if (otherForms.test(path)) return "the same weights in another form";
  if (path.endsWith(".safetensors")) return whyNotWeights(path, hasOwnParts, hasIndex);
  if (otherWeights.test(path) || /\.(bin|h5|msgpack)\.index\.json$/.test(path)) return "weights in another form";
  return settings.test(path) ? undefined : "no engine reads it";
}

/** Mistral publishes the same weights twice, whole and in parts; adapters and drafts stand in folders of their own. */
function whyNotWeights(path: string, hasOwnParts: boolean, hasIndex: boolean): string | undefined {
  if (hasIndex) return "the index of the weights does not name it";
  if (hasOwnParts && /^consolidated[^/]*\.safetensors$/.test(path)) return "the same weights in another form";
  return hasOwnParts && path.includes("/") ? "weights of another model" : undefined;
}

/** What was left out, by reason and kind, with sizes: one line each. */
export function groupLeftOut(leftOut: readonly LeftOut[]): { why: string; paths: string[]; bytes: number }[] {
  const groups = new Map<string, { why: string; paths: string[]; bytes: number }>();
  for (const { file, why } of leftOut) {
    const group = groups.get(why) ?? { why, paths: [], bytes: 0 };
    group.paths.push(file.path);
    group.bytes += file.size;
    groups.set(why, group);
  }
  return [...groups.values()];
}
