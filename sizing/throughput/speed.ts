import measured from "../data/measurements.json";
import fitted from "../data/throughput.json";
import type { Constants } from "./closedForm";
import { Experience, type Measurement, type Similarity } from "./experience";

/** How much an estimate rests on. */
export const evidences = ["measured", "related", "extrapolated"] as const;
export type Evidence = (typeof evidences)[number];

/** How far estimates were off on rows that they had not seen, as shares of what was measured. */
export interface ErrorQuantiles {
  median: number;
  p90: number;
  /** The factor, up or down, within which nine of ten estimates were. */
  within: number;
}

export interface ExpectedError {
  timePerOutputToken: ErrorQuantiles;
  timeToFirstToken: ErrorQuantiles;
  throughput: ErrorQuantiles;
}

/** Everything that estimates are made with. */
export interface Speed {
  constants: Constants;
  similarity: Similarity;
  experience: Experience;
  /** By evidence, then by kind of model and architecture (`dense hopper`). */
  errors: Readonly<Record<Evidence, Readonly<Record<string, ExpectedError>>>>;
}

/** Concurrencies, half a doubling apart, at which times are computed; those between are interpolated, so that they never fall. */
export const grid: readonly number[] = Array.from({ length: 29 }, (_, index) => 2 ** (index / 2));

/** A row of measurements.json, as its `columns` name them. */
type Cell = string | number | boolean;

/** Measurements as the file keeps them: columns named once. */
export function readMeasurements({
  columns,
  rows,
}: {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
}) {
  return rows.map(
    (cells) => Object.fromEntries(columns.map((name, index) => [name, cells[index]])) as unknown as StoredMeasurement,
  );
}

/** A measurement with the weights that calibration gave it. */
export interface StoredMeasurement extends Measurement {
  perTokenWeight: number;
  firstTokenWeight: number;
}

let shipped: Speed | undefined;

/** The constants and measurements that ship with the package. */
export function shippedSpeed(): Speed {
  if (shipped) return shipped;
  const rows = readMeasurements(measured as unknown as Parameters<typeof readMeasurements>[0]);
  const { constants, similarity, errors } = fitted as unknown as Pick<Speed, "constants" | "similarity" | "errors">;
  const weights = {
    perToken: rows.map(({ perTokenWeight }) => perTokenWeight),
    firstToken: rows.map(({ firstTokenWeight }) => firstTokenWeight),
  };
  shipped = { constants, similarity, errors, experience: new Experience(rows, weights, similarity, grid) };
  return shipped;
}
