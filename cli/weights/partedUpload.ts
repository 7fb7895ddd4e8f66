import { createHash } from "node:crypto";
import { UserError } from "../output";
import type { StoredFile } from "./manifest";
import type { Sending } from "./sendFile";
import type { HashState } from "./sha256";
import { firstRecord, type UploadRecord, unhashed } from "./uploadRecords";
import type { SentPart } from "./weightsStore";

/** The most parts that S3 takes for one file (S3 user guide, "Amazon S3 multipart upload limits"). */
const mostParts = 10_000;
const MiB = 2 ** 20;

/**
 * A file that is sent in parts. Parts are read and sent side by side and hashed in order; what is in the store and
 * hashed is noted, so that a later push begins there. A part that is in the store and was not hashed yet is read again
 * for its hash, and not sent again.
 */
export class PartedUpload {
  /** Parts that are in the store, by number. */
  private readonly sent = new Map<number, SentPart>();
  private readonly states = new Map<number, HashState>();
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: StoredFile,
    private readonly sending: Sending,
    private record: UploadRecord,
  ) {}

  /** Takes up what an earlier push left of this very content, or begins. */
  static async open(file: StoredFile, sending: Sending): Promise<PartedUpload> {
    const earlier = await sending.records.read(file.path);
    if (earlier) {
      const parts = await sending.store.parts(file.path, earlier.uploadId);
      if (parts && earlier.sha256 === file.sha256 && earlier.size === file.size)
        return PartedUpload.resume(file, sending, earlier, parts);
      // An upload of other content, which nobody will finish, is billed until it is removed.
      if (parts) await sending.store.giveUp(file.path, earlier.uploadId);
    }
    const uploadId = await sending.store.begin(file);
    const record = firstRecord({ ...file, uploadId, partBytes: partBytesFor(file.size, sending.partBytes) });
    await sending.records.write(record);
    return new PartedUpload(file, sending, record);
  }

  private static resume(file: StoredFile, sending: Sending, record: UploadRecord, parts: SentPart[]): PartedUpload {
    const upload = new PartedUpload(file, sending, record);
    for (const part of parts) if (part.size === upload.lengthOf(part.number)) upload.sent.set(part.number, part);
    // A hash is worth something only with the very bytes that went into it.
    const whole = numbersTo(record.hashedParts).every((number) => upload.sent.has(number));
    if (!whole) upload.record = { ...record, ...unhashed };
    for (const number of numbersTo(upload.record.hashedParts)) sending.arrived(upload.lengthOf(number), false);
    return upload;
  }

  /** Sends what is missing, and returns the checksum of the whole file. */
  async sendRest(): Promise<string> {
    const { slots, fail: stop } = this.sending;
    let state: Promise<HashState> = Promise.resolve(this.record.state);
    const tasks: Promise<void>[] = [];
    for (let number = this.record.hashedParts + 1; number <= this.count; number++) {
      const before = state;
      state = new Promise((tell, fail) => {
        const task = slots.run(this.file.path, () => this.sendAndHash(number, before, tell));
        task.catch(fail);
        tasks.push(task);
      });
      // A failure is told by its task; nobody may be waiting for this state.
      state.catch(() => undefined);
    }
    for (const task of tasks) task.catch(stop);
    const outcomes = await Promise.allSettled(tasks);
    await this.saving;
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    return state;
  }

  /** Makes the parts one file. */
  async finish(): Promise<void> {
    const { store, records } = this.sending;
    const { path, sha256 } = this.file;
    const parts = [...this.sent.values()].sort((one, other) => one.number - other.number);
    const known = await store.finish(path, this.record.uploadId, parts);
    // An answer that was lost, or another push of the same: the upload is gone, because the file is there.
    if (!known && (await store.checksumOf(path)) !== sha256) throw this.lost();
    await records.remove(path);
  }

  /** Leaves nothing of the file in the store. */
  async giveUp(): Promise<void> {
    const { store, records } = this.sending;
    await store.giveUp(this.file.path, this.record.uploadId);
    await records.remove(this.file.path);
  }

  /** @param tell takes the state after this part, as soon as it is being computed: the next need not wait for the sending */
  private async sendAndHash(
    number: number,
    before: Promise<HashState>,
    tell: (state: Promise<HashState>) => void,
  ): Promise<void> {
    const { hashes } = this.sending;
    const bytes = await this.read(number);
    const final = number === this.count ? this.file.size : undefined;
    const hashing = before.then((state) => hashes.run({ state, bytes, final }));
    tell(hashing);
    await this.send(number, bytes);
    const state = await hashing;
    // The last state has the padding in it, and is the checksum: nothing could be added to it.
    if (final === undefined) this.note(number, state);
  }

  private read(number: number): Promise<Buffer> {
    const { source, signal } = this.sending;
    return source.read(this.file, (number - 1) * this.record.partBytes, this.lengthOf(number), signal);
  }

  /** Sends a part, unless the store has it and it is the same. */
  private async send(number: number, bytes: Buffer): Promise<void> {
    const { store, arrived } = this.sending;
    const sha256 = createHash("sha256").update(bytes).digest("base64");
    const there = this.sent.get(number);
    if (there && isSame(there, bytes, sha256)) return arrived(bytes.length, false);
    const part = await store.sendPart(this.file.path, this.record.uploadId, number, bytes, sha256);
    if (!part) throw this.lost();
    this.sent.set(number, part);
    arrived(bytes.length, true);
  }

  /** Notes a state as soon as every part before it is in the store, too. */
  private note(number: number, state: HashState): void {
    this.states.set(number, state);
    let last = this.record.hashedParts;
    for (let next = this.states.get(last + 1); next !== undefined; next = this.states.get(last + 1)) {
      this.states.delete(++last);
      this.record = { ...this.record, hashedParts: last, state: next };
    }
    const noted = this.record;
    // Only the newest is worth a request.
    this.saving = this.saving.then(() => (noted === this.record ? this.sending.records.write(noted) : undefined));
    this.saving.catch(() => undefined);
  }

  private get count(): number {
    return Math.ceil(this.file.size / this.record.partBytes);
  }

  private lengthOf(number: number): number {
    return Math.max(0, Math.min(this.record.partBytes, this.file.size - (number - 1) * this.record.partBytes));
  }

  private lost(): UserError {
    return new UserError(
      `s3://${this.sending.store.bucket.name}: the upload of ${this.file.path} was removed while it was under way. Fix: run the command again`,
    );
  }
}

/** A store that keeps no checksums of parts has their MD5 as ETag; what cannot be told to be the same is sent again. */
function isSame({ sha256, etag }: SentPart, bytes: Buffer, wanted: string): boolean {
  if (sha256 !== undefined) return sha256 === wanted;
  return etag.replaceAll('"', "") === createHash("md5").update(bytes).digest("hex");
}

function numbersTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

/** Parts of the usual size, or as large as it takes for a file to have no more than S3 takes. */
function partBytesFor(size: number, usual: number): number {
  return size <= usual * mostParts ? usual : Math.ceil(size / mostParts / MiB) * MiB;
}
