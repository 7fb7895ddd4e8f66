import { LoraTargets } from "../decisionArgs";
import { isHeadAttention, type Layer, type Mixer, type Mlp } from "../model";
import type { Recipe } from "./recipe";

/** Parameters that are trained beside frozen ones, of one layer. */
export interface AdapterCounts {
  /** Beside attention, dense MLPs and shared experts. */
  dense: number;
  /** Beside routed experts. */
  experts: number;
}

/** A linear layer's shape: what goes in and what comes out. */
type Linear = readonly [input: number, output: number];

/** Two low-rank factors beside each targeted linear layer: rank x (in + out) parameters (LoRA, arXiv 2106.09685). */
export function countAdapters(
  layer: Layer,
  hiddenSize: number,
  { loraRank, loraTargets }: Pick<Recipe, "loraRank" | "loraTargets">,
): AdapterCounts {
  const sizeOf = (linears: readonly Linear[]) => linears.reduce((sum, [input, output]) => sum + input + output, 0);
  const attention = layer.mixers.reduce((sum, mixer) => sum + sizeOf(mixerLinears(mixer, hiddenSize)), 0);
  const counts = { dense: attention, experts: 0 };
  if (loraTargets !== LoraTargets.attention)
    for (const mlp of layer.mlps) {
      counts.dense += sizeOf(denseLinears(mlp, hiddenSize));
      if (loraTargets === LoraTargets.experts) counts.experts += expertSizes(mlp, hiddenSize);
    }
  return { dense: loraRank * counts.dense, experts: loraRank * counts.experts };
}

function mixerLinears(mixer: Mixer, hidden: number): Linear[] {
  if (mixer.kind === "recurrent") return [[hidden, mixer.parameters / hidden]];
  if (isHeadAttention(mixer)) {
    const { heads, kvHeads, headDim, valueHeadDim = headDim, outputGate, readsEarlierCache, keyIsValue } = mixer;
    const query: Linear = [hidden, heads * headDim * (outputGate ? 2 : 1)];
    const output: Linear = [heads * valueHeadDim, hidden];
    if (readsEarlierCache) return [query, output];
    const key: Linear = [hidden, kvHeads * headDim];
    return keyIsValue ? [query, key, output] : [query, key, [hidden, kvHeads * valueHeadDim], output];
  }
  const { heads, qLoraRank, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim } = mixer;
  const queries = heads * (qkNopeHeadDim + qkRopeHeadDim);
  const query: Linear[] =
    qLoraRank > 0
      ? [
          [hidden, qLoraRank],
          [qLoraRank, queries],
        ]
      : [[hidden, queries]];
  return [
    ...query,
    [hidden, kvLoraRank + qkRopeHeadDim],
    [kvLoraRank, heads * (qkNopeHeadDim + vHeadDim)],
    [heads * vHeadDim, hidden],
  ];
}

function denseLinears(mlp: Mlp, hidden: number): Linear[] {
  const width = mlp.kind === "dense" ? mlp.width : mlp.sharedWidth;
  return width === 0 ? [] : Array.from({ length: mlp.matrices }, (): Linear => [hidden, width]);
}

function expertSizes(mlp: Mlp, hidden: number): number {
  if (mlp.kind === "dense") return 0;
  return mlp.experts * mlp.matrices * ((mlp.latentSize ?? hidden) + mlp.width);
}
