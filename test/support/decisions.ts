import * as fc from "fast-check";
import { machines, models } from "../../sizing/catalogue";
import type { DecisionArgs } from "../../sizing/decisionArgs";

/** Decisions that pass the rules: any catalogue model, at any load, on any machine of any cloud or on whichever is best. */
export const someDecision: fc.Arbitrary<DecisionArgs> = fc
  .record({
    model: fc.constantFrom(...models),
    precision: fc.constantFrom("bf16", "fp8", "int4", "nvfp4"),
    share: fc.double({ min: 0.001, max: 1, noNaN: true }),
    average: fc.option(fc.double({ min: 0.05, max: 1, noNaN: true }), { nil: undefined }),
    concurrency: fc.integer({ min: 1, max: 500 }),
    kvCacheDtype: fc.constantFrom("auto", "bf16", "fp8") as fc.Arbitrary<"auto" | "bf16" | "fp8">,
    machine: fc.option(fc.constantFrom(...machines), { nil: undefined }),
    region: fc.constantFrom("us-east-1", "us-west-2"),
  })
  .map(({ model, share, average, machine, region, ...rest }) => {
    const contextLength = Math.max(1, Math.floor(model.maxContext * share));
    const averageTokens = average === undefined ? undefined : Math.max(1, Math.floor(contextLength * average));
    // A region is one cloud's.
    const place = machine === undefined || machine.cloud === "aws" ? { region } : {};
    return { ...rest, ...place, machine: machine?.id, model: model.id, contextLength, averageTokens };
  });
