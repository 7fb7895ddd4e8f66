import { Recomputation } from "../decisionArgs";
import { type Layer, layersOf, type Model } from "../model";
import { stageSizes } from "../stages";
import { countLayer, countParameters, type LayerCounts } from "../weights";
import { type LayerActivations, layerActivations } from "./activations";
import { countAdapters } from "./adapters";
import { nf4Bytes } from "./quantization";
import type { Recipe, TrainingConfiguration } from "./recipe";

/** Parameters on one GPU, before states are sharded over data-parallel ranks: what tensor parallelism divides, and routed experts. */
export interface Held {
  dense: number;
  experts: number;
}

/** The layers, embedding and head of one pipeline stage, as one GPU of it holds them. */
export interface TrainingStage {
  index: number;
  /** Parameters of linear layers that NF4 may take. */
  linear: Held;
  /** Embedding, head, norms, routers, vision towers: kept in 16 bits. */
  rest: number;
  adapters: Held;
  /** The layer with the most parameters, which is gathered whole where weights are sharded. */
  largest: Held & { linear: number };
  /** Input embedding and output head on this stage, counted once where they are tied. */
  embeddings: number;
  hasHead: boolean;
  /** Of all layers of the stage kept, and of the largest worked on, bytes a token. */
  activations: Readonly<Record<Recomputation, LayerActivations>>;
}

/** Parameters of one layer, by what divides them. */
function heldOf(counts: LayerCounts): { dense: number; whole: number; experts: number; rest: number } {
  return {
    dense: counts.attention - counts.wholeAttention + counts.recurrent + counts.dense + counts.shared,
    // Latent attention's projections down: every tensor-parallel rank keeps them.
    whole: counts.wholeAttention,
    experts: counts.experts,
    rest: counts.norms + counts.routers,
  };
}

/** How many slices or ranks a routed expert's weights are over. */
export function expertWays({ tensorParallel, expertParallel }: TrainingConfiguration): number {
  return expertParallel > 1 ? expertParallel : tensorParallel;
}

/** Ranks over which the states of routed experts are sharded: those that hold the same ones. */
export function expertShards(config: TrainingConfiguration): number {
  const { tensorParallel, dataParallel, expertParallel } = config;
  return expertParallel > 1 ? (tensorParallel * dataParallel) / expertParallel : dataParallel;
}

// A plan compares hundreds of recipes over the same few ways to cut a model.
const known = new WeakMap<Model, Map<string, readonly TrainingStage[]>>();

/**
 * The pipeline stages of a training configuration that may hold the most: of several with the same layers the first, which
 * keeps the activations of the most micro-batches.
 */
export function partition(config: TrainingConfiguration): readonly TrainingStage[] {
  const { model, recipe, tensorParallel, pipelineParallel, expertParallel } = config;
  const ofModel = known.get(model) ?? new Map<string, readonly TrainingStage[]>();
  known.set(model, ofModel);
  const key = [tensorParallel, pipelineParallel, expertParallel, recipe.loraRank, recipe.loraTargets].join();
  const stages = ofModel.get(key) ?? firstOfEach(computeStages(config));
  ofModel.set(key, stages);
  return stages;
}

function firstOfEach(stages: readonly TrainingStage[]): TrainingStage[] {
  const seen = new Set<string>();
  return stages.filter(({ index: _, ...content }) => {
    const key = JSON.stringify(content);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function computeStages(config: TrainingConfiguration): TrainingStage[] {
  const { model, pipelineParallel } = config;
  let first = 0;
  return stageSizes(layersOf(model).length, pipelineParallel).map((size, index) => {
    const stage = stageOf(config, index, first, first + size);
    first += size;
    return stage;
  });
}

/** What the layers of a stage keep together, and what the largest of them works on. */
function stageActivations(layers: readonly Layer[], config: TrainingConfiguration, recomputation: Recomputation) {
  let [kept, working] = [0, 0];
  // Layers of one type are one object.
  for (const layer of new Set(layers)) {
    const activations = layerActivations(layer, config.model.hiddenSize, recomputation, config);
    kept += activations.kept * layers.filter((each) => each === layer).length;
    working = Math.max(working, activations.working);
  }
  return { kept, working };
}

function stageOf(config: TrainingConfiguration, index: number, first: number, end: number): TrainingStage {
  const { model, recipe, tensorParallel, pipelineParallel } = config;
  const [linear, adapters] = [
    { dense: 0, experts: 0 },
    { dense: 0, experts: 0 },
  ];
  let largest = { dense: 0, experts: 0, linear: 0 };
  let rest = 0;
  const ways = expertWays(config);
  const layers = layersOf(model).slice(first, end);
  for (const layer of layers) {
    const held = heldOf(countLayer(layer, model.hiddenSize));
    const added = countAdapters(layer, model.hiddenSize, recipe);
    const [dense, experts] = [held.dense / tensorParallel + held.whole, held.experts / ways];
    linear.dense += dense;
    linear.experts += experts;
    // Norms and routers are small, and whole on every rank.
    rest += held.rest;
    adapters.dense += added.dense / tensorParallel;
    adapters.experts += added.experts / ways;
    if (dense + experts > largest.dense + largest.experts)
      largest = { dense: dense + held.rest, experts, linear: dense };
  }
  const isLast = index === pipelineParallel - 1;
  const embedding = (model.vocabSize * model.hiddenSize) / tensorParallel;
  const isTwice = isLast && (index === 0 ? !model.tiedEmbeddings : true);
  const embeddings = (index === 0 ? embedding : 0) + (isTwice ? embedding : 0);
  const extras = index === 0 ? countParameters(model).extras / tensorParallel : 0;
  const norm = isLast ? model.hiddenSize : 0;
  return {
    index,
    linear,
    rest: rest + embeddings + extras + norm,
    adapters,
    largest,
    embeddings,
    hasHead: isLast,
    activations: {
      none: stageActivations(layers, config, Recomputation.none),
      selective: stageActivations(layers, config, Recomputation.selective),
      full: stageActivations(layers, config, Recomputation.full),
    },
  };
}

/** Parameters that are trained: all of them, or those of the adapters. */
export function countTrained(model: Model, recipe: Recipe): number {
  if (recipe.method === "full") return countParameters(model).total;
  return countAllAdapters(model, recipe);
}

const adapterTotals = new WeakMap<Model, Map<string, number>>();

/** Parameters of every adapter of a model. */
export function countAllAdapters(model: Model, recipe: Pick<Recipe, "loraRank" | "loraTargets">): number {
  const ofModel = adapterTotals.get(model) ?? new Map<string, number>();
  adapterTotals.set(model, ofModel);
  const key = `${recipe.loraRank} ${recipe.loraTargets}`;
  const total =
    ofModel.get(key) ??
    layersOf(model).reduce((sum, layer) => {
      const { dense, experts } = countAdapters(layer, model.hiddenSize, recipe);
      return sum + dense + experts;
    }, 0);
  ofModel.set(key, total);
  return total;
}

/** One copy of what is not trained, bytes. */
export function frozenBytes({ model, recipe }: Pick<TrainingConfiguration, "model" | "recipe">): number {
  if (recipe.method === "full") return 0;
  const { total, embeddings, norms, routers, extras } = countParameters(model);
  if (recipe.method === "lora") return 2 * total;
  const rest = embeddings + norms + routers + extras;
  return nf4Bytes(recipe) * (total - rest) + 2 * rest;
}
