import * as fc from "fast-check";
import { pricedClouds } from "../../../pricing/clouds";
import type { Amounts } from "../../../pricing/diff/diffStack";
import { type CostReport, reportCosts } from "../../../pricing/diff/report";
import { estimateCost } from "../../../pricing/estimate";
import type { CostLine } from "../../../pricing/lines";
import type { PriceBook } from "../../../pricing/priceBook";
import { unknownValue } from "../../../pricing/records";
import { shippedPrices } from "../../../pricing/snapshot";
import { runs } from "../../support/runs";
import { type Preview, read, recorded, type State } from "./documents";
import {
  added,
  counted,
  dependentKinds,
  kinds,
  somePreview,
  swapped,
  template,
  toStep,
  withoutSames,
} from "./previews";

// What holds of any change of any stack, whatever it costs.

const diffOf = (preview: Preview, prices?: PriceBook): CostReport => reportCosts([read(preview)], { prices });

const textOf = ({ monthlyUsd, usageMonthlyUsd, oneOffUsd }: Amounts) =>
  [monthlyUsd, usageMonthlyUsd, oneOffUsd].map((amount) => amount.toFixed());

const negated = (amounts: Amounts) =>
  [amounts.monthlyUsd, amounts.usageMonthlyUsd, amounts.oneOffUsd].map((amount) =>
    amount.times(-1).toFixed().replace(/^-0$/, "0"),
  );

const show = (line: CostLine | undefined) =>
  line && [line.component, line.state, line.monthlyUsd?.toFixed(), line.oneOffUsd?.toFixed()];

/** Every changed component, whatever the order. */
const changedLines = ({ stacks }: CostReport) =>
  stacks
    .flatMap(({ resources }) => resources)
    .flatMap(({ urn, op, lines }) =>
      lines.map((line) =>
        JSON.stringify([urn, op, line.key, line.label, show(line.before), show(line.after), line.unknown]),
      ),
    )
    .sort();

const facts = (report: CostReport) => ({
  delta: textOf(report.delta),
  lines: changedLines(report),
  differenceComplete: report.differenceComplete,
});

test("the previews that laws are held on have a resource of every kind that is priced", () => {
  const priced = pricedClouds.flatMap(({ pricers }) => Object.keys(pricers));
  expect([...Object.keys(kinds), ...Object.keys(dependentKinds)]).toEqual(expect.arrayContaining(priced));
});

test("without its unchanged resources, a preview has the same difference and the same changed lines", () => {
  fc.assert(
    fc.property(somePreview, (preview) => {
      const whole = diffOf(preview);
      const part = diffOf(withoutSames(preview));
      expect(facts(part)).toEqual(facts(whole));
      expect(part.wholeStacks).toBe(preview.steps.every(({ op, urn }) => op !== "same" || urn.includes("Stack::")));
    }),
    runs(100),
  );
});

test.each(["dev.preview-more-nodes", "dev.preview-other-machine", "dev.preview-other-model"])(
  "%s: what the engine itself leaves out makes no difference",
  (name) => {
    const whole = diffOf(recorded(`engine/${name}.json`));
    const part = diffOf(recorded(`engine/${name}.plain.json`));
    expect(facts(part)).toEqual(facts(whole));
    expect([whole.wholeStacks, part.wholeStacks]).toEqual([true, false]);
  },
);

test("where a left-out resource would tell the price of a changed one, the difference is the same or said to be open", () => {
  fc.assert(
    fc.property(fc.array(added(Object.keys(dependentKinds)), { minLength: 1, maxLength: 3 }), (more) => {
      const base = recorded<Preview>("engine/dev.preview-same.json");
      const preview = counted({ ...base, steps: [...base.steps, template, ...more.map(toStep)] });
      const whole = diffOf(preview);
      const part = diffOf(withoutSames(preview));
      expect(whole.differenceComplete).toBe(true);
      if (part.differenceComplete) expect(facts(part)).toEqual(facts(whole));
    }),
    runs(50),
  );
});

