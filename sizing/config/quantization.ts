import type { WeightPart } from "../model";
import { isObject, type Json } from "./fields";
import { ModulePatterns, partOfModule } from "./modulePatterns";
import type { Report } from "./report";
import { algorithmFormat, bitsAndBytesFormat, type Format, groupFormat, integerFormat } from "./weightFormats";

/** What a quantisation says: how the weights of a part are kept in a layer. */
export interface Quantization {
  /** The format of a part that is quantised; undefined for one in 16 bits. */
  formatOf(part: WeightPart, layer: number): Format | undefined;
  quantizedHead: boolean;
}

const listNames = [
  "modules_to_not_convert",
  "ignore",
  "ignored_layers",
  "exclude_modules",
  "modules_to_skip",
  "llm_int8_skip_modules",
];

/**
 * Reads config.json's quantization_config and modelopt's hf_quant_config.json. A scheme that is not known is named and
 * taken for none: 16 bits are the safe side.
 */
export function readQuantization(
  given: readonly Json[],
  report: Report,
  expertsBeside: boolean,
): Quantization | undefined {
  const configs = given.flatMap(flatten);
  if (configs.length === 0) return undefined;
  const ignored = new ModulePatterns(configs.flatMap(ignoredModules), report, "quantization_config", expertsBeside);
  noteCache(configs, report);
  noteOddFields(configs, report);
  for (const config of configs) {
    const format = readScheme(config, report, expertsBeside);
    if (format === undefined) continue;
    const mlpsOnly = config.quant_method === "fbgemm_fp8";
    if (mlpsOnly) report.note("fbgemm_fp8: attention stays in 16 bits, as in Meta's FP8 checkpoints");
    return {
      formatOf: (part, layer) => {
        if ((mlpsOnly && part === "attention") || ignored.names(part, layer)) return undefined;
        return format(part, layer);
      },
      quantizedHead: config.lm_head === true && !ignored.namesHead(),
    };
  }
  const names = configs.map((config) =>
    String(config.quant_method ?? config.quant_algo ?? "without a name").slice(0, 40),
  );
  report.leaveOut(
    `quantization_config: ${[...new Set(names)].join(", ")} is not known; its weights are counted in 16 bits`,
  );
  return undefined;
}

/** modelopt keeps its own under `quantization`; mixed ones first, because they say more. */
function flatten(config: Json): Json[] {
  const inner = isObject(config.quantization) ? [{ ...config.quantization, quant_method: "modelopt" }] : [];
  const own = inner.length > 0 && config.quant_algo === undefined ? [] : [config];
  return [...inner, ...own];
}

function ignoredModules(config: Json): unknown[] {
  const listed = listNames.flatMap((name) => (Array.isArray(config[name]) ? (config[name] as unknown[]) : []));
  const { dynamic } = config;
  // GPTQModel: keys that begin with `-:` are left alone.
  const negative = isObject(dynamic) ? Object.keys(dynamic).filter((key) => key.startsWith("-:")) : [];
  return [...listed, ...negative];
}

function noteCache(configs: readonly Json[], report: Report): void {
  const scheme = configs.map((config) => config.kv_cache_quant_algo ?? config.kv_cache_scheme).find((value) => value);
  if (scheme) report.note("the checkpoint has scales for a KV cache of 8 bits: kvCacheDtype fp8 loses little");
}

const isCount = (value: unknown) => typeof value === "number" && Number.isInteger(value) && value > 0;

/** What fields of a scheme look like. One that looks otherwise is passed over, and that is said. */
const fieldShapes: Readonly<Record<string, (value: unknown) => boolean>> = {
  weight_block_size: (value) => Array.isArray(value) && value.length === 2 && value.every(isCount),
  group_size: (value) => value === -1 || isCount(value),
  bits: isCount,
  ...Object.fromEntries(listNames.map((name) => [name, Array.isArray])),
};

function noteOddFields(configs: readonly Json[], report: Report): void {
  for (const config of configs)
    for (const [name, isRight] of Object.entries(fieldShapes)) {
      const value = config[name];
      if (value === undefined || value === null || isRight(value)) continue;
      const shown = JSON.stringify(value)?.slice(0, 40);
      report.note(`quantization_config.${name}: ${shown} is not what this field holds: passed over`, "medium");
    }
}

type Scheme = (part: WeightPart, layer: number) => Format | undefined;

