import * as fc from "fast-check";
import { gpus, models } from "../../../sizing/catalogue";
import { Logits, Offload, Optimizer, Recomputation, Sharding, StateFormat } from "../../../sizing/decisionArgs";
import { layersOf } from "../../../sizing/model";
import { findCheckpoint } from "../../../sizing/modelNames";
import { checkTensorParallel } from "../../../sizing/parallelism";
import { layerActivations } from "../../../sizing/training/activations";
import { judgeTraining, type TrainingMemoryBudget } from "../../../sizing/training/memory";
import { countAllAdapters, countTrained } from "../../../sizing/training/partition";
import { nf4Bytes } from "../../../sizing/training/quantization";
import { type Recipe, settle, type TrainingConfiguration } from "../../../sizing/training/recipe";
import { bytesOfParameter, shardedStates } from "../../../sizing/training/states";
import { modelOf } from "../../support/models";
import { runs } from "../../support/runs";

const GiB = 2 ** 30;
const recipe = (changes: Partial<Recipe> = {}): Recipe => ({
  ...settle("full", {}, Sharding.fsdp, 131_072),
  ...changes,
});
const sum = ({ weights, gradients, optimizer }: ReturnType<typeof bytesOfParameter>) => weights + gradients + optimizer;

describe("states", () => {
  test.each([
    [StateFormat.mixed, Optimizer.adamw, 16],
    [StateFormat.mixed32, Optimizer.adamw, 18],
    [StateFormat.bf16, Optimizer.adamw, 8],
    [StateFormat.mixed, Optimizer.adamw8bit, 10],
    [StateFormat.bf16, Optimizer.adamw8bit, 6],
  ])("%s with %s are %d bytes a parameter", (states, optimizer, bytes) => {
    expect(sum(bytesOfParameter({ states, optimizer }))).toBe(bytes);
  });

  test("of 405B with AdamW in mixed precision are 6.5 TB at 16 bytes and 7.3 at 18", () => {
    const parameters = countTrained(modelOf("llama-3.1-405b"), recipe());
    expect((16 * parameters) / 1e12).toBeCloseTo(6.494, 3);
    expect((18 * parameters) / 1e12).toBeCloseTo(7.305, 3);
  });

  // microsoft/DeepSpeed, docs/code-docs/source/memory.rst: its own calculator on 2,851M parameters, 32M in the largest layer.
  test.each([
    [Sharding.zero2, Offload.none, 0, 15.93],
    [Sharding.zero2, Offload.optimizer, 0, 5.31],
    [Sharding.zero3, Offload.optimizer, 32e6, 0.79],
    [Sharding.zero3, Offload.parameters, 32e6, 0.12],
  ])("%s with %s offloaded are what DeepSpeed's calculator says", (sharding, offload, largest, vendorGiB) => {
    const held = shardedStates(2_851e6, 8, recipe({ sharding, offload, states: StateFormat.mixed32 }));
    // While gradients are sent to the host they are there whole, as the calculator has it in its 2 bytes of weights.
    expect((sum(held) + 4 * largest) / GiB).toBeCloseTo(vendorGiB, 1);
  });

  test("of Megatron's distributed optimizer are 6 bytes and 12 over the ranks", () => {
    const held = shardedStates(1e9, 8, recipe({ sharding: Sharding.megatron, states: StateFormat.mixed32 }));
    expect(sum(held)).toBe(6e9 + 12e9 / 8);
  });

  test("double quantisation takes 0.127 bits a weight for its scales, single half a bit", () => {
    expect(8 * nf4Bytes({ doubleQuantization: true }) - 4).toBeCloseTo(0.127, 3);
    expect(8 * nf4Bytes({ doubleQuantization: false }) - 4).toBeCloseTo(0.5, 6);
  });

  test("adapters are rank x (in + out) beside each targeted layer", () => {
    const model = modelOf("llama-3.1-8b");
    const [h, kv, f, layers] = [4096, 1024, 14_336, 32];
    const attention = layers * (2 * (h + h) + 2 * (h + kv));
    expect(countAllAdapters(model, { loraRank: 8, loraTargets: "attention" })).toBe(8 * attention);
    expect(countAllAdapters(model, { loraRank: 16, loraTargets: "all" })).toBe(16 * (attention + layers * 3 * (h + f)));
  });

  test("adapters of a mixture leave routed experts out unless they are asked for", () => {
    const model = modelOf("deepseek-v3");
    const all = countAllAdapters(model, { loraRank: 16, loraTargets: "all" });
    const experts = countAllAdapters(model, { loraRank: 16, loraTargets: "experts" });
    // 58 layers of 256 experts, three matrices of 7168 and 2048 each.
    expect(experts - all).toBe(16 * 58 * 256 * 3 * (7168 + 2048));
  });
});

