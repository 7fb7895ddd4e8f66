import { layersOf, type Model } from "../model";
import { countParameters } from "../weights";
import type { Engine } from "./engines";
import type { Work } from "./work";

/** What was run: everything but the load. */
export interface Setting {
  /** Models of one shape share measurements, whatever they are called. */
  shape: string;
  gpu: string;
  architecture: string;
  engine: Engine;
  precision: string;
  isSpread: boolean;
}

/** One published measurement. */
export interface Measurement extends Setting {
  id: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  concurrency: number;
  tensorParallel: number;
  firstTokenMs: number;
  perTokenMs: number;
}

/** What makes two measurements alike; data/throughput.json holds it. Distances are added squared. */
export interface Similarity {
  /** So many doublings apart are a distance of 1. */
  doublings: { concurrency: number; inputTokens: number; outputTokens: number; tensorParallel: number };
  /** Squared distance of what differs in kind. */
  otherwise: { engine: number; gpu: number; architecture: number; precision: number; isSpread: number };
  perToken: Spread;
  firstToken: Spread;
}

/** How far the closed form may be off, as logarithms of a factor: from load to load, for a whole setting, and by chance. */
interface Spread {
  near: number;
  setting: number;
  noise: number;
}

/** What is asked of the measurements. */
export interface Query extends Setting {
  inputTokens: number;
  outputTokens: number;
  tensorParallel: number;
}

/** Logarithms of the factors on the closed form, one for each of the grid's concurrencies. */
export interface Corrections {
  perToken: number[];
  firstToken: number[];
}

/** A measurement near what is asked. */
export interface Neighbour {
  measurement: Measurement;
  /** 0: the same load and setting; what is 1, data/throughput.json says (`similarity`). */
  distance: number;
}

const shapes = new WeakMap<Model, string>();

/** Width, depth and size: what two models must share for one's speed to be the other's. */
export function shapeOf(model: Model): string {
  const known = shapes.get(model);
  if (known) return known;
  const { total, embeddings, extras } = countParameters(model);
  const shape = `${model.hiddenSize} x ${layersOf(model).length}, ${((total - embeddings - extras) / 1e9).toPrecision(3)}B`;
  shapes.set(model, shape);
  return shape;
}

export function settingOf(model: Model, gpu: string, work: Work): Setting {
  const { architecture, engine, precision, isSpread } = work;
  return { shape: shapeOf(model), gpu, architecture, engine, precision, isSpread };
}

/** Squared distance of two settings of one shape; infinite between shapes. */
export function settingDistance(left: Setting, right: Setting, { otherwise }: Similarity): number {
  if (left.shape !== right.shape) return Number.POSITIVE_INFINITY;
  return (
    (left.engine === right.engine ? 0 : otherwise.engine) +
    (left.gpu === right.gpu ? 0 : otherwise.gpu) +
    (left.architecture === right.architecture ? 0 : otherwise.architecture) +
    (left.precision === right.precision ? 0 : otherwise.precision) +
    (left.isSpread === right.isSpread ? 0 : otherwise.isSpread)
  );
}

type Loaded = Pick<Measurement, "inputTokens" | "outputTokens" | "tensorParallel">;

/** Squared distance of two loads, concurrency left out. */
function loadDistance(left: Loaded, right: Loaded, { doublings }: Similarity): number {
  return (
    squaredDoublings(left.inputTokens / right.inputTokens, doublings.inputTokens) +
    squaredDoublings(left.outputTokens / right.outputTokens, doublings.outputTokens) +
    squaredDoublings(left.tensorParallel / right.tensorParallel, doublings.tensorParallel)
  );
}

function squaredDoublings(ratio: number, unit: number): number {
  return (Math.log2(ratio) / unit) ** 2;
}

/** How much two measurements say about each other's distance from the closed form. */
export function covariance(left: Measurement, right: Measurement, spread: Spread, similarity: Similarity): number {
  const setting = settingDistance(left, right, similarity);
  const load =
    loadDistance(left, right, similarity) +
    squaredDoublings(left.concurrency / right.concurrency, similarity.doublings.concurrency);
  return Math.exp(-setting / 2) * (spread.setting ** 2 + spread.near ** 2 * Math.exp(-load / 2));
}

/** A measurement with its weights: what it adds to the corrections of others. */
interface Weighed {
  measurement: Measurement;
  perToken: number;
  firstToken: number;
  /** Its likeness to each of the grid's concurrencies, as a factor. */
  likeness: readonly number[];
}

const mostRemembered = 500;

/**
 * Published measurements, and how they correct the closed form: a Gaussian process over the logarithms of what was
 * measured by what the form says, whose weights `npm run calibrate` has computed. Measurements speak for models of
 * their own shape only: sharing them between shapes made models that were left out worse (docs/accuracy.md).
 */
export class Experience {
  private readonly byShape = new Map<string, Weighed[]>();
  private readonly covered = { gpus: new Set<string>(), inputTokens: 0, outputTokens: 0, tensorParallel: 0 };
  // Plans ask for the same split with one stage, two, three, and on machines of several clouds.
  private readonly corrected = new Map<string, Corrections>();

