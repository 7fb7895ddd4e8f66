import type { Recipe } from "./recipe";

/** Weights that share an absolute maximum in NF4 (bitsandbytes' default block). */
const blockSize = 64;
/** Maxima that share a scale of their own under double quantisation. */
const maximaBlock = 256;

/**
 * Bytes of one frozen weight in NF4: half a byte and a 32-bit maximum for each 64 weights, or, doubly quantised, an 8-bit
 * one with a 32-bit scale for each 256 of them: 0.127 bits a weight instead of 0.5 (QLoRA, arXiv 2305.14314, section 3).
 */
export function nf4Bytes({ doubleQuantization }: Pick<Recipe, "doubleQuantization">): number {
  const maximum = doubleQuantization ? 1 + 4 / maximaBlock : 4;
  return 0.5 + maximum / blockSize;
}