describe("activations", () => {
  const layer = (id: string) => layersOf(modelOf(id))[0] as ReturnType<typeof layersOf>[number];
  const alone = { tensorParallel: 1, expertParallel: 1 };

  test("of a Llama layer are the paper's 34 bytes x hidden size, and 2 where the layer is recomputed", () => {
    const of = (recomputation: Recomputation) =>
      layerActivations(layer("llama-3.1-8b"), 4096, recomputation, alone).kept / 4096;
    expect(of(Recomputation.none)).toBeCloseTo(34, 1);
    expect(of(Recomputation.full)).toBe(2);
    expect(of(Recomputation.selective)).toBeGreaterThan(14);
    expect(of(Recomputation.selective)).toBeLessThan(20);
  });

  test("are divided by tensor parallelism, which goes with sequence parallelism", () => {
    for (const recomputation of Object.values(Recomputation)) {
      const whole = layerActivations(layer("llama-3.1-70b"), 8192, recomputation, alone);
      const cut = layerActivations(layer("llama-3.1-70b"), 8192, recomputation, { ...alone, tensorParallel: 8 });
      expect(cut.kept).toBeCloseTo(whole.kept / 8, 6);
      expect(cut.working).toBeCloseTo(whole.working / 8, 6);
    }
  });
});

const someConfiguration: fc.Arbitrary<TrainingConfiguration> = fc
  .record({
    model: fc.constantFrom(...models),
    gpu: fc.constantFrom(...gpus),
    method: fc.constantFrom("full", "lora", "qlora") as fc.Arbitrary<"full" | "lora" | "qlora">,
    sharding: fc.constantFrom(...Object.values(Sharding)),
    recomputation: fc.constantFrom(...Object.values(Recomputation)),
    optimizer: fc.constantFrom(...Object.values(Optimizer)),
    states: fc.constantFrom(...Object.values(StateFormat)),
    logits: fc.constantFrom(...Object.values(Logits)),
    offload: fc.constantFrom(...Object.values(Offload)),
    sequenceLength: fc.integer({ min: 1, max: 131_072 }),
    microBatchSize: fc.integer({ min: 1, max: 16 }),
    loraRank: fc.integer({ min: 1, max: 256 }),
    tensorParallel: fc.constantFrom(1, 2, 4, 8),
    pipelineParallel: fc.constantFrom(1, 1, 2, 4),
    dataParallel: fc.integer({ min: 1, max: 64 }),
  })
  .map(({ model, gpu, method, tensorParallel, pipelineParallel, dataParallel, ...given }) => {
    const { sharding, ...rest } = given;
    const isCut = method !== "qlora";
    const layout = isCut ? { tensorParallel, pipelineParallel } : { tensorParallel: 1, pipelineParallel: 1 };
    return {
      ...{ model, gpu, ...layout, dataParallel, expertParallel: 1 },
      recipe: settle(method, rest, sharding, model.maxContext),
    };
  })
  .filter(({ model, tensorParallel }) => {
    const bf16 = findCheckpoint(model, "bf16");
    return bf16 !== undefined && !checkTensorParallel(model, bf16, tensorParallel, false);
  });

