import { createHash } from "node:crypto";
import fc from "fast-check";
import { HashWorkers } from "../../cli/weights/hashWorkers";
import { blockBytes, hashStep, initialState } from "../../cli/weights/sha256";

const node = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("the checksum is that of Node's own hash, wherever the message is divided", () => {
  const message = fc.uint8Array({ maxLength: 700, size: "max" });
  fc.assert(
    fc.property(message, fc.array(fc.nat(5), { maxLength: 6 }), (bytes, blocks) => {
      let state = initialState;
      let start = 0;
      for (const count of blocks) {
        const end = Math.min(start + count * blockBytes, bytes.length - (bytes.length % blockBytes));
        // Only the text of a state passes from one step to the next, as it does from one push to another.
        state = hashStep({ state, bytes: bytes.subarray(start, end) });
        start = end;
      }
      expect(hashStep({ state, bytes: bytes.subarray(start), final: bytes.length })).toBe(node(bytes));
    }),
    { numRuns: 300 },
  );
});

test("lengths around a block's end are padded as the standard says", () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Buffer.alloc(length, length);
    expect(hashStep({ state: initialState, bytes, final: length })).toBe(node(bytes));
  }
});

test("a length that does not fit into 32 bits is padded right", () => {
  for (const length of [2 ** 29, 2 ** 32 - 64, 5 * 2 ** 40 + 64]) {
    const padding = Buffer.alloc(blockBytes);
    padding[0] = 0x80;
    padding.writeBigUInt64BE(8n * BigInt(length), 56);
    const padded = hashStep({ state: initialState, bytes: padding });
    expect(hashStep({ state: initialState, bytes: new Uint8Array(0), final: length })).toBe(padded);
  }
});

test("part of a block is refused before the end, since no state stands for it", () => {
  expect(() => hashStep({ state: initialState, bytes: new Uint8Array(65) })).toThrow("65 bytes are no whole blocks");
});

test("threads hash what is given to them, in whatever order, and more than there are threads", async () => {
  const workers = new HashWorkers(2);
  const messages = Array.from({ length: 9 }, (_, index) => Buffer.alloc(1000 * index, index));
  const steps = messages.map((bytes) => workers.run({ state: initialState, bytes, final: bytes.length }));
  expect(await Promise.all(steps)).toEqual(messages.map(node));
  await workers.close();
});

test("a step that cannot be taken fails, and a pool that is closed answers what waits", async () => {
  const workers = new HashWorkers(1);
  await expect(workers.run({ state: initialState, bytes: new Uint8Array(1) })).rejects.toThrow("no whole blocks");
  await workers.close();
});
