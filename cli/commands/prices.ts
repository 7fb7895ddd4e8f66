import { loadPrices, type PriceFilePaths } from "../../components/priceFiles";
import { rowModeOf } from "../../pricing/machinePrice";
import { type ConsideredRow, homeRegions, type PriceBook } from "../../pricing/priceBook";
import { layerNames } from "../../pricing/priceRow";
import { priceSources, shippedPrices, snapshotDate, snapshotMadeOn } from "../../pricing/snapshot";
import { describeStaleness } from "../../pricing/staleness";
import { matchesPattern } from "../../pricing/wildcard";
import { suggestNames } from "../../sizing/problems";
import { now } from "../costSettings";
import { print, printJson, UserError } from "../output";
import { indent, table } from "../table";

/** Options of `prices list` and `prices where`. */
export interface PricesOptions {
  cloud?: string;
  sku?: string;
  region?: string;
  mode?: string;
  layer?: string;
  prices?: string;
  rates?: string;
  json?: boolean;
}

/** `llm-cluster prices list`: every row that a price can come from. */
export function listPrices(options: PricesOptions): void {
  const book = readBook(options);
  const { cloud, sku, region, mode, layer, json } = options;
  if (layer !== undefined && !layerNames.some((name) => name === layer)) {
    throw new UserError(`--layer: ${layer} is none. Fix: ${layerNames.join(", ")}`);
  }
  const rows = book
    .list()
    .filter((row) => cloud === undefined || row.cloud === cloud)
    .filter((row) => sku === undefined || matchesPattern(row.sku, sku))
    .filter((row) => region === undefined || row.region === region)
    .filter((row) => mode === undefined || row.mode === rowModeOf(mode))
    .filter((row) => layer === undefined || row.layer === layer);
  if (json) {
    printJson({ snapshot: { madeOn: snapshotMadeOn, newest: snapshotDate }, layers: layersOf(book), rows });
    return;
  }
  const columns = [
    { heading: "CLOUD" },
    { heading: "SKU" },
    { heading: "REGION" },
    { heading: "MODE" },
    { heading: "USD", right: true },
    { heading: "PER" },
    { heading: "OF" },
    { heading: "CONFIDENCE" },
    { heading: "SOURCE" },
    { heading: "LAYER" },
  ];
  const cells = rows.map((row) => [
    row.cloud,
    row.sku,
    row.region,
    row.mode,
    row.highestUsd === undefined ? String(row.usd) : `${row.usd} to ${row.highestUsd}`,
    row.unit,
    row.asOf,
    row.confidence,
    row.source,
    row.layer,
  ]);
  print([...table(columns, cells), "", `${rows.length} rows`, ...describeBook(book)]);
}

/** `llm-cluster prices where`: which row prices something, from where, of which day, and what it overrode. */
export function wherePrice(sku: string, options: PricesOptions): void {
  const book = readBook(options);
  const known = book
    .list()
    .filter((row) => row.sku === sku && (options.cloud === undefined || row.cloud === options.cloud));
  const cloud = options.cloud ?? known[0]?.cloud;
  if (cloud === undefined) {
    const skus = [...new Set(book.list().map((row) => row.sku))];
    throw new UserError(`${sku}: no price of it is known. Fix: ${suggestNames(sku, skus)}; prices list has them all`);
  }
  const region = options.region ?? homeRegions[cloud] ?? "us-east-1";
  const modes = options.mode === undefined ? [...new Set(known.map(({ mode }) => mode))] : [rowModeOf(options.mode)];
  const answers = modes.map((mode) => {
    const key = { cloud, sku, region, mode };
    // Surroundings may borrow another region's price, machines never do: the same rule as in an estimate.
    const borrow = mode === "list";
    return { ...key, price: book.find(key, borrow), rows: book.consider(key, borrow) };
  });
  if (options.json) {
    printJson({ answers });
    return;
  }
  print([...answers.flatMap((answer) => describeAnswer(answer)), ...describeBook(book)]);
}

interface Answer {
  cloud: string;
  sku: string;
  region: string;
  mode: string;
  price: ReturnType<PriceBook["find"]>;
  rows: readonly ConsideredRow[];
}

function describeAnswer({ cloud, sku, region, mode, price, rows }: Answer): string[] {
  const way = mode === "list" ? "" : `, ${mode}`;
  const title = `${sku}${way}, ${cloud} ${region}`;
  if (!price) return [`${title}: no price is known`, ...indent(rows.map(describeRow)), ""];
  const { usd, unit, layer, asOf, confidence, regionAssumed, overrode, newerElsewhere, discount, source } = price;
  const facts = [
    `${layer} layer, ${source}${sourceWords(source)}, of ${asOf}, confidence ${confidence}`,
    ...(regionAssumed ? [`no row of ${region}: this is ${price.region}'s`] : []),
    ...(discount ? [`${discount.percent} % off ${discount.listUsd} (${discount.source}, ${discount.asOf})`] : []),
    ...(overrode
      ? [`in the place of ${overrode.usd} of ${overrode.asOf} (${overrode.source}, ${overrode.region})`]
      : []),
    ...(newerElsewhere
      ? [
          `a newer row for all regions says ${newerElsewhere.usd} (${newerElsewhere.asOf}, ${newerElsewhere.source}): the region's own row is taken`,
        ]
      : []),
    ...(price.note ? [price.note] : []),
  ];
  const others = rows.filter(
    ({ passedOver, region: own }) => passedOver && (own === region || own === "*" || own === "global"),
  );
  const elsewhere = rows.filter(({ passedOver }) => passedOver).length - others.length;
  const more = elsewhere === 0 ? [] : [`${elsewhere} ${elsewhere === 1 ? "row" : "rows"} of other regions`];
  return [
    `${title}: $${usd} per ${unit}`,
    ...indent(facts),
    ...(others.length + elsewhere > 0 ? indent(["not taken:", ...indent([...others.map(describeRow), ...more])]) : []),
    "",
  ];
}

function describeRow({ region, usd, asOf, source, layer, passedOver }: ConsideredRow): string {
  return `${usd ?? "no value"}, ${region}, of ${asOf}, ${source} (${layer}): ${passedOver ?? "taken"}`;
}

function sourceWords(source: string): string {
  const what = priceSources[source]?.what;
  return what === undefined ? "" : ` (${what})`;
}

function readBook({ prices, rates }: PricesOptions): PriceBook {
  const given: PriceFilePaths = { overlay: prices, negotiated: rates };
  return loadPrices(".", given) ?? shippedPrices();
}

function describeBook(book: PriceBook): string[] {
  const layers = layersOf(book).map(({ name, file, rows }) => `${name}${file ? ` (${file})` : ""} ${rows} rows`);
  const stale = describeStaleness(book, now().toISOString().slice(0, 10));
  return [
    `layers, the later wins: ${layers.join(", ")}; shipped prices were put together on ${snapshotMadeOn}, the newest is of ${snapshotDate}`,
    ...stale.map((words) => `note: ${words}`),
  ];
}

function layersOf(book: PriceBook): { name: string; file?: string; rows: number; discounts: number }[] {
  return book.layers.map(({ name, file, rows, discounts = [] }) => ({
    name,
    file,
    rows: rows.length,
    discounts: discounts.length,
  }));
}
