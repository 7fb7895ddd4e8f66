import snapshot from "../data/prices.json";
import { priceSources } from "../snapshot";

/** Two ends of what a figure may be. */
export interface Ends {
  low: number;
  high: number;
}

const { on_prem: data } = snapshot;

const ends = ([low = 0, high = low]: readonly number[]): Ends => ({ low, high });

/** Figures of machines in a room of one's own, each of `source`: `on_prem` of the price data. */
export const onPremisesFigures = {
  /** What a server draws over its GPUs: processors, memory, network, fans. */
  serverOverhead: data.server_overhead_factor,
  /** The middle of what is typical, 1.2 to 1.3. */
  defaultPue: (data.pue.typical.reduce((total, value) => total + value, 0) / data.pue.typical.length) as number,
  defaultUsdPerKwh: data.electricity_usd_per_kwh.default,
  /** A kW of power and room in somebody else's building, US dollars a month. */
  colocationUsdPerKwMonth: ends(data.colo_usd_per_kw_month),
  /** A server with 8 x H100, US dollars. */
  serverUsd: ends(data.capex_node_usd),
  /** The network's price over the servers'. */
  networkFraction: ends(data.network_capex_fraction),
  source: data.source,
  asOf: (priceSources as Readonly<Record<string, { as_of?: string } | undefined>>)[data.source]?.as_of ?? "unknown",
} as const;

/** Machines are written off over four years: the longer end of the usual 36 to 48 months, kinder to owning them. */
export const defaultMonths = 48;

/** Machines that `serverUsd` is a price of. */
const pricedMachine = { gpus: 8, kind: "H100 SXM" };

const draws = Object.entries(data.gpu_tdp_w).map(([kind, watts]) => ({ kind, watts, words: kind.split(" ") }));

/** The design power of a GPU by its name, and which row of the data that is; undefined where there is none. */
export function gpuDraw(gpu: string): { kind: string; watts: number } | undefined {
  // Whole words: a GB200 is no B200, and an H100 NVL is no H100 SXM.
  const words = new Set(gpu.split(/\s+/));
  return draws.find(({ words: wanted }) => wanted.every((word) => words.has(word)));
}

/** Whether the price of a server is known. */
export function isPricedMachine(gpus: number, kind: string | undefined): boolean {
  return gpus === pricedMachine.gpus && kind === pricedMachine.kind;
}
