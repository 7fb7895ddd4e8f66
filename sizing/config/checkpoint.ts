import { type Checkpoint, type ExtraWeights, type Layer, type Model, type WeightPart, weightParts } from "../model";
import { bytesOfWeight } from "../precision";
import { countLayer, unquantizedBytes, weighCheckpoint } from "../weights";
import { isObject } from "./fields";
import { type Quantization, readQuantization } from "./quantization";
import type { Reading } from "./reading";
import { type Format, formatBytes, plainPrecision } from "./weightFormats";

/** What the checkpoint's bytes depend on beside its quantisation. */
export interface CheckpointParts {
  layers: readonly Layer[];
  vocabSize: number;
  tiedEmbeddings: boolean;
  extras: readonly ExtraWeights[];
}

/** A checkpoint, and its bytes counted layer by layer where a quantisation treats them differently. */
export interface ReadCheckpoint {
  checkpoint: Checkpoint;
  exactBytes?: number;
}

/** Describes the weights that lie beside the configuration. */
export function readCheckpoint(
  reading: Reading,
  parts: CheckpointParts,
  quantization: unknown,
  id: string,
): ReadCheckpoint {
  const plain = readPlain(reading);
  const quantized = findQuantization(reading, parts, quantization);
  const described = quantized && describe(reading, parts, quantized);
  if (quantized && described) {
    const checkpoint = { id: described.precision, repositories: [id], ...described };
    const headBytes = quantized.quantizedHead ? bytesOfWeight(checkpoint) : unquantizedBytes;
    return { checkpoint, exactBytes: exactBytes(reading, parts, quantized, headBytes) };
  }
  return { checkpoint: { id: plain, precision: plain, repositories: [id] } };
}

// Less than this is rounding.
const noticeable = 0.001;

/**
 * Where one precision and the parts it spares do not add up to what the layers hold one by one (mixed formats, layers
 * left whole), the bytes are given instead.
 */
export function settleCheckpoint(model: Model, { checkpoint, exactBytes: exact }: ReadCheckpoint): Checkpoint {
  if (exact === undefined) return checkpoint;
  const computed = weighCheckpoint(model, checkpoint).total;
  if (Math.abs(computed - exact) <= noticeable * exact) return checkpoint;
  const { unquantizedLayers: _whole, ...rest } = checkpoint;
  return { ...rest, loadedBytes: exact };
}

function readPlain({ text, config, report }: Reading): "bf16" | "fp16" {
  const name = ["torch_dtype", "dtype"].find((candidate) => text.has(candidate) || config.root.has(candidate));
  const dtype = name === undefined ? undefined : (text.values[name] ?? config.root.values[name]);
  if (dtype === undefined) report.note("no torch_dtype: bf16 is taken");
  const plain = plainPrecision(dtype);
  if (dtype !== undefined && plain === undefined)
    report.note(`${name}: ${JSON.stringify(dtype)?.slice(0, 40)} is not known: bf16 is taken`, "medium");
  if (typeof dtype === "string" && /32|float$|64/.test(dtype)) report.note(`${name} ${dtype}: vLLM loads it as bf16`);
  return plain === "fp16" ? "fp16" : "bf16";
}

function findQuantization(reading: Reading, { layers }: CheckpointParts, beside: unknown): Quantization | undefined {
  const { text, config, report } = reading;
  const names = ["quantization_config", "compression_config"];
  const inside = [text, config.root].flatMap((fields) => names.map((name) => fields.child(name)?.values));
  const given = [beside, ...new Set(inside)].filter(isObject);
  const both = layers.some(({ mlps }) => mlps.length > 1 && mlps.some(({ kind }) => kind === "experts"));
  const read = readQuantization(given, report, both && reading.modelType !== "longcat_flash");
  const experts = text.text("expert_dtype");
  if (read === undefined || experts === undefined) return read;
  if (experts !== "fp4") return read;
  // DeepSeek V4: the experts are in FP4 with an 8-bit scale per 32, which is MXFP4.
  const format: Format = { precision: "mxfp4" };
  return {
    ...read,
    formatOf: (part, layer) => {
      const usual = read.formatOf(part, layer);
      return part === "experts" && usual?.precision === "fp8" ? format : usual;
    },
  };
}

