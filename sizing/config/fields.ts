import type { Report } from "./report";

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How large a number may be: far above any model, and low enough that nothing built from it grows out of hand. */
export const limits = {
  layers: 2_000,
  heads: 65_536,
  width: 10_000_000,
  experts: 100_000,
  vocabulary: 100_000_000,
  tokens: 1_000_000_000,
};

export interface CountRule {
  least?: number;
  most: number;
}

/**
 * Reads typed fields off one object of a configuration. What is faulty is reported by its path and comes back as NaN,
 * which every later rule is silent about: one fault is one problem. Null is absent, as in transformers.
 */
export class Fields {
  /** Names that something asked for, whether or not they were there. */
  readonly asked = new Set<string>();

  constructor(
    readonly values: Json,
    readonly path: string,
    readonly report: Report,
    private readonly defaults: Json = {},
    private readonly defaultsOf = "",
  ) {}

  pathOf(name: string): string {
    return `${this.path}${this.path.endsWith(": ") ? "" : "."}${name}`;
  }

  has(name: string): boolean {
    this.asked.add(name);
    return Object.hasOwn(this.values, name) && this.values[name] !== null && this.values[name] !== undefined;
  }

  /** A field's value; what transformers takes for it when it is left out; undefined when there is neither. */
  raw(name: string): unknown {
    if (this.has(name)) return this.values[name];
    if (!Object.hasOwn(this.defaults, name)) return undefined;
    const value = this.defaults[name];
    this.report.note(`${name} is left out: ${JSON.stringify(value)}, the default of ${this.defaultsOf}`, "medium");
    return value;
  }

  /** The first of several names for one thing that is there; a second one that says otherwise is noted. */
  first(names: readonly string[]): string | undefined {
    const present = names.filter((name) => this.has(name));
    const [chosen, ...others] = present;
    if (chosen === undefined) return names.find((name) => Object.hasOwn(this.defaults, name));
    for (const other of others) {
      const differs = typeof this.values[other] === "number" && this.values[other] !== this.values[chosen];
      if (differs) this.report.note(`${other} is passed over: ${chosen} says otherwise`);
    }
    return chosen;
  }

  /** A whole number; undefined when absent, NaN when faulty. */
  count(names: readonly string[], rule: CountRule): number | undefined {
    const name = this.first(names);
    if (name === undefined) return undefined;
    const value = this.raw(name);
    return this.checkCount(name, value, rule);
  }

  /** A whole number that must be there; NaN when it is missing or faulty. */
  required(names: readonly string[], rule: CountRule): number {
    const value = this.count(names, rule);
    if (value !== undefined) return value;
    const [name = "", ...others] = names;
    const also = others.length > 0 ? ` (or ${others.join(", ")})` : "";
    this.report.fault(
      this.pathOf(name),
      undefined,
      "is missing",
      `give the number that the model was made with${also}`,
    );
    return Number.NaN;
  }

  checkCount(name: string, value: unknown, { least = 1, most }: CountRule): number {
    const fault = (message: string, fix: string) => {
      this.report.fault(this.pathOf(name), value, message, fix);
      return Number.NaN;
    };
    if (typeof value !== "number" || !Number.isInteger(value))
      return fault("must be a whole number", "give a whole number");
    if (value < least) return fault(`must be at least ${least}`, `give a value from ${least} up`);
    if (value > most) return fault(`must be at most ${most}`, `give a value up to ${most}`);
    return value;
  }

  /** A number that may be fractional, above 0. */
  ratio(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && value > 0 && value <= 1000) return value;
    this.report.fault(this.pathOf(name), value, "must be a number above 0, up to 1000", "give such a number");
    return Number.NaN;
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === "boolean") return value;
    this.report.fault(this.pathOf(name), value, "must be true or false", "give true or false");
    return undefined;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === "string") return value;
    this.report.fault(this.pathOf(name), value, "must be a text", "give a text");
    return undefined;
  }

  /** A list; undefined when absent or faulty. */
  list(name: string): readonly unknown[] | undefined {
    const value = this.raw(name);
    if (value === undefined || Array.isArray(value)) return value;
    this.report.fault(this.pathOf(name), value, "must be a list", "give a list");
    return undefined;
  }

  /** A list of as many entries as there are layers; undefined when absent, empty or faulty. */
  perLayer(name: string, layers: number): readonly unknown[] | undefined {
    const list = this.list(name);
    if (list === undefined || list.length === 0 || Number.isNaN(layers)) return undefined;
    if (list.length === layers) return list;
    const message = `must have one entry a layer: it has ${list.length}, and there are ${layers} layers`;
    this.report.fault(this.pathOf(name), undefined, message, "make it as long as num_hidden_layers");
    return undefined;
  }

  /** A list of whole numbers, one a layer. */
  countPerLayer(name: string, layers: number, rule: CountRule): readonly number[] | undefined {
    const list = this.perLayer(name, layers);
    return list?.map((value, index) => this.checkCount(`${name}[${index}]`, value, rule));
  }

  /** A list of layer numbers, such as the layers that are dense. */
  layerNumbers(name: string, layers: number, first = 0): ReadonlySet<number> | undefined {
    const list = this.list(name);
    if (list === undefined) return undefined;
    const rule = { least: first, most: Number.isNaN(layers) ? limits.layers : layers - 1 + first };
    return new Set(list.map((value, index) => this.checkCount(`${name}[${index}]`, value, rule) - first));
  }

  /** An object inside this one; undefined when absent or faulty. */
  child(name: string): Fields | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (isObject(value)) return new Fields(value, this.pathOf(name), this.report);
    this.report.fault(this.pathOf(name), value, "must be an object", "give an object of keys and values");
    return undefined;
  }
}
