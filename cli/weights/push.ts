import type { World } from "../store/world";
import { type Comparison, compareWithStore } from "./compare";
import { HashWorkers } from "./hashWorkers";
import { manifestName, renderManifest, type StoredFile } from "./manifest";
import { Progress } from "./progress";
import type { Selection } from "./selection";
import { type Sending, sendFile } from "./sendFile";
import { Slots } from "./slots";
import type { Source, SourceFile } from "./source";
import { UploadRecords } from "./uploadRecords";
import type { WeightsStore } from "./weightsStore";

/** One push: these files of a source into this store. */
export interface PushRequest {
  source: Source;
  selection: Selection;
  store: WeightsStore;
  /** Parts that are under way at a time. */
  parallel: number;
  /** Bytes of a part, a multiple of 64. */
  partBytes: number;
  /** Only compares. */
  dryRun: boolean;
  /** Removes what stands among the weights and is none of theirs. */
  deleteOthers: boolean;
  /** Stops everything: by the user, or when one file fails. */
  controller: AbortController;
}

/** What a push did, or would do. */
export interface PushResult extends Comparison {
  /** Bytes that went over the network to the store. */
  sentBytes: number;
  /** Whether the manifest in the store was the right one already. */
  manifestWasThere: boolean;
}

/** How many files are begun at a time: what is begun and not finished is what an interruption leaves. */
const filesAtOnce = 4;

/** Brings the store to the state of the source: files first, the manifest when all of them are there. */
export async function pushWeights(request: PushRequest, world: World): Promise<PushResult> {
  const { source, selection, store, controller, parallel, dryRun } = request;
  const { signal } = controller;
  const slots = new Slots(parallel, signal);
  const comparison = await compareWithStore(source, selection.taken, store, slots, signal);
  const before = await store.bucket.text(store.keyOf(manifestName));
  if (dryRun) return { ...comparison, sentBytes: 0, manifestWasThere: before !== undefined };
  const { sent, sentBytes } = await sendMissing(comparison, request, slots, world);
  const manifest = renderManifest(source.label, [...comparison.there, ...sent]);
  // After everything that it names, so that whoever finds it finds all.
  if (before !== manifest) await store.bucket.putText(store.keyOf(manifestName), manifest);
  await removeHalves(store);
  if (request.deleteOthers) await store.bucket.remove(comparison.others.map(({ key }) => key));
  return { ...comparison, sentBytes, manifestWasThere: before === manifest };
}

async function sendMissing(
  { missing }: Comparison,
  { source, store, parallel, partBytes, controller }: PushRequest,
  slots: Slots,
  world: World,
): Promise<{ sent: StoredFile[]; sentBytes: number }> {
  const { signal } = controller;
  const progress = new Progress(
    missing.reduce((total, { size }) => total + size, 0),
    world,
  );
  let sentBytes = 0;
  const arrived = (bytes: number, isSent: boolean) => {
    if (isSent) sentBytes += bytes;
    progress.arrived(bytes, isSent);
  };
  const hashes = new HashWorkers();
  // What fails stops the rest: they are continued together.
  const fail = (error: unknown) => controller.abort(error);
  const sending: Sending = {
    ...{ source, store, hashes, slots, signal, partBytes, arrived, fail },
    records: new UploadRecords(store),
  };
  const files = new Slots(Math.min(filesAtOnce, parallel), signal);
  const send = (file: SourceFile) => {
    const task = files.run(file.path, async () => {
      const stored = await sendFile(file, sending);
      progress.finished(file.path, file.size);
      return stored;
    });
    task.catch(fail);
    return task;
  };
  // A node takes a folder without a manifest for whole once it has config.json, which therefore comes after all others.
  const isLast = ({ path }: SourceFile) => path === "config.json";
  const outcomes = await Promise.allSettled(missing.filter((file) => !isLast(file)).map(send));
  outcomes.push(...(await Promise.allSettled(missing.filter(isLast).map(send))));
  progress.end();
  await hashes.close();
  signal.throwIfAborted();
  const sent = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  return { sent, sentBytes };
}

/** Removes the parts of uploads that nobody will finish: of files that the source no longer has, or that came whole. */
async function removeHalves(store: WeightsStore): Promise<void> {
  const records = new UploadRecords(store);
  for (const path of await records.paths()) {
    const record = await records.read(path);
    if (record) await store.giveUp(path, record.uploadId);
    await records.remove(path);
  }
}
