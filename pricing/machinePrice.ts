import type { PriceBook } from "./priceBook";
import type { FoundPrice } from "./priceRow";
import { shippedPrices } from "./snapshot";

/** What one machine costs an hour: a price, or the reason why there is none. Never a zero that nobody wrote. */
export type MachinePrice = { state: "priced"; row: FoundPrice } | { state: "unpriced"; reason: string };

// How a decision's purchase mode is called in the price rows. A reservation is billed at the on-demand rate, used or not.
const rowModes: Record<string, string> = {
  onDemand: "on-demand",
  capacityBlock: "capacity-block",
  reservation: "on-demand",
  openReservation: "on-demand",
  spot: "spot",
  flexStart: "flex-start",
  calendar: "dws-calendar",
};

/** A decision's purchase mode as the price rows call it. */
export function rowModeOf(mode: string): string {
  return rowModes[mode] ?? mode;
}

/** Whether a mode is paid upfront for the whole window, whatever is destroyed meanwhile. */
export function isPaidUpfront(mode: string): boolean {
  return mode === "capacityBlock";
}

/** Looks up one machine in one region and purchase mode. Machines never borrow another region's price. */
export function priceMachine(
  machine: { cloud: string; id: string },
  region: string,
  mode: string,
  book: PriceBook = shippedPrices(),
): MachinePrice {
  const row = book.find({ cloud: machine.cloud, sku: machine.id, region, mode: rowModeOf(mode) });
  if (row) return { state: "priced", row };
  return { state: "unpriced", reason: `no ${rowModeOf(mode)} price of ${machine.id} in ${region} is known` };
}
