import { type CostLine, type PricingContext, priceLine, unknownLine } from "../lines";
import { hoursPerMonth } from "../money";
import type { ResourceRecord } from "../records";

/** Machines of one type, bought in one way. */
export interface MachineRequest {
  type: string;
  /** As the price rows call it: `on-demand`, `spot`, `capacity-block`. */
  mode: string;
  /** Machines; undefined when it is not known. Default: 1. */
  count?: { quantity?: number; unknownBecause: string };
  tenancy?: string;
}

/** The line of so many machines. A capacity block is paid upfront for the whole window, whatever is destroyed meanwhile. */
export function machineLine(record: ResourceRecord, context: PricingContext, request: MachineRequest): CostLine {
  const { type, tenancy = "default", count = { quantity: 1, unknownBecause: "" } } = request;
  const key = "machine";
  if (tenancy !== "default") {
    // A dedicated machine has a price of its own, and the price list read for this book is of shared ones.
    const line = unknownLine(record, key, `${type}, ${tenancy} tenancy`, "");
    return { ...line, state: "unpriced", reason: `no price of ${tenancy} tenancy is known` };
  }
  const { commitment } = context;
  const mode = request.mode === "on-demand" && commitment !== undefined ? commitment : request.mode;
  const component = `${count.quantity === undefined || count.quantity === 1 ? "" : `${count.quantity} x `}${type}, ${mode}`;
  const line = { cloud: "aws", sku: type, mode, key, component };
  if (mode === "capacity-block") {
    // The EC2 guide on Capacity Blocks: the fee is charged upfront when the block is bought.
    const unknownBecause = "how long the capacity block is nothing here says";
    return priceLine(record, context, { ...line, schedule: "oneOff", unknownBecause });
  }
  const quantity = count.quantity === undefined ? undefined : count.quantity * hoursPerMonth;
  return priceLine(record, context, { ...line, quantity, unknownBecause: count.unknownBecause });
}

/** One machine's line as all machines' line. */
export function timesCount(line: CostLine, count: number | undefined): CostLine {
  if ((line.state !== "priced" && line.state !== "unpriced") || count === 1) return line;
  if (count === undefined) {
    const { quantity: _, monthlyUsd: __, ...rest } = line;
    return { ...rest, state: "unknownQuantity", reason: "the number of machines is not known before the update" };
  }
  return {
    ...line,
    component: `${count} x ${line.component}`,
    quantity: line.quantity?.times(count),
    monthlyUsd: line.monthlyUsd?.times(count),
  };
}
