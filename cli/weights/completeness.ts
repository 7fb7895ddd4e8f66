import { UserError } from "../output";
import { type Selection, selectFiles } from "./selection";
import type { Source } from "./source";

const indexName = /^[^/]*\.safetensors\.index\.json$/;

/**
 * The files of a source that go into the store. Throws a UserError when they are no whole model: the nodes would wait
 * for the rest, and a half that is in the store by mistake costs as much as a whole.
 */
export async function selectModel(source: Source, signal: AbortSignal): Promise<Selection> {
  const indexed = await readIndex(source, signal);
  const paths = new Set(source.files.map(({ path }) => path));
  const missing = [...indexed].filter((path) => !paths.has(path));
  if (missing.length > 0) throw incomplete(source, `lacks ${shorten(missing)}, which the index of its weights names`);
  const selection = selectFiles(source.files, indexed);
  if (!paths.has("config.json")) throw incomplete(source, "has no config.json");
  if (!selection.taken.some(({ path }) => path.endsWith(".safetensors")))
    throw new UserError(
      `${source.title}: has no safetensors. Fix: give a repository or folder with the weights in safetensors, which is what nodes wait for`,
    );
  const empty = selection.taken.find(({ path, size }) => size === 0 && /\.(safetensors|json)$/.test(path));
  if (empty) throw incomplete(source, `has an empty ${empty.path}`);
  return selection;
}

/** Every file that an index names. Two indexes, Mistral's case, are of the same weights: the usual one counts. */
async function readIndex(source: Source, signal: AbortSignal): Promise<Set<string>> {
  const indexes = source.files.filter(({ path }) => indexName.test(path));
  const index = indexes.find(({ path }) => path === "model.safetensors.index.json") ?? indexes[0];
  if (!index) return new Set();
  const bytes = await source.read(index, 0, index.size, signal);
  const named = parseIndex(bytes);
  if (named) return new Set(named);
  throw incomplete(source, `has an index of its weights that names none (${index.path})`);
}

function parseIndex(bytes: Buffer): string[] | undefined {
  try {
    const { weight_map: map } = JSON.parse(bytes.toString()) as { weight_map?: unknown };
    if (typeof map !== "object" || map === null) return undefined;
    const files = Object.values(map);
    return files.length > 0 && files.every((file) => typeof file === "string") ? (files as string[]) : undefined;
  } catch {
    return undefined;
  }
}

function incomplete({ title }: Source, what: string): UserError {
  return new UserError(`${title}: ${what}: it is no whole model. Fix: download it again, or give another source`);
}

function shorten(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(", ");
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