test("the way back is the same difference with the other sign", () => {
  fc.assert(
    fc.property(somePreview, (preview) => {
      const forth = diffOf(preview);
      const back = diffOf(swapped(preview));
      // What is paid upfront has no way back: it is to be paid, or was.
      expect(textOf(back.delta).slice(0, 2)).toEqual(negated(forth.delta).slice(0, 2));
      for (const { delta } of [forth, back]) expect(delta.oneOffUsd.gte(0)).toBe(true);
      expect([textOf(back.before), textOf(back.after)]).toEqual([textOf(forth.after), textOf(forth.before)]);
      expect(back.differenceComplete).toBe(forth.differenceComplete);
    }),
    runs(100),
  );
});

test("the resources' differences add up to what the whole stack costs more, where all of it is known", () => {
  fc.assert(
    fc.property(somePreview, (preview) => {
      const { before, after, delta, stacks, differenceComplete } = diffOf(preview);
      const resources = stacks.flatMap((stack) => stack.resources);
      for (const column of ["monthlyUsd", "usageMonthlyUsd"] as const) {
        const more = after[column].minus(before[column]);
        const added = resources.reduce((total, resource) => total.plus(resource.delta[column]), more.times(0));
        expect(delta[column].toFixed()).toBe(added.toFixed());
        if (differenceComplete) expect(delta[column].toFixed()).toBe(more.toFixed());
      }
    }),
    runs(100),
  );
});

test("a price that is known on one side only is no saving and no expense", () => {
  fc.assert(
    fc.property(somePreview, (preview) => {
      const lines = diffOf(preview).stacks.flatMap(({ resources }) => resources.flatMap((resource) => resource.lines));
      for (const { before, after, delta } of lines) {
        const known = [before, after].map((line) => line?.state === "priced" || line?.state === "included");
        if (before && after && known[0] !== known[1]) expect(textOf(delta)).toEqual(["0", "0", "0"]);
      }
    }),
    runs(100),
  );
});

test("the order of steps does not matter", () => {
  const shuffled = somePreview.chain((preview) =>
    fc
      .shuffledSubarray(preview.steps, { minLength: preview.steps.length })
      .map((steps) => [preview, { ...preview, steps }] as const),
  );
  fc.assert(
    fc.property(shuffled, ([preview, other]) => {
      const [one, two] = [diffOf(preview), diffOf(other)];
      expect(facts(two)).toEqual(facts(one));
      expect([textOf(two.before), textOf(two.after)]).toEqual([textOf(one.before), textOf(one.after)]);
      expect(two.complete).toBe(one.complete);
    }),
    runs(100),
  );
});

test("without any one of its prices no total is lower unmarked, and no difference other unmarked", () => {
  const every = Object.keys(kinds).map((type) => ({ type, op: "create" as const }));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 4 }), (size, count) => {
      // Six in a row, so that every way that a kind has of being priced is among them.
      const steps = Array.from({ length: 6 }, (_, more): [number, number] => [6 * size + more + 1, count]).flatMap(
        (after) => every.map((one) => ({ ...one, before: after, after })),
      );
      const preview = counted({ ...recorded<Preview>("engine/dev.preview-same.json"), steps: steps.map(toStep) });
      const change = read(preview);
      const full = estimateCost(change.after.records);
      const fullDelta = textOf(reportCosts([change]).delta);
      const keys = new Map(
        full.lines.flatMap(({ price }) =>
          price ? [[`${price.cloud}|${price.sku}|${price.mode}`, price] as const] : [],
        ),
      );
      expect(keys.size).toBeGreaterThan(20);
      for (const { cloud, sku, mode } of keys.values()) {
        const prices = shippedPrices().without({ cloud, sku, mode });
        const less = estimateCost(change.after.records, { prices });
        expect(less.lines.some(({ state, reason }) => state === "unpriced" && reason?.includes(sku))).toBe(true);
        expect(less.complete).toBe(false);
        for (const column of ["monthlyUsd", "usageMonthlyUsd", "oneOffUsd"] as const) {
          expect(less[column].lte(full[column])).toBe(true);
        }
        const { delta, differenceComplete } = reportCosts([change], { prices });
        expect(differenceComplete && textOf(delta).join() !== fullDelta.join()).toBe(false);
      }
    }),
    runs(5),
  );
});

