import { UserError } from "../output";

/** Keys and files sort by their bytes, on every machine alike. */
export function byPath<Item extends { path: string }>(one: Item, other: Item): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
}

/** A path as a node can take it. Throws a UserError on one that would lead out of the model's folder. */
export function checkPath(path: string, source: string): string {
  const parts = path.split("/");
  const leads = parts.some((part) => part === "" || part === "." || part === "..");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!leads && !/[\u0000-\u001f\u007f\\]/.test(path)) return path;
  throw new UserError(
    `${source}: ${JSON.stringify(path)} is no path below a model's folder. Fix: rename that file, or push from another source`,
  );
}
