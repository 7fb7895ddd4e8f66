import { blockBytes, type HashState, initialState } from "./sha256";
import type { WeightsStore } from "./weightsStore";

/**
 * What an upload in parts is of, and how far its checksum is computed. It is kept in the store, so that another machine
 * can continue: S3 lists an upload's parts, but not its metadata, and not the state of a hash.
 */
export interface UploadRecord {
  path: string;
  uploadId: string;
  /** Bytes of the file. */
  size: number;
  /** SHA-256 that the file is to have. */
  sha256: string;
  /** Bytes of every part but the last. */
  partBytes: number;
  /** So many parts from the first are in the store and in the state below. */
  hashedParts: number;
  state: HashState;
}

/** Where records stand: beside `models/`, since nodes copy whatever stands there. */
const folder = "pushes";

/** The records of the uploads of one model's weights, `pushes/models/<model>/<precision>/<path>.json`. */
export class UploadRecords {
  constructor(private readonly store: WeightsStore) {}

  /** The record of a file; undefined when there is none, or none that can be read. */
  async read(path: string): Promise<UploadRecord | undefined> {
    const text = await this.store.bucket.text(this.keyOf(path));
    return text === undefined ? undefined : parse(text, path);
  }

  write(record: UploadRecord): Promise<void> {
    return this.store.bucket.putText(this.keyOf(record.path), `${JSON.stringify({ version: 1, ...record })}\n`);
  }

  remove(path: string): Promise<void> {
    return this.store.bucket.remove([this.keyOf(path)]);
  }

  /** Paths of all records: what earlier pushes left half done. */
  async paths(): Promise<string[]> {
    const prefix = `${folder}/${this.store.prefix}/`;
    const objects = await this.store.bucket.list(prefix);
    return objects.map(({ key }) => key.slice(prefix.length).replace(/\.json$/, ""));
  }

  private keyOf(path: string): string {
    return `${folder}/${this.store.prefix}/${path}.json`;
  }
}

/** That nothing is hashed yet. */
export const unhashed = { hashedParts: 0, state: initialState } as const;

/** The record of an upload that has just begun. */
export function firstRecord(file: Omit<UploadRecord, "hashedParts" | "state">): UploadRecord {
  return { ...file, ...unhashed };
}

function parse(text: string, path: string): UploadRecord | undefined {
  let record: Partial<UploadRecord> & { version?: unknown };
  try {
    record = JSON.parse(text) ?? {};
  } catch {
    return undefined;
  }
  const { version, uploadId, size, sha256, partBytes, hashedParts, state } = record;
  const counts = [size, partBytes, hashedParts].every((count) => Number.isSafeInteger(count) && (count as number) >= 0);
  const texts = typeof uploadId === "string" && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(state ?? "");
  const usable = version === 1 && record.path === path && counts && texts;
  return usable && (partBytes as number) > 0 && (partBytes as number) % blockBytes === 0
    ? (record as UploadRecord)
    : undefined;
}
