import { z } from "zod";
import { rowModeOf } from "./machinePrice";
import { type Discount, keyOf, type PriceLayer, type PriceRow, unknownDate } from "./priceRow";

const date = z.string().refine((text) => /^\d{4}(-\d{2}(-\d{2})?)?$/.test(text) && !Number.isNaN(Date.parse(text)), {
  message: "must be a year, a month or a day, such as 2026-07-01",
});
const name = z.string().min(1, "must not be empty");
const confidence = z.enum(["high", "medium", "low"]);

/** A row of a price or rates file. */
export const priceFileRowSchema = z.strictObject({
  cloud: z.enum(["aws", "gcp", "azure"]),
  sku: name,
  region: name,
  mode: name.optional(),
  usd: z.number().min(0, "must be 0 or more"),
  unit: name.optional(),
  source: name.optional(),
  asOf: date.optional(),
  confidence: confidence.optional(),
  note: z.string().optional(),
});

/** So much per cent off. */
export const discountSchema = z.strictObject({
  cloud: z.enum(["aws", "gcp", "azure"]),
  percent: z.number().min(0, "must be 0 to 100").max(100, "must be 0 to 100"),
  skus: z.array(name).optional(),
});

/** A file of prices: an overlay over the shipped ones, or rates that were negotiated. */
export const priceFileSchema = z.strictObject({
  /** What the rows are from, unless a row says it itself. */
  source: name.optional(),
  /** When that was read or agreed, unless a row says it itself. */
  asOf: date.optional(),
  rows: z.array(priceFileRowSchema).optional(),
  discounts: z.array(discountSchema).optional(),
});

/** What a price file holds. */
export type PriceFile = z.infer<typeof priceFileSchema>;

/** Something in a price file that its shape allows and its meaning does not. */
export interface PriceFileFault {
  path: string;
  value: unknown;
  message: string;
  fix: string;
}

/**
 * Makes a layer of a price file. A row's unit must be the shipped row's: a price by the request where prices are by the
 * thousand would be a thousand times too low.
 * @param shipped the layer below, for units
 */
export function readPriceFile(
  content: PriceFile,
  { name: layer, file }: Pick<PriceLayer, "name" | "file">,
  shipped: PriceLayer,
): { layer: PriceLayer; faults: PriceFileFault[] } {
  const units = new Map(shipped.rows.map((row) => [keyOf(row), row.unit]));
  const modes = new Set([...shipped.rows, ...(shipped.setAside ?? [])].map(({ mode }) => mode));
  const seen = new Map<string, number>();
  const faults: PriceFileFault[] = [];
  const { source = file ?? layer, asOf = unknownDate } = content;
  const rows = (content.rows ?? []).map((given, index): PriceRow => {
    const row = { ...given, mode: rowModeOf(given.mode ?? "list") };
    const known = units.get(keyOf(row)) ?? units.get(keyOf({ ...row, mode: "on-demand" }));
    if (known !== undefined && row.unit !== undefined && row.unit !== known) {
      const path = `rows.${index}.unit`;
      faults.push({
        path,
        value: row.unit,
        message: `is not the unit of ${row.sku}`,
        fix: `give the price per ${known}`,
      });
    }
    if (!modes.has(row.mode)) {
      const path = `rows.${index}.mode`;
      const fix = `use one of ${[...modes].sort().join(", ")}`;
      faults.push({ path, value: given.mode, message: "is no way to buy", fix });
    }
    const repeated = seen.get(`${keyOf(row)}|${row.region}|${row.asOf}`);
    if (repeated !== undefined) {
      const message = `is the same price as rows.${repeated}: sku, region, mode and day`;
      faults.push({ path: `rows.${index}`, value: row.sku, message, fix: "keep one of them" });
    }
    seen.set(`${keyOf(row)}|${row.region}|${row.asOf}`, index);
    const isMachine = [...units.keys()].some(
      (key) => key.startsWith(`${row.cloud}|${row.sku}|`) && !key.endsWith("|list"),
    );
    if (isMachine && row.mode === "list") {
      const path = `rows.${index}.mode`;
      const fix = "add mode: on-demand, spot, capacity-block, ...";
      faults.push({
        path,
        value: given.mode,
        message: `is missing: ${row.sku} is a machine, and has a price for each way to buy it`,
        fix,
      });
    }
    return {
      ...row,
      unit: row.unit ?? known ?? "hour",
      source: row.source ?? source,
      asOf: row.asOf ?? asOf,
      confidence: row.confidence ?? "high",
    };
  });
  const discounts = (content.discounts ?? []).map((discount): Discount => ({ ...discount, source, asOf }));
  if (discounts.length > 0 && layer !== "negotiated") {
    const fix = "move them into llm-cluster.rates.yaml";
    faults.push({
      path: "discounts",
      value: discounts.length,
      message: "are what was negotiated, and not list prices",
      fix,
    });
  }
  return { layer: { name: layer, file, rows, discounts }, faults };
}