/** Every value in an object, by its path; whole objects and lists too. */
function pathsIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const keys = inner.map(([key, one]): [string | number, unknown] => [Array.isArray(value) ? Number(key) : key, one]);
  return [...(path.length > 0 ? [path] : []), ...keys.flatMap(([key, one]) => pathsIn(one, [...path, key]))];
}

function withHidden(inputs: object, path: readonly (string | number)[]): Record<string, unknown> {
  const copy = structuredClone(inputs) as Record<string | number, unknown>;
  let holder = copy;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  holder[path.at(-1) ?? ""] = unknownValue;
  return copy;
}

// What decides no price, or only a name by which lines are told apart.
const undecisive =
  /^(tags|plan|decision\.capacity\.hours|ebsBlockDevices\.\d+\.deviceName|subnets\.\d+|subnetIds\.\d+)/;

test.each(Object.keys(kinds))(
  "%s: an input that cannot be read changes no total unmarked, whatever AWS answered before",
  (type) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 2, max: 4 }),
        fc.boolean(),
        (size, count, answered) => {
          const { newState } = toStep({ type, op: "create", before: [size, count], after: [size, count] }, 0);
          const base = recorded<Preview>("engine/dev.preview-same.json");
          const inputs = newState?.inputs ?? {};
          const outputs = answered ? inputs : undefined;
          const costOf = (own: object) => {
            const state = { ...newState, inputs: own, outputs } as State;
            const steps = [{ op: "create", urn: state.urn, newState: state }];
            return estimateCost(read({ ...base, steps }).after.records);
          };
          const full = costOf(inputs);
          for (const path of pathsIn(inputs).filter((one) => !undecisive.test(one.join(".")))) {
            const less = costOf(withHidden(inputs, path));
            const same = (["monthlyUsd", "usageMonthlyUsd", "oneOffUsd"] as const).every((column) =>
              less[column].eq(full[column]),
            );
            expect([path.join("."), same || !less.complete]).toEqual([path.join("."), true]);
          }
        },
      ),
      runs(20),
    );
  },
);

test("volumes that are not told apart by name are all in the difference", () => {
  const base = recorded<Preview>("engine/dev.preview-same.json");
  const step = toStep({ type: "aws:ec2/instance:Instance", op: "create", before: [1, 1], after: [1, 1] }, 0);
  const ebsBlockDevices = [100, 300].map((volumeSize) => ({ deviceName: unknownValue, volumeSize, volumeType: "gp3" }));
  Object.assign(step.newState?.inputs ?? {}, { ebsBlockDevices });
  const { before, after, delta } = diffOf(counted({ ...base, steps: [...base.steps, step] }));
  expect(delta.monthlyUsd.toFixed()).toBe(after.monthlyUsd.minus(before.monthlyUsd).toFixed());
});

test("a changed amount of something without a price is said, and not passed over", () => {
  fc.assert(
    fc.property(added(Object.keys(kinds)), (one) => {
      const base = recorded<Preview>("engine/dev.preview-same.json");
      const preview = counted({ ...base, steps: [...base.steps, toStep(one, 0)] });
      const lines = diffOf(preview).stacks.flatMap(({ resources }) => resources.flatMap((resource) => resource.lines));
      for (const { price } of lines.flatMap(({ before, after }) => [before ?? [], after ?? []].flat())) {
        if (!price) continue;
        const { cloud, sku, mode } = price;
        const without = diffOf(preview, shippedPrices().without({ cloud, sku, mode }));
        expect([sku, without.differenceComplete]).toEqual([sku, false]);
      }
    }),
    runs(300),
  );
});

test("a resource that does not change, of any kind, changes nothing of the difference", () => {
  const some = fc.tuple(somePreview, added(Object.keys(kinds)));
  fc.assert(
    fc.property(some, ([preview, one]) => {
      const extra = toStep({ ...one, op: "same" }, 1000);
      expect(facts(diffOf(counted({ ...preview, steps: [...preview.steps, extra] })))).toEqual(facts(diffOf(preview)));
    }),
    runs(100),
  );
});
