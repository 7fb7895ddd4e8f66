import { z } from "zod";
import { type Problem, suggestNames } from "./problems";

/** The valid part of an input, and what is wrong with the rest. */
export interface ShapeResult {
  /** The input with every faulty field left out, so that rules between the other fields can still be checked. */
  valid: Record<string, unknown>;
  problems: Problem[];
}

/** Checks an input against a strict zod object and says every fault in the project's own words. */
export function parseShape(schema: z.ZodObject, input: unknown, path: string): ShapeResult {
  const result = schema.safeParse(input);
  if (result.success) return { valid: result.data, problems: [] };
  const all = result.error.issues.flatMap((issue) => toProblems(issue, schema, input, path));
  // A value that breaks two rules of its type is one problem.
  const problems = [...new Map(all.map((problem) => [problem.path, problem] as const).reverse()).values()].reverse();
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  const valid = isObject ? (copyPlain(input) as Record<string, unknown>) : {};
  for (const issue of result.error.issues) {
    const faulty = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const keys of faulty) removeAt(valid, keys);
  }
  return { valid, problems };
}

function toProblems(issue: z.core.$ZodIssue, schema: z.ZodObject, input: unknown, root: string): Problem[] {
  const path = [root, ...issue.path].filter((part) => part !== "").join(".");
  const value = valueAt(input, issue.path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => ({
        path: path === "" ? key : `${path}.${key}`,
        message: "is not a known key",
        fix: known.length > 0 ? suggestNames(key, known) : "remove it",
      }));
    }
    case "invalid_type":
      return [
        {
          path,
          value,
          message: value === undefined ? "is missing" : `must be ${article(issue.expected)}`,
          fix: issue.expected === "object" ? "write a mapping of keys to values" : `give ${article(issue.expected)}`,
        },
      ];
    case "invalid_value":
      return [
        {
          path,
          value,
          message: "is not one of the allowed values",
          fix:
            typeof value === "string"
              ? suggestNames(value, issue.values.map(String))
              : `one of ${issue.values.join(", ")}`,
        },
      ];
    case "too_small":
      return [
        {
          path,
          value,
          message: `must be ${issue.inclusive ? "at least" : "above"} ${issue.minimum}`,
          fix: raise(issue),
        },
      ];
    case "too_big":
      return [
        {
          path,
          value,
          message: `must be at most ${issue.maximum}`,
          fix: `give a value up to ${issue.maximum}`,
        },
      ];
    default:
      return [{ path, value, message: issue.message, fix: "write it so" }];
  }
}

function raise(issue: { minimum: number | bigint; origin?: string; inclusive?: boolean }): string {
  return issue.origin === "string"
    ? "give a text that is not empty"
    : `give a value ${issue.inclusive ? "from" : "above"} ${issue.minimum}${issue.inclusive ? " up" : ""}`;
}

function article(type: string): string {
  const names: Record<string, string> = {
    int: "a whole number",
    number: "a number",
    string: "a text",
    object: "a mapping",
    record: "a mapping",
    boolean: "true or false",
    array: "a list",
  };
  return names[type] ?? type;
}

/** Copies mappings, so that faulty fields can be left out; whatever else there is (a Pulumi output, say) stays itself. */
function copyPlain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copyPlain(field)]));
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

function removeAt(target: Record<PropertyKey, unknown>, path: readonly PropertyKey[]): void {
  const parent = valueAt(target, path.slice(0, -1));
  const key = path.at(-1);
  if (key !== undefined && typeof parent === "object" && parent !== null) {
    delete (parent as Record<PropertyKey, unknown>)[key];
  }
}

/** The keys that the object at a path may have, read off the schema itself. */
function keysAt(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  let type: unknown = schema;
  for (const key of path) {
    const object = unwrap(type);
    type = object instanceof z.ZodObject ? object.shape[String(key)] : undefined;
  }
  const object = unwrap(type);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrap(type: unknown): unknown {
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault ? unwrap(type.unwrap()) : type;
}
