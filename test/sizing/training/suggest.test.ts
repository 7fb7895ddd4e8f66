import * as fc from "fast-check";
import { findMachine, models } from "../../../sizing/catalogue";
import type { DecisionArgs } from "../../../sizing/decisionArgs";
import { judgeTrainingFit } from "../../../sizing/training/fit";
import { runs } from "../../support/runs";
import { gpusOf, planOn, sizeOf } from "../../support/trainingPlans";

const someQuestion = fc.record({
  model: fc.constantFrom(...models.map(({ id }) => id)),
  workload: fc.constantFrom("full", "lora", "qlora") as fc.Arbitrary<"full" | "lora" | "qlora">,
  machine: fc.constantFrom("p5.48xlarge", "p5en.48xlarge", "p6-b200.48xlarge", "p5.4xlarge"),
  sequenceLength: fc.integer({ min: 512, max: 4096 }),
});

describe("whatever is asked", () => {
  test("the plan's GPUs are its machines', its verdict is that of its configuration, and fewer machines do not do", () => {
    fc.assert(
      fc.property(someQuestion, ({ model, workload, machine, sequenceLength }) => {
        const plan = planOn(machine, { model, workload, training: { sequenceLength } });
        const row = findMachine(machine);
        expect(gpusOf(plan)).toBe(plan.nodes * (row?.gpus ?? 0));
        const { training, tensorParallel, pipelineParallel, dataParallel, expertParallel } = plan;
        const { microBatchSize, sharding, recomputation, states, logits } = training;
        const judged = judgeTrainingFit({
          ...{
            model,
            workload,
            gpu: row?.gpu,
            sequenceLength,
            microBatchSize,
            sharding,
            recomputation,
            states,
            logits,
          },
          ...{ tensorParallel, pipelineParallel, dataParallel, expertParallel },
        });
        expect(judged.verdict).toBe(plan.verdict);
        expect(judged.memory).toEqual(plan.memory);
        if (plan.verdict !== "fits" || plan.nodes === 1) return;
        const fewer = planOn(machine, {
          model,
          workload,
          training: { sequenceLength },
          overrides: { nodes: plan.nodes - 1 },
        });
        expect(fewer.verdict !== "fits" || fewer.interconnect.verdict !== "fit").toBe(true);
      }),
      runs(60),
    );
  });

  test("what a plan says would make it fit does, by the options of size", () => {
    let suggested = 0;
    const pathOf = (flag: string) => (flag === "nodes" ? "overrides" : flag === "workload" ? undefined : "training");
    fc.assert(
      fc.property(someQuestion, fc.boolean(), ({ model, workload, machine, sequenceLength }, isContext) => {
        const length = isContext ? { contextLength: sequenceLength } : { training: { sequenceLength } };
        const asked = { model, workload, machine, ...length, overrides: { nodes: 1 } };
        const words = sizeOf(asked).plan.warnings.find((warning) => warning.startsWith("it would fit with "));
        for (const option of words?.slice("it would fit with ".length).split(", or with ") ?? []) {
          suggested++;
          const [, flag = "", value = ""] = /^--([a-z-]+) (\S+)$/.exec(option) ?? [];
          const key = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
          const given = /^\d+$/.test(value) ? Number(value) : value;
          const where = pathOf(flag);
          const changed = where
            ? { ...asked, [where]: { ...(asked as DecisionArgs)[where as "training"], [key]: given } }
            : { ...asked, [key]: given };
          expect(`${option}: ${sizeOf(changed as DecisionArgs).plan.verdict}`).toBe(`${option}: fits`);
        }
      }),
      runs(40),
    );
    expect(suggested).toBeGreaterThan(0);
  });

  test("what a suggestion says makes it fit does", () => {
    let suggested = 0;
    fc.assert(
      fc.property(someQuestion, fc.constantFrom(1, 4, 8, 16), fc.boolean(), (question, gpus, isNamed) => {
        const { model, workload, machine, sequenceLength } = question;
        const ranks = isNamed ? { dataParallel: gpus } : {};
        // The context's length stands for the sequence's.
        const length = isNamed ? { contextLength: sequenceLength } : { sequenceLength };
        const request = { model, workload, gpu: findMachine(machine)?.gpu, gpus, ...ranks, ...length };
        const { warnings } = judgeTrainingFit(request);
        const words = warnings.find((warning) => warning.startsWith("it would fit with "));
        for (const options of words?.slice("it would fit with ".length).split(", or with ") ?? []) {
          suggested++;
          const parts = [...options.matchAll(/--([a-z-]+) (\S+)/g)].map(([, flag = "", value = ""]) => {
            const key = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
            return [key, /^\d+$/.test(value) ? Number(value) : value];
          });
          expect(parts.length).toBeGreaterThan(0);
          expect(`${options}: ${judgeTrainingFit({ ...request, ...Object.fromEntries(parts) }).verdict}`).toBe(
            `${options}: fits`,
          );
        }
      }),
      runs(60),
    );
    expect(suggested).toBeGreaterThan(0);
  });
});