describe("whatever is trained", () => {
  const peak = (config: TrainingConfiguration) => judgeTraining(config).memory.peakGiB;
  const changed = (config: TrainingConfiguration, changes: Partial<Recipe>) => ({
    ...config,
    recipe: { ...config.recipe, ...changes },
  });
  const noMore = (config: TrainingConfiguration, than: TrainingConfiguration) =>
    expect(peak(config)).toBeLessThanOrEqual(peak(than) + 0.002);

  test("the parts are the peak, none is below zero, and the verdict is what they say", () => {
    fc.assert(
      fc.property(someConfiguration, (config) => {
        const { memory, verdict } = judgeTraining(config);
        const parts: (keyof TrainingMemoryBudget)[] = [
          ...(["weightsGiB", "gradientsGiB", "optimizerGiB"] as const),
          ...(["gatheredGiB", "activationsGiB", "logitsGiB"] as const),
        ];
        const total = parts.reduce((all, part) => all + memory[part], 0);
        expect(Math.abs(total - memory.peakGiB)).toBeLessThan(0.01);
        for (const value of Object.values(memory)) expect(value).toBeGreaterThanOrEqual(0);
        const spare = memory.capacityGiB - memory.nonTorchGiB - memory.peakGiB;
        expect(verdict === "no").toBe(spare < -0.0005 || memory.shortGiB > 0);
        if (verdict === "fits") expect(memory.peakGiB).toBeLessThanOrEqual(0.75 * memory.capacityGiB + 0.001);
      }),
      runs(500),
    );
  });

  test("more ranks, shorter sequences, smaller micro-batches and lower ranks never take more", () => {
    fc.assert(
      fc.property(someConfiguration, (config) => {
        const { dataParallel } = config;
        const { sequenceLength, microBatchSize, loraRank } = config.recipe;
        // A first rank to share with brings gathering, which a rank alone has not.
        if (dataParallel > 1) noMore({ ...config, dataParallel: dataParallel + 1 }, config);
        noMore(changed(config, { sequenceLength: Math.ceil(sequenceLength / 2) }), config);
        noMore(changed(config, { microBatchSize: Math.ceil(microBatchSize / 2) }), config);
        noMore(changed(config, { loraRank: Math.ceil(loraRank / 2) }), config);
      }),
      runs(500),
    );
  });

  test("each way to save memory saves it, and each ZeRO stage holds no more states than the one before", () => {
    const states = (config: TrainingConfiguration) => {
      const { weightsGiB, gradientsGiB, optimizerGiB } = judgeTraining(config).memory;
      return weightsGiB + gradientsGiB + optimizerGiB;
    };
    fc.assert(
      fc.property(someConfiguration, (config) => {
        noMore(changed(config, { optimizer: Optimizer.adamw8bit }), config);
        noMore(changed(config, { states: StateFormat.mixed }), changed(config, { states: StateFormat.mixed32 }));
        noMore(changed(config, { states: StateFormat.bf16 }), changed(config, { states: StateFormat.mixed }));
        noMore(changed(config, { logits: Logits.fused }), changed(config, { logits: Logits.whole }));
        noMore(changed(config, { logits: Logits.chunked }), changed(config, { logits: Logits.fused }));
        noMore(changed(config, { offload: Offload.optimizer }), changed(config, { offload: Offload.none }));
        const [none, selective, full] = [Recomputation.none, Recomputation.selective, Recomputation.full].map(
          (recomputation) => changed(config, { recomputation }),
        ) as [TrainingConfiguration, TrainingConfiguration, TrainingConfiguration];
        noMore(selective, none);
        noMore(full, none);
        if (config.dataParallel < 2) return;
        const stages = [Sharding.none, Sharding.zero1, Sharding.zero2, Sharding.zero3].map((sharding) =>
          states(changed(config, { sharding })),
        );
        for (let index = 1; index < stages.length; index++)
          expect(stages[index]).toBeLessThanOrEqual((stages[index - 1] as number) + 0.002);
      }),
      runs(500),
    );
  });

  test("QLoRA takes less than LoRA, and LoRA less than full training, all else equal", () => {
    fc.assert(
      fc.property(someConfiguration, ({ recipe: given, ...config }) => {
        const layout = { tensorParallel: 1, pipelineParallel: 1 };
        // Ranks that share gather other parts in recipes of fine-tuning than in those of full training.
        const alone = { ...layout, dataParallel: 1 };
        const of = (method: Recipe["method"]) => ({ ...config, ...alone, recipe: { ...given, method, loraRank: 8 } });
        // With its states on the host, full training keeps no more on the GPU than what LoRA freezes.
        fc.pre(given.offload === Offload.none);
        noMore(of("lora"), of("full"));
        const { weightsGiB: quantised } = judgeTraining(of("qlora")).memory;
        expect(quantised).toBeLessThan(judgeTraining(of("lora")).memory.weightsGiB);
      }),
      runs(300),
    );
  });
});
