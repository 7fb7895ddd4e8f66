import { z } from "zod";
import { Logits, LoraTargets, Offload, Optimizer, Recomputation, Sharding, StateFormat } from "../decisionArgs";

const tokens = z.number().int().min(1).max(100_000_000);
// Fifty times what the largest published runs took.
const mostTokens = 1e15;

/** Shape of `training`: types, ranges and closed sets. Rules between its fields stand in rules.ts. */
export const trainingShape = {
  sequenceLength: tokens.optional(),
  microBatchSize: z.number().int().min(1).max(4096).optional(),
  sharding: z.enum(Sharding).optional(),
  recomputation: z.enum(Recomputation).optional(),
  optimizer: z.enum(Optimizer).optional(),
  states: z.enum(StateFormat).optional(),
  logits: z.enum(Logits).optional(),
  offload: z.enum(Offload).optional(),
  loraRank: z.number().int().min(1).max(4096).optional(),
  loraTargets: z.enum(LoraTargets).optional(),
  doubleQuantization: z.boolean().optional(),
  modelFlopsUtilization: z.number().min(0.01).max(0.9).optional(),
};

/** `training` of a decision: also how much of it. */
export const trainingSchema = z.strictObject({
  ...trainingShape,
  tokens: z.number().int().min(1).max(mostTokens).optional(),
});
