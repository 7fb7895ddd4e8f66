import type { ListedObject } from "../store/bucket";
import { manifestName, type StoredFile } from "./manifest";
import type { Slots } from "./slots";
import type { Source, SourceFile } from "./source";
import type { WeightsStore } from "./weightsStore";

/** What the store lacks, and what it has beside. */
export interface Comparison {
  missing: SourceFile[];
  /** In the store already, with size and checksum. */
  there: StoredFile[];
  /** In the store, and of no use to this model. */
  others: (ListedObject & { path: string })[];
}

/** Compares by size and by the checksum that a push noted; what was copied by other means has none, and is sent again. */
export async function compareWithStore(
  source: Source,
  files: readonly SourceFile[],
  store: WeightsStore,
  slots: Slots,
  signal: AbortSignal,
): Promise<Comparison> {
  const stored = await store.list();
  const checked = await Promise.all(
    files.map(async (file): Promise<{ file: SourceFile; sha256?: string }> => {
      if (stored.get(file.path)?.size !== file.size) return { file };
      return slots.run(file.path, async () => ({ file, sha256: await sameChecksum(source, file, store, signal) }));
    }),
  );
  const taken = new Set([manifestName, ...files.map(({ path }) => path)]);
  return {
    missing: checked.filter(({ sha256 }) => sha256 === undefined).map(({ file }) => file),
    there: checked.flatMap(({ file: { path, size }, sha256 }) =>
      sha256 === undefined ? [] : [{ path, size, sha256 }],
    ),
    others: [...stored].filter(([path]) => !taken.has(path)).map(([path, object]) => ({ ...object, path })),
  };
}

/** The checksum of source and store, if it is the same; else undefined. */
async function sameChecksum(
  source: Source,
  file: SourceFile,
  store: WeightsStore,
  signal: AbortSignal,
): Promise<string | undefined> {
  const noted = await store.checksumOf(file.path);
  if (noted === undefined) return undefined;
  return noted === (file.sha256 ?? (await source.checksum(file, signal))) ? noted : undefined;
}