  /**
   * @param weights one for each measurement
   * @param grid the concurrencies that corrections are asked for
   */
  constructor(
    measurements: readonly Measurement[],
    weights: Readonly<Record<keyof Corrections, readonly number[]>>,
    private readonly similarity: Similarity,
    private readonly grid: readonly number[],
  ) {
    measurements.forEach((measurement, index) => {
      this.covered.gpus.add(measurement.gpu);
      for (const figure of ["inputTokens", "outputTokens", "tensorParallel"] as const)
        this.covered[figure] = Math.max(this.covered[figure], measurement[figure]);
      const likeness = grid.map((live) =>
        Math.exp(-squaredDoublings(live / measurement.concurrency, similarity.doublings.concurrency) / 2),
      );
      const weighed = {
        measurement,
        perToken: weights.perToken[index] ?? 0,
        firstToken: weights.firstToken[index] ?? 0,
        likeness,
      };
      const known = this.byShape.get(measurement.shape);
      if (known) known.push(weighed);
      else this.byShape.set(measurement.shape, [weighed]);
    });
  }

  /** Corrections at each concurrency of the grid; undefined where nothing of the shape was measured. */
  correct(query: Query): Corrections | undefined {
    const rows = this.byShape.get(query.shape);
    if (!rows) return undefined;
    const key = Object.values(query).join();
    const known = this.corrected.get(key) ?? this.sum(rows, query);
    if (this.corrected.size >= mostRemembered) this.corrected.clear();
    this.corrected.set(key, known);
    return known;
  }

  private sum(rows: readonly Weighed[], query: Query): Corrections {
    const { perToken: perTokenSpread, firstToken: firstTokenSpread } = this.similarity;
    const size = this.grid.length;
    const perToken = new Array<number>(size).fill(0);
    const firstToken = new Array<number>(size).fill(0);
    let perTokenSetting = 0;
    let firstTokenSetting = 0;
    for (const { measurement, perToken: weight, firstToken: firstWeight, likeness } of rows) {
      const alike = Math.exp(-settingDistance(query, measurement, this.similarity) / 2);
      const near = alike * Math.exp(-loadDistance(query, measurement, this.similarity) / 2);
      perTokenSetting += weight * alike * perTokenSpread.setting ** 2;
      firstTokenSetting += firstWeight * alike * firstTokenSpread.setting ** 2;
      const perTokenNear = weight * near * perTokenSpread.near ** 2;
      const firstTokenNear = firstWeight * near * firstTokenSpread.near ** 2;
      for (let index = 0; index < size; index++) {
        const like = likeness[index] as number;
        perToken[index] = (perToken[index] as number) + perTokenNear * like;
        firstToken[index] = (firstToken[index] as number) + firstTokenNear * like;
      }
    }
    return {
      perToken: perToken.map((value) => value + perTokenSetting),
      firstToken: firstToken.map((value) => value + firstTokenSetting),
    };
  }

  /** What of a question nothing was measured of, whatever the model; undefined when it lies among what was measured. */
  uncovered({ gpu, inputTokens, outputTokens, tensorParallel }: Query): string | undefined {
    if (!this.covered.gpus.has(gpu)) return "on this GPU";
    if (tensorParallel > this.covered.tensorParallel)
      return `of layers over more than ${this.covered.tensorParallel} GPUs`;
    if (inputTokens > this.covered.inputTokens) return `of prompts above ${this.covered.inputTokens} tokens`;
    if (outputTokens > this.covered.outputTokens) return `of answers above ${this.covered.outputTokens} tokens`;
    return undefined;
  }

  /** Distance of the nearest measurement of the same setting; infinite when the shape was measured otherwise, undefined when it was not. */
  nearestDistance(query: Query, live: number): number | undefined {
    const rows = this.byShape.get(query.shape);
    if (!rows) return undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const { measurement } of rows) {
      if (settingDistance(query, measurement, this.similarity) > 0) continue;
      const squared = this.squaredDistance(query, measurement, live);
      if (squared < least) least = squared;
    }
    return Math.sqrt(least);
  }

  private squaredDistance(query: Query, measurement: Measurement, live: number): number {
    return (
      settingDistance(query, measurement, this.similarity) +
      loadDistance(query, measurement, this.similarity) +
      squaredDoublings(live / measurement.concurrency, this.similarity.doublings.concurrency)
    );
  }

  /** The measurements of the model's shape that are nearest to what is asked, nearest first. */
  nearest(query: Query, live: number, count: number): Neighbour[] {
    const rows = this.byShape.get(query.shape) ?? [];
    const neighbours = rows.map(({ measurement }) => ({
      measurement,
      distance: Math.sqrt(this.squaredDistance(query, measurement, live)),
    }));
    return neighbours
      .sort(
        (left, right) =>
          left.distance - right.distance || left.measurement.id.localeCompare(right.measurement.id, "en"),
      )
      .slice(0, count);
  }
}
