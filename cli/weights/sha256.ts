/**
 * SHA-256 whose state can be written down (FIPS 180-4). Node's own hash is several times as fast, but its state cannot
 * leave the process: an upload that is continued would have to read from the source again what it has sent already.
 */

/** The eight words of the state after a whole number of blocks, as 64 hexadecimal digits. */
export type HashState = string;

/** Bytes of a block: states exist at multiples of it. */
export const blockBytes = 64;

/** The state before the first byte. */
export const initialState: HashState = "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19";

/** The state after some more bytes. `final` adds the padding: the result is then the checksum. */
export interface HashStep {
  state: HashState;
  bytes: Uint8Array;
  /** Length of the whole message in bytes, given with its last bytes only. */
  final?: number;
}

/**
 * Takes whole blocks into a state; with `final` any number of bytes, and the padding. It uses nothing from around it:
 * a worker is started from its text (hashWorkers.ts).
 */
export function hashStep({ state, bytes, final }: HashStep): HashState {
  // biome-ignore format: the table of the standard, eight in a row
  const constants = new Int32Array([
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ]);
  const words = new Int32Array(64);
  const hash = new Int32Array(8);
  for (let i = 0; i < 8; i++) hash[i] = Number.parseInt(state.slice(i * 8, i * 8 + 8), 16) | 0;

  // Local numbers only, and no list in the loop: it is what most of the time goes into.
  function takeBlocks(data: Uint8Array, end: number): void {
    for (let start = 0; start < end; start += 64) {
      for (let i = 0, j = start; i < 16; i++, j += 4)
        words[i] =
          ((data[j] as number) << 24) |
          ((data[j + 1] as number) << 16) |
          ((data[j + 2] as number) << 8) |
          (data[j + 3] as number);
      for (let i = 16; i < 64; i++) {
        const x = words[i - 15] as number;
        const y = words[i - 2] as number;
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        words[i] = ((words[i - 16] as number) + s0 + (words[i - 7] as number) + s1) | 0;
      }
      let a = hash[0] as number;
      let b = hash[1] as number;
      let c = hash[2] as number;
      let d = hash[3] as number;
      let e = hash[4] as number;
      let f = hash[5] as number;
      let g = hash[6] as number;
      let h = hash[7] as number;
      for (let i = 0; i < 64; i++) {
        const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (constants[i] as number) + (words[i] as number)) | 0;
        const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g;
        g = f;
        f = e;
        e = (d + t1) | 0;
        d = c;
        c = b;
        b = a;
        a = (t1 + t2) | 0;
      }
      hash[0] = (hash[0] as number) + a;
      hash[1] = (hash[1] as number) + b;
      hash[2] = (hash[2] as number) + c;
      hash[3] = (hash[3] as number) + d;
      hash[4] = (hash[4] as number) + e;
      hash[5] = (hash[5] as number) + f;
      hash[6] = (hash[6] as number) + g;
      hash[7] = (hash[7] as number) + h;
    }
  }

  const whole = bytes.length - (bytes.length % 64);
  if (final === undefined && whole !== bytes.length)
    throw new Error(`sha256: ${bytes.length} bytes are no whole blocks`);
  takeBlocks(bytes, whole);
  if (final !== undefined) {
    const rest = bytes.subarray(whole);
    const tail = new Uint8Array(rest.length < 56 ? 64 : 128);
    tail.set(rest);
    tail[rest.length] = 0x80;
    // The length in bits, of which a number of bytes below 2^53 fills two words.
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(final / 2 ** 29));
    view.setUint32(tail.length - 4, (final * 8) % 2 ** 32);
    takeBlocks(tail, tail.length);
  }
  return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
