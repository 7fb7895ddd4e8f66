import { ProblemsError } from "../problems";
import { isObject, type Json } from "./fields";

/** Bytes that a file may have. The largest config.json known are some 200 KB; an index names every tensor. */
export const largestConfigBytes = 4 * 1024 * 1024;
/** Kimi-K2's index, of 384 experts in 60 layers, has some 18 MB. */
export const largestIndexBytes = 64 * 1024 * 1024;
// Real ones nest up to 6 deep.
const deepest = 32;

/**
 * Parses the text of a configuration file. Python writes NaN and Infinity into JSON (Nemotron-H's time_step_limit):
 * they are read as null, which no number of a model's size ever is.
 */
export function parseConfigText(text: string, fileName: string): Json {
  const largest = fileName.endsWith(".index.json") ? largestIndexBytes : largestConfigBytes;
  const refuse = (message: string, fix: string): never => {
    throw new ProblemsError([{ path: fileName, message, fix }], "the configuration");
  };
  if (text.length > largest)
    return refuse(`has ${text.length} characters, more than ${largest}`, "give the config.json of a model");
  const { depth, text: plain } = scan(text);
  if (depth > deepest) return refuse(`is nested more than ${deepest} deep`, "give the config.json of a model");
  const value = tryParse(plain);
  if (value === undefined) return refuse("is not JSON", "give the config.json as the model's repository has it");
  if (!isObject(value)) return refuse("is not a JSON object", "give an object of keys and values");
  return value;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const pythonNumbers = /-?\b(?:NaN|Infinity)\b/g;

/** How deep a text nests at most, and the text with Python's numbers replaced outside its strings. One pass. */
function scan(text: string): { depth: number; text: string } {
  const parts: string[] = [];
  let depth = 0;
  let most = 0;
  let start = 0;
  for (let index = text.charCodeAt(0) === 0xfeff ? 1 : 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') {
      parts.push(text.slice(start, index).replace(pythonNumbers, "null"));
      start = index;
      index = endOfString(text, index);
      parts.push(text.slice(start, index + 1));
      start = index + 1;
    } else if (character === "{" || character === "[") {
      depth += 1;
      if (depth > most) most = depth;
      if (most > deepest) break;
    } else if (character === "}" || character === "]") depth -= 1;
  }
  parts.push(text.slice(start).replace(pythonNumbers, "null"));
  return { depth: most, text: parts.join("").replace(/^\uFEFF/, "") };
}

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}
