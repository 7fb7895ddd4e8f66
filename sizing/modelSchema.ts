import { z } from "zod";
import { models as shipped } from "./catalogue";
import type { Model } from "./model";
import { weightParts } from "./model";
import { precisions } from "./precision";

const shippedNames = new Set(shipped.map(({ id }) => id));
const count = z.number().int().min(1).max(1e15);
const countOrZero = z.number().int().min(0).max(1e15);
const text = z.string().min(1).max(4000);

const mixer = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.enum(["full", "window", "chunked"]),
    heads: count,
    kvHeads: count,
    headDim: count,
    valueHeadDim: count.optional(),
    window: count.optional(),
    readsEarlierCache: z.boolean().optional(),
    keyIsValue: z.boolean().optional(),
    outputGate: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal("latent"),
    heads: count,
    qLoraRank: countOrZero,
    kvLoraRank: count,
    qkNopeHeadDim: count,
    qkRopeHeadDim: countOrZero,
    vHeadDim: count,
    indexer: z.strictObject({ heads: count, headDim: count }).optional(),
  }),
  z.strictObject({ kind: z.literal("recurrent"), name: text, parameters: countOrZero, stateBytes: countOrZero }),
]);

const mlp = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("dense"), width: count, matrices: count }),
  z.strictObject({
    kind: z.literal("experts"),
    experts: count,
    expertsPerToken: count,
    width: count,
    matrices: count,
    sharedWidth: countOrZero,
    latentSize: count.optional(),
  }),
]);

const checkpoint = z.strictObject({
  id: text,
  precision: z.enum(precisions),
  repositories: z.array(text),
  keeps16Bit: z.array(z.enum(weightParts)).optional(),
  unquantizedLayers: count.optional(),
  groupSize: count.optional(),
  symmetric: z.boolean().optional(),
  quantizedHead: z.boolean().optional(),
  blockSize: count.optional(),
  loadedBytes: count.optional(),
  note: text.optional(),
});

/** A model as the models' files hold it, shipped or of the user's own. */
export const modelSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]*$/, "must be lower-case letters, digits, dots, hyphens and underscores")
      .regex(/(?<!\.json)$/, "must not end in .json, which would make it a path"),
    family: text,
    kind: z.enum(["dense", "moe"]),
    hiddenSize: count,
    vocabSize: count,
    tiedEmbeddings: z.boolean(),
    maxContext: count,
    layerTypes: z.record(z.string(), z.strictObject({ mixers: z.array(mixer), mlps: z.array(mlp) })),
    layout: z
      .array(z.strictObject({ repeat: count.max(10_000), layers: z.array(z.string()).min(1).max(10_000) }))
      .min(1),
    extras: z.array(z.strictObject({ name: text, parameters: countOrZero })).optional(),
    nativePrecision: text,
    checkpoints: z.array(checkpoint),
    aliases: z.array(text).optional(),
    source: text,
    publishedParametersB: z.number().positive().optional(),
    confidence: z.enum(["high", "medium", "low"]),
    notes: z.array(text).optional(),
    unmodelled: z.array(text).optional(),
  })
  .refine(
    ({ layerTypes, layout }) => layout.every(({ layers }) => layers.every((name) => Object.hasOwn(layerTypes, name))),
    {
      message: "names a layer type that layerTypes lacks",
      path: ["layout"],
    },
  )
  .refine(({ layout }) => layout.reduce((sum, { repeat, layers }) => sum + repeat * layers.length, 0) <= 10_000, {
    message: "has more than 10,000 layers",
    path: ["layout"],
  });

/** Compile-time: the schema and the interface say the same. */
const _same = (row: z.infer<typeof modelSchema>): Model => row;
void _same;

/** A file of the user's own models: what `llm-cluster models add` writes. */
export const modelsFileSchema = z.strictObject({
  models: z.array(modelSchema).superRefine((rows, context) => {
    for (const [index, { id }] of rows.entries()) {
      const message = shippedNames.has(id) ? "is the id of a catalogue model" : "is the id of another row too";
      if (shippedNames.has(id) || rows.findIndex((row) => row.id === id) < index)
        context.addIssue({ code: "custom", message, path: [index, "id"] });
    }
  }),
});