interface PartUse {
  part: WeightPart;
  /** Parameters in every layer that has the part, by the layer's number. */
  sizes: Map<number, number>;
  /** The format of most layers; undefined for 16 bits. */
  format: Format | undefined;
}

function describe(
  reading: Reading,
  parts: CheckpointParts,
  quantization: Quantization,
): Omit<Checkpoint, "id" | "repositories"> | undefined {
  const uses = weightParts.flatMap((part) => useOf(part, reading.hiddenSize, parts.layers, quantization));
  const quantized = uses.filter(({ format }) => format !== undefined);
  const [main] = [...quantized].sort((a, b) => total(b.sizes) - total(a.sizes));
  if (main?.format === undefined) return undefined;
  const { precision, groupSize, symmetric, blockSize } = main.format;
  const keeps16Bit = uses.filter(({ format }) => format === undefined).map(({ part }) => part);
  const whole = wholeLayers(quantized, quantization);
  const { quantizedHead } = quantization;
  const mixed = quantized.some(({ format }) => format?.precision !== precision);
  const formats = quantized.map(({ part, format }) => `${part} ${format?.precision}`).join(", ");
  return {
    precision,
    ...(keeps16Bit.length > 0 ? { keeps16Bit } : {}),
    ...(whole.size > 0 ? { unquantizedLayers: whole.size } : {}),
    ...(precision === "int4" && groupSize !== undefined ? { groupSize } : {}),
    ...(precision === "int4" && symmetric ? { symmetric } : {}),
    ...(quantizedHead ? { quantizedHead } : {}),
    ...(blockSize === undefined ? {} : { blockSize }),
    ...(mixed ? { note: `formats by part: ${formats}` } : {}),
  };
}

function useOf(part: WeightPart, hiddenSize: number, layers: readonly Layer[], quantization: Quantization): PartUse[] {
  const sizes = new Map<number, number>();
  const formats = new Map<Format | undefined, number>();
  for (const [index, layer] of layers.entries()) {
    const size = countLayer(layer, hiddenSize)[part];
    if (!(size > 0)) continue;
    sizes.set(index, size);
    const format = quantization.formatOf(part, index);
    formats.set(format, (formats.get(format) ?? 0) + 1);
  }
  const [most] = [...formats].sort(
    ([one, a], [other, b]) => b - a || Number(one === undefined) - Number(other === undefined),
  );
  if (most === undefined) return [];
  const [format] = most;
  return [{ part, sizes, format }];
}

/** Layers in which everything that is elsewhere quantised is not. */
function wholeLayers(quantized: readonly PartUse[], quantization: Quantization): Set<number> {
  const numbers = new Set(quantized.flatMap(({ sizes }) => [...sizes.keys()]));
  const whole = [...numbers].filter((index) =>
    quantized.every(({ part, sizes }) => !sizes.has(index) || quantization.formatOf(part, index) === undefined),
  );
  return new Set(whole);
}

function total(sizes: ReadonlyMap<number, number>): number {
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** Bytes of a checkpoint, every part of every layer by its own format. */
function exactBytes(reading: Reading, parts: CheckpointParts, quantization: Quantization, headBytes: number): number {
  const { hiddenSize } = reading;
  const layers = parts.layers.reduce((sum, layer, index) => {
    const counts = countLayer(layer, hiddenSize);
    const linear = weightParts.reduce((bytes, part) => {
      const format = counts[part] > 0 ? quantization.formatOf(part, index) : undefined;
      return bytes + counts[part] * (format === undefined ? unquantizedBytes : formatBytes(format));
    }, 0);
    return sum + linear + (counts.norms + counts.routers) * unquantizedBytes;
  }, 0);
  const embedding = parts.vocabSize * hiddenSize;
  const head = parts.tiedEmbeddings ? 0 : embedding * headBytes;
  const extras = parts.extras.reduce((sum, { parameters }) => sum + parameters, hiddenSize);
  return Math.round(layers + head + (embedding + extras) * unquantizedBytes);
}
