import fc from "fast-check";
import { UserError } from "../../cli/output";
import { bytes, partBytes, prefix, useWeights } from "../support/weightsRuns";

const { s3, hub, push, addModel, weights, contents, manifest } = useWeights();
const runs = Number(process.env.FUZZ ?? 1) * 25;

/** How a push ends before its end: asked to stop, or S3 or the hub is gone from a moment on. */
type Ending = "interrupted" | "store gone" | "hub gone";

/** A push that ends early at the given request, or comes through where it makes fewer. */
async function pushUntil(ending: Ending, request: number, parallel: string): Promise<void> {
  let stop: () => void = () => undefined;
  let count = 0;
  s3.requests.length = hub.requests.length = 0;
  s3.goneAfter = ending === "store gone" ? request : Number.POSITIVE_INFINITY;
  s3.onRequest = () => {
    count++;
    if (ending === "interrupted" && count === request) stop();
    if (ending === "hub gone" && count === request)
      for (let times = 0; times < 500; times++) hub.instead.push({ on: /./, fault: { dropped: true } });
  };
  const onInterrupt = (callback: () => void) => {
    stop = callback;
    return () => undefined;
  };
  await push({ options: { parallel }, world: { onInterrupt } }).catch((error: unknown) => {
    // An interruption is an error with a fix, and nothing else.
    expect(error).toBeInstanceOf(UserError);
  });
  hub.instead.length = 0;
  s3.goneAfter = Number.POSITIVE_INFINITY;
  s3.onRequest = () => undefined;
}

test("whenever a push is interrupted, and however often, the one that is resumed ends with the same store, and sends no part again", async () => {
  const interruption = fc.tuple(
    fc.constantFrom<Ending>("interrupted", "store gone", "hub gone"),
    fc.integer({ min: 1, max: 60 }),
  );
  const parts = fc.array(fc.integer({ min: 1, max: 9 * partBytes }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      parts,
      fc.array(interruption, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("1", "3", "8"),
      async (sizes, interruptions, parallel) => {
        s3.clear();
        hub.clear();
        addModel(Object.fromEntries(sizes.map((size, index) => [String(index), bytes(size, index)])));
        for (const [ending, request] of interruptions) {
          await pushUntil(ending, request, parallel);
          // A manifest is there only with everything that it names.
          if (manifest() !== null) expect(weights()).toEqual(contents());
        }
        await push({ options: { parallel } });
        expect(weights()).toEqual(contents());
        expect(manifest().files.map(({ path }: { path: string }) => path)).toEqual([...hub.files.keys()].sort());
        // An upload that had just begun may be left without a part; it costs nothing, and a bucket's rules remove it.
        expect([...s3.uploads.values()].flatMap(({ parts }) => [...parts])).toEqual([]);
        expect([...s3.objects.keys()].filter((key) => !key.startsWith(`${prefix}/`))).toEqual([]);
        expect(s3.partsTaken).toEqual([...new Set(s3.partsTaken)]);
      },
    ),
    { numRuns: runs },
  );
}, 600_000);

test("a file that changed in the meantime is begun anew, and what was sent of the old one is removed", async () => {
  addModel();
  await pushUntil("interrupted", 16, "1");
  expect(s3.uploads.size).toBe(1);
  hub.add("model-a.safetensors", bytes(300, 55));
  hub.add("model-b.safetensors", bytes(1000, 55));
  await push();
  expect(weights()).toEqual(contents());
  expect(s3.uploads.size).toBe(0);
});

test("a file that the model no longer has leaves nothing half sent behind", async () => {
  addModel();
  await pushUntil("interrupted", 16, "1");
  expect(s3.uploads.size).toBe(1);
  hub.files.clear();
  addModel({ c: bytes(100, 3) });
  await push();
  expect(s3.uploads.size).toBe(0);
  expect([...s3.objects.keys()].filter((key) => key.startsWith("pushes/"))).toEqual([]);
});

test("an upload of somebody else's is not touched", async () => {
  addModel();
  const key = `${prefix}/model-b.safetensors`;
  s3.uploads.set("foreign", { key, metadata: {}, parts: new Map() });
  await push();
  expect([...s3.uploads.keys()]).toEqual(["foreign"]);
  expect(weights()).toEqual(contents());
});

test.each(["", "{", '{"version":1}', '{"version":2}', "null"])(
  "a note that cannot be read, %j, costs the file's beginning and no more",
  async (text) => {
    addModel();
    s3.putText(`pushes/${prefix}/model-b.safetensors.json`, text);
    await push();
    expect(weights()).toEqual(contents());
  },
);

test("a note whose hash is wrong makes no wrong file: it is found out, and the next push begins anew", async () => {
  addModel();
  await pushUntil("interrupted", 20, "1");
  const key = [...s3.objects.keys()].find((one) => one.startsWith("pushes/")) ?? "";
  const note = JSON.parse(s3.texts()[key] ?? "");
  expect(note.hashedParts).toBeGreaterThan(0);
  s3.putText(key, JSON.stringify({ ...note, state: "0".repeat(64) }));
  await expect(push()).rejects.toThrow(/has SHA-256/);
  await push();
  expect(weights()).toEqual(contents());
});

test("a part that vanished from the store is sent again, and the whole is hashed anew", async () => {
  addModel();
  await pushUntil("interrupted", 20, "1");
  const [upload] = s3.uploads.values();
  expect(upload?.parts.has(1)).toBe(true);
  upload?.parts.delete(1);
  await push();
  expect(weights()).toEqual(contents());
});

test("a part that is not what it should be, of those that were not hashed yet, is sent again", async () => {
  addModel();
  await pushUntil("interrupted", 20, "1");
  const [upload] = s3.uploads.values();
  const key = [...s3.objects.keys()].find((one) => one.startsWith("pushes/")) ?? "";
  const note = JSON.parse(s3.texts()[key] ?? "");
  const next = note.hashedParts + 1;
  upload?.parts.set(next, { bytes: Buffer.alloc(partBytes, 1), etag: '"1"', sha256: "of something else" });
  await push();
  expect(weights()).toEqual(contents());
});

test("parts are no smaller than S3 takes them, by the size that the command sends", async () => {
  s3.leastPartBytes = 5 * 2 ** 20;
  addModel({ a: Buffer.alloc(11 * 2 ** 20 + 1, 7) });
  await push({ partBytes: 5 * 2 ** 20 });
  expect(s3.partsTaken).toHaveLength(3);
  const path = "model-a.safetensors";
  // Compared as a whole: jest would look at eleven million numbers one by one.
  expect(weights()[path]?.equals(contents()[path] as Buffer)).toBe(true);
});
