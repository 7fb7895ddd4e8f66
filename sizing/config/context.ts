import { isObject, limits } from "./fields";
import type { Reading } from "./reading";

const names = [
  "max_position_embeddings",
  "n_positions",
  "max_seq_len",
  "seq_length",
  "max_sequence_length",
  "model_max_length",
  "n_ctx",
  "context_length",
];
const rule = { most: limits.tokens };

// No configuration known leaves it out and has another length in its class; short enough to be no promise.
const assumed = 8192;

/** Longest request that the model was made for, tokens. */
export function readContext(reading: Reading): number {
  const stated = readStated(reading);
  const stretched = readStretched(reading);
  if (!(stretched > stated)) return stated;
  reading.report.note(`positions are stretched from ${stated} to ${stretched} tokens, as rope_scaling says (YaRN)`);
  return stretched;
}

function readStated({ text, config, report, family }: Reading): number {
  const [name] = names.filter((candidate) => text.has(candidate));
  if (name !== undefined) return text.count([name], rule) ?? Number.NaN;
  const inherited =
    text.count(["max_position_embeddings"], rule) ?? config.root.count(["max_position_embeddings"], rule);
  if (inherited !== undefined) return inherited;
  if (family.context !== undefined) {
    report.note(`max_position_embeddings is left out: ${family.context}, as the model type has it`);
    return family.context;
  }
  report.note(`max_position_embeddings is left out: ${assumed} tokens are assumed`, "medium");
  return assumed;
}

/** YaRN's length: what the model was first made for, times the factor (vLLM, _get_and_verify_max_len). */
function readStretched({ text }: Reading): number {
  const scaling = ["rope_scaling", "rope_parameters"].map((name) => text.values[name]).find(isObject);
  if (scaling === undefined || (scaling.rope_type ?? scaling.type) !== "yarn") return 0;
  const { factor, original_max_position_embeddings: original } = scaling;
  if (typeof factor !== "number" || typeof original !== "number") return 0;
  const length = Math.floor(factor * original);
  return length > 0 && length <= limits.tokens ? length : 0;
}
