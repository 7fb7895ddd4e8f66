import type { Layer, Mixer, Mlp } from "../model";
import type { Family } from "./families";
import type { Fields } from "./fields";
import type { Report } from "./report";
import type { TextConfig } from "./textConfig";

/** What every part of the reader needs of a configuration. Numbers that are missing or faulty are NaN. */
export interface Reading {
  text: Fields;
  config: TextConfig;
  report: Report;
  modelType: string;
  family: Family;
  /** The model type is one that the reader was written for. */
  known: boolean;
  layers: number;
  hiddenSize: number;
}

/** What mixes tokens in one layer, and what follows it. */
export type LayerMixers = readonly Mixer[];
export type LayerMlps = readonly Mlp[];

/** Whether a model type is one of a name's generations, such as `gemma4` and `gemma4_text`. */
export function isType({ modelType }: Reading, ...names: readonly string[]): boolean {
  return names.some((name) => modelType === name || modelType === `${name}_text`);
}

/** One entry a layer; none while the number of layers is not known. */
export function eachLayer<Entry>(layers: number, make: (index: number) => Entry): Entry[] {
  return Number.isNaN(layers) ? [] : Array.from({ length: layers }, (_, index) => make(index));
}

/** Joins what mixes tokens and what follows it, layer by layer. */
export function joinLayers(mixers: readonly LayerMixers[], mlps: readonly LayerMlps[]): Layer[] {
  return mixers.map((mixer, index) => ({ mixers: mixer, mlps: mlps[index] ?? [] }));
}
