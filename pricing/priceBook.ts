import { groupBy } from "./groupBy";
import { money } from "./money";
import {
  type Discount,
  type FoundPrice,
  isNewer,
  keyOf,
  type LayerName,
  type PriceKey,
  type PriceLayer,
  type PriceRow,
  type SetAsideRow,
} from "./priceRow";
import { matchesPattern } from "./wildcard";

/** A row as one layer holds it. */
interface LayeredRow extends PriceRow {
  layer: LayerName;
}

/** A row that was looked at for a key: taken, or why not. */
export interface ConsideredRow extends Omit<PriceRow, "usd"> {
  usd?: number;
  layer: LayerName;
  /** Absent for the row that was taken. */
  passedOver?: string;
}

/** Each cloud's region whose list prices are known best; where a surrounding item has no row of its own, this one's is borrowed. */
export const homeRegions: Readonly<Record<string, string>> = { aws: "us-east-1", gcp: "us-central1", azure: "eastus" };

const noRows: readonly LayeredRow[] = [];

/** Prices in layers, looked up by (cloud, sku, region, mode). */
export class PriceBook {
  private readonly rows: ReadonlyMap<string, LayeredRow[]>;
  private readonly found = new Map<string, FoundPrice | undefined>();

  /** @param layers in any order; `shipped` is looked at last, `negotiated` first */
  constructor(readonly layers: readonly PriceLayer[]) {
    this.rows = groupBy(this.list(), keyOf);
  }

  /**
   * The row of a key: the latest layer that has one wins; in a layer the exact region beats `*` and `global`, then the
   * newest wins. Negotiated discounts are taken off. Undefined when there is none: a price that is not known is never
   * taken for zero.
   * @param borrow take another region's row of the same cloud when there is none (marked). Never for machines.
   */
  find({ cloud, sku, region, mode = "list" }: PriceKey, borrow = false): FoundPrice | undefined {
    const asked = `${cloud}|${sku}|${mode}|${region}|${borrow}`;
    if (!this.found.has(asked)) this.found.set(asked, this.look({ cloud, sku, region, mode }, borrow));
    return this.found.get(asked);
  }

  private look(key: Required<PriceKey>, borrow: boolean): FoundPrice | undefined {
    const rows = this.rows.get(keyOf(key)) ?? noRows;
    const taken = pick(rows, key.region) ?? (borrow ? this.borrow(rows, key.cloud) : undefined);
    if (!taken) return undefined;
    const { row, regionAssumed } = taken;
    const below = rows.filter(({ layer }) => rank(layer) < rank(row.layer));
    const overrode = pick(below, key.region)?.row;
    const anywhere = newest(rows.filter((other) => other.layer === row.layer && isAnywhere(other)));
    const newerElsewhere = anywhere && !isAnywhere(row) && isNewer(anywhere, row) ? anywhere : undefined;
    const confidence = regionAssumed ? "low" : row.confidence;
    return this.discounted({ ...row, confidence, regionAssumed, newerElsewhere, overrode });
  }

  private borrow(rows: readonly LayeredRow[], cloud: string): Picked | undefined {
    const home = homeRegions[cloud];
    const picked = home === undefined ? undefined : pick(rows, home);
    return picked && { ...picked, regionAssumed: true };
  }

  /** A negotiated rate is what was agreed; a discount is off what the list says. */
  private discounted(price: FoundPrice): FoundPrice {
    if (price.layer === "negotiated") return price;
    const discount = this.discountOf(price);
    if (!discount) return price;
    const off = (listUsd: number) => money(listUsd).times(money(100).minus(discount.percent)).div(100).toNumber();
    const highestUsd = price.highestUsd === undefined ? undefined : off(price.highestUsd);
    return { ...price, usd: off(price.usd), highestUsd, discount: { ...discount, listUsd: price.usd } };
  }

  private discountOf({ cloud, sku }: PriceRow): Discount | undefined {
    const discounts = this.layers.flatMap((layer) => layer.discounts ?? []);
    return discounts.find(
      (discount) =>
        discount.cloud === cloud && (discount.skus ?? ["*"]).some((pattern) => matchesPattern(sku, pattern)),
    );
  }

  /** Every row of a key, the one that is taken first, and why each of the others is not. */
  consider(key: PriceKey, borrow = false): ConsideredRow[] {
    const taken = this.find(key, borrow);
    const rows = this.rows.get(keyOf(key)) ?? noRows;
    const { region } = key;
    const considered = rows.map((row): ConsideredRow => {
      const isTaken = taken !== undefined && row.layer === taken.layer && isSameRow(row, taken);
      return isTaken ? row : { ...row, passedOver: whyNot(row, taken, region) };
    });
    const aside = this.layers.flatMap(({ name, setAside = [] }) =>
      setAside
        .filter((row) => keyOf(row) === keyOf(key))
        .map(({ why, ...row }: SetAsideRow): ConsideredRow => ({ ...row, layer: name, passedOver: why })),
    );
    const all = [...considered, ...aside];
    return [...all.filter(({ passedOver }) => !passedOver), ...all.filter(({ passedOver }) => passedOver)];
  }

  /** Every row, layer by layer, in the order of the files. */
  list(): LayeredRow[] {
    return this.layers.flatMap(({ name, rows }) => rows.map((row) => ({ ...row, layer: name })));
  }

  /** The book without one key's rows: tests use it to show that a missing price is said, not taken for zero. */
  without(key: Omit<PriceKey, "region">): PriceBook {
    const kept = (rows: readonly PriceRow[]) => rows.filter((row) => keyOf(row) !== keyOf(key));
    return new PriceBook(this.layers.map((layer) => ({ ...layer, rows: kept(layer.rows) })));
  }
}

interface Picked {
  row: LayeredRow;
  regionAssumed: boolean;
}

/** The best row for a region: the latest layer, then its own region, then the newest. */
function pick(rows: readonly LayeredRow[], region: string): Picked | undefined {
  for (const layer of ["negotiated", "overlay", "shipped"] as const) {
    const own = rows.filter((row) => row.layer === layer);
    const row = newest(own.filter((one) => one.region === region)) ?? newest(own.filter(isAnywhere));
    if (row) return { row, regionAssumed: false };
  }
  return undefined;
}

function isAnywhere({ region }: PriceRow): boolean {
  return region === "*" || region === "global";
}

function newest<Row extends PriceRow>(rows: readonly Row[]): Row | undefined {
  return rows.reduce<Row | undefined>((best, row) => (!best || isNewer(row, best) ? row : best), undefined);
}

const ranks: Record<LayerName, number> = { shipped: 0, overlay: 1, negotiated: 2 };

function rank(layer: LayerName): number {
  return ranks[layer];
}

function isSameRow(row: PriceRow, taken: FoundPrice): boolean {
  const usd = taken.discount?.listUsd ?? taken.usd;
  return row.region === taken.region && row.asOf === taken.asOf && row.usd === usd && row.source === taken.source;
}

function whyNot(row: LayeredRow, taken: FoundPrice | undefined, region: string): string {
  if (row.region !== region && !isAnywhere(row)) return `is of ${row.region}`;
  if (!taken) return "is not of this region";
  if (rank(row.layer) < rank(taken.layer)) return `the ${taken.layer} layer wins`;
  if (isAnywhere(row) && !isAnywhere(taken)) return "the region's own row wins";
  return isNewer(row, taken) ? "the region's own row wins" : "an equal or newer row wins";
}
