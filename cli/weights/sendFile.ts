import { createHash } from "node:crypto";
import { UserError } from "../output";
import type { HashWorkers } from "./hashWorkers";
import type { StoredFile } from "./manifest";
import { PartedUpload } from "./partedUpload";
import type { Slots } from "./slots";
import type { Source, SourceFile } from "./source";
import type { UploadRecords } from "./uploadRecords";
import type { WeightsStore } from "./weightsStore";

/** What sending a file needs from around it. */
export interface Sending {
  source: Source;
  store: WeightsStore;
  records: UploadRecords;
  hashes: HashWorkers;
  slots: Slots;
  signal: AbortSignal;
  /** Bytes of a part, a multiple of 64: larger files are sent in parts. */
  partBytes: number;
  /** Called with bytes that are in the store now: sent, or there since an earlier push. */
  arrived(bytes: number, sent: boolean): void;
  /** Called with the first fault that does not pass: everything else stops. */
  fail(error: unknown): void;
}

/** Sends a file, or the rest of it, and returns what is then in the store. */
export async function sendFile(file: SourceFile, sending: Sending): Promise<StoredFile> {
  return file.size <= sending.partBytes ? sendWhole(file, sending) : sendParts(file, sending);
}

function sendWhole(file: SourceFile, { source, store, slots, signal, arrived }: Sending): Promise<StoredFile> {
  return slots.run(file.path, async () => {
    const bytes = await source.read(file, 0, file.size, signal);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (file.sha256 !== undefined && file.sha256 !== sha256) throw mismatch(file, sha256, source);
    const stored = { path: file.path, size: file.size, sha256 };
    await store.put(stored, bytes);
    arrived(file.size, true);
    return stored;
  });
}

async function sendParts(file: SourceFile, sending: Sending): Promise<StoredFile> {
  const { source, slots, signal } = sending;
  // The checksum goes into the file's metadata, which cannot be changed once the upload has begun.
  const sha256 = file.sha256 ?? (await slots.run(file.path, () => source.checksum(file, signal)));
  const stored = { path: file.path, size: file.size, sha256 };
  const upload = await PartedUpload.open(stored, sending);
  const found = await upload.sendRest();
  if (found !== sha256) {
    await upload.giveUp();
    throw mismatch({ ...file, sha256 }, found, source);
  }
  await upload.finish();
  return stored;
}

function mismatch({ path, sha256 }: SourceFile, found: string, { title, label }: Source): UserError {
  const fix =
    label === "folder"
      ? "push the folder when nobody writes to it"
      : "run the command again; if it happens again, give another --hub";
  return new UserError(
    `${title}: ${path} has SHA-256 ${found} and should have ${sha256}: what was read is not what was announced, and nothing of it is kept. Fix: ${fix}`,
  );
}
