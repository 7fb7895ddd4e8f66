// Prices of the user's own, read from files: the one part of pricing that touches a disk. Knows no Pulumi, so that the
// command reads them too.
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { PriceBook } from "../pricing/priceBook";
import type { PriceLayer } from "../pricing/priceRow";
import { type Problem, ProblemsError } from "../sizing/problems";
import { projectFolder } from "./modelFiles";

// Loaded when a file is read: most projects have none.
const loaded = () => ({
  ...(require("../pricing/priceFile") as typeof import("../pricing/priceFile")),
  ...(require("../pricing/priceBook") as typeof import("../pricing/priceBook")),
  ...(require("../pricing/snapshot") as typeof import("../pricing/snapshot")),
  ...(require("../sizing/shape") as typeof import("../sizing/shape")),
  ...(require("./yamlText") as typeof import("./yamlText")),
});

/** Refreshed list prices and negotiated rates, beside Pulumi.yaml or in the working folder. */
export const priceFileNames = {
  overlay: ["llm-cluster.prices.yaml", "llm-cluster.prices.json"],
  negotiated: ["llm-cluster.rates.yaml", "llm-cluster.rates.json"],
} as const;

/** Files that are named in place of the ones that are found. */
export interface PriceFilePaths {
  overlay?: string;
  negotiated?: string;
}

/**
 * The prices that a project is priced by: the shipped ones, under its own files. Undefined where it has none, and the
 * shipped ones hold alone. Throws a ProblemsError that names the file, the row and the field.
 * @param folder where the files are looked for: itself, then its Pulumi project
 */
export function loadPrices(folder: string, given: PriceFilePaths = {}): PriceBook | undefined {
  const files = (["overlay", "negotiated"] as const).flatMap((name) => {
    const file = given[name] ?? findFile(folder, priceFileNames[name]);
    return file === undefined ? [] : [{ name, file }];
  });
  if (files.length === 0) return undefined;
  const { PriceBook: Book, shippedLayer } = loaded();
  const shipped = shippedLayer();
  return new Book([shipped, ...files.map(({ name, file }) => readLayer(name, file, shipped))]);
}

function findFile(folder: string, names: readonly string[]): string | undefined {
  const places = [folder, projectFolder(folder)];
  return places.flatMap((place) => names.map((name) => join(place, name))).find((file) => existsSync(file));
}

function readLayer(name: "overlay" | "negotiated", file: string, shipped: PriceLayer): PriceLayer {
  const { priceFileSchema, readPriceFile, parseShape, readMapping } = loaded();
  const content = readMapping(file);
  const shape = parseShape(priceFileSchema, content, "");
  if (shape.problems.length > 0) throw new ProblemsError(shape.problems, file);
  const { layer, faults } = readPriceFile(shape.valid, { name, file: basename(file) }, shipped);
  if (faults.length > 0) throw new ProblemsError(faults as Problem[], file);
  return layer;
}