function readScheme(config: Json, report: Report, expertsBeside: boolean): Scheme | undefined {
  const mixed = readMixed(config, report);
  if (mixed) return mixed;
  const groups = readGroups(config, report, expertsBeside);
  if (groups) return groups;
  const format = readSingle(config);
  return format && (() => format);
}

function readSingle(config: Json): Format | undefined {
  const method = typeof config.quant_method === "string" ? config.quant_method.toLowerCase() : "";
  const algorithm = algorithmFormat(config.quant_algo, config.group_size);
  if (algorithm) return algorithm;
  if (/^(fp8|fbgemm_fp8|ptpc_fp8|finegrained_fp8|deepspeed_fp)$/.test(method))
    return { precision: "fp8", ...blockOf(config) };
  if (/^(awq|awq_marlin|gptq|gptq_marlin|auto-round|auto_round|intel\/auto-round|gptqmodel)$/.test(method))
    return integerFormat(config);
  if (/^mxfp4(_.*)?$/.test(method)) return { precision: "mxfp4" };
  if (/^mxfp8(_.*)?$/.test(method)) return algorithmFormat("MXFP8");
  if (/^(nvfp4|modelopt_fp4|petit_nvfp4)$/.test(method)) return { precision: "nvfp4" };
  if (method === "modelopt_fp8") return { precision: "fp8" };
  if (method === "bitsandbytes" || config.load_in_4bit === true || config.load_in_8bit === true)
    return bitsAndBytesFormat(config);
  return /^(eetq|experts_int8)$/.test(method) ? { precision: "int8" } : undefined;
}

function blockOf({ weight_block_size: block }: Json): { blockSize?: number } {
  const side = Array.isArray(block) ? block[0] : undefined;
  return typeof side === "number" && Number.isInteger(side) && side > 0 && side <= 65_536 ? { blockSize: side } : {};
}

/** compressed-tensors: groups of targets, each with a format; the first that names a module wins. */
function readGroups(config: Json, report: Report, expertsBeside: boolean): Scheme | undefined {
  if (!isObject(config.config_groups)) return undefined;
  const groups = Object.values(config.config_groups)
    .slice(0, 16)
    .flatMap((group) => {
      if (!isObject(group) || !isObject(group.weights)) return [];
      const format = groupFormat(group.weights, `${String(group.format ?? "")} ${String(config.format ?? "")}`);
      if (format === undefined) {
        report.leaveOut(
          "quantization_config.config_groups: a format that is not known; its weights are counted in 16 bits",
        );
        return [];
      }
      const targets = Array.isArray(group.targets) ? group.targets : ["Linear"];
      const all = targets.some((target) => typeof target === "string" && /^[A-Z]\w*$/.test(target));
      return [{ format, all, targets: new ModulePatterns(all ? [] : targets, report, "config_groups", expertsBeside) }];
    });
  if (groups.length === 0) return undefined;
  return (part, layer) => groups.find(({ all, targets }) => all || targets.names(part, layer))?.format;
}

/** modelopt's MIXED_PRECISION: an algorithm a module; what a part mostly has stands for it. Others are in 16 bits. */
function readMixed(config: Json, report: Report): Scheme | undefined {
  if (!isObject(config.quantized_layers)) return undefined;
  const tallies = new Map<WeightPart, Map<string, { count: number; format: Format }>>();
  const unknown = new Set<string>();
  for (const [name, value] of Object.entries(config.quantized_layers)) {
    const part = partOfModule(name);
    if (!isObject(value) || part === undefined) continue;
    const format = algorithmFormat(value.quant_algo, value.group_size);
    if (format === undefined) {
      unknown.add(String(value.quant_algo).slice(0, 40));
      continue;
    }
    const tally = tallies.get(part) ?? new Map<string, { count: number; format: Format }>();
    const key = JSON.stringify(format);
    tally.set(key, { format, count: (tally.get(key)?.count ?? 0) + 1 });
    tallies.set(part, tally);
  }
  for (const name of [...unknown].slice(0, 5))
    report.leaveOut(`quantized_layers: ${name} is not known; counted in 16 bits`);
  if (tallies.size === 0) return undefined;
  const chosen = new Map(
    [...tallies].map(([part, tally]) => [part, [...tally.values()].sort((a, b) => b.count - a.count)[0]]),
  );
  return (part) => chosen.get(part)?.format;
}
