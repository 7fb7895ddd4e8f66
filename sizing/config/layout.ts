import type { Layer, LayerRun } from "../model";

// The longest period of a hybrid known is 8 (Jamba).
const longestPeriod = 16;

/** Names the layers that differ and writes their order as repeated runs. */
export function compressLayers(layers: readonly Layer[]): { layerTypes: Record<string, Layer>; layout: LayerRun[] } {
  const names = new Map<string, string>();
  const layerTypes: Record<string, Layer> = {};
  const order = layers.map((layer) => {
    const key = JSON.stringify(layer);
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = freeName(nameOf(layer), layerTypes);
    names.set(key, name);
    layerTypes[name] = layer;
    return name;
  });
  return { layerTypes, layout: runsOf(order) };
}

function nameOf({ mixers, mlps }: Layer): string {
  const parts = [
    ...mixers.map((mixer) => (mixer.kind === "recurrent" ? mixer.name : mixer.kind)),
    ...mlps.map(({ kind }) => kind),
  ];
  return [...new Set(parts)].join("-").replaceAll(" ", "-") || "empty";
}

function freeName(wanted: string, taken: Readonly<Record<string, Layer>>): string {
  if (!Object.hasOwn(taken, wanted)) return wanted;
  let number = 2;
  while (Object.hasOwn(taken, `${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}

/** At each place the repeated period that covers most. */
function runsOf(order: readonly string[]): LayerRun[] {
  const runs: LayerRun[] = [];
  for (let start = 0; start < order.length; ) {
    let best = { period: 1, repeat: repeats(order, start, 1) };
    for (let period = 2; period <= longestPeriod; period++) {
      const repeat = repeats(order, start, period);
      if (repeat > 1 && repeat * period > best.repeat * best.period) best = { period, repeat };
    }
    runs.push({ repeat: best.repeat, layers: order.slice(start, start + best.period) });
    start += best.repeat * best.period;
  }
  return runs;
}

function repeats(order: readonly string[], start: number, period: number): number {
  let index = start + period;
  while (index < order.length && order[index] === order[index - period]) index += 1;
  return Math.floor((index - start) / period);
}
