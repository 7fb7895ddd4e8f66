import { findKind } from "../clouds";
import type { Estimate } from "../estimate";
import type { StackSide } from "../inputs/stackChange";
import { type CostLine, isBlockFee } from "../lines";
import { hoursPerMonth, type Money, money, sum } from "../money";
import type { FoundPrice } from "../priceRow";
import { clusterTypePrefix, numberIn, ResourceGraph, textIn } from "../records";

/** What the machines of a cluster cost, and how they are bought. */
export interface MachineBill {
  /** Machine type; absent where the plan does not say. */
  machine?: string;
  nodes?: number;
  /** The price that one machine is billed at for an hour. */
  price?: FoundPrice;
  isBlock: boolean;
  /** Run rate of all machines; absent for a capacity block, and where it is not known. */
  monthlyUsd?: Money;
  /** A capacity block's fee; absent where it is none, and where it is not known. */
  oneOffUsd?: Money;
  /** Hours that a capacity block is booked for. */
  blockHours?: Money;
  /** Why there is no amount. */
  unknownBecause?: string;
}

/** A cluster as far as its bill and its plan tell. */
export interface ClusterBill {
  name: string;
  /** `aws`; absent where no pricer knows the kind of cluster. */
  cloud?: string;
  region?: string;
  /** The component's inputs, which carry the plan. */
  inputs: Readonly<Record<string, unknown>>;
  /** False for a cluster that trains. */
  serves: boolean;
  /** The lines of the cluster and of everything in it. */
  lines: readonly CostLine[];
  machines: MachineBill;
}

/** The clusters of a stack, each with its share of the estimate. */
export function clusterBills({ records }: StackSide, estimate: Estimate): ClusterBill[] {
  const graph = new ResourceGraph(records);
  const owner = new Map(records.map((record) => [record.urn, graph.clusterOf(record)?.urn]));
  return records
    .filter(({ type }) => type.startsWith(clusterTypePrefix))
    .map(({ urn, type, name, inputs }) => {
      const lines = estimate.lines.filter((line) => owner.get(line.urn) === urn);
      return {
        name,
        cloud: findKind(type)?.cloud?.cloud,
        region: textIn(inputs, "plan", "region"),
        inputs,
        serves: textIn(inputs, "plan", "workload") === undefined,
        lines,
        machines: machinesOf(inputs, lines),
      };
    });
}

function machinesOf(inputs: unknown, lines: readonly CostLine[]): MachineBill {
  const machine = textIn(inputs, "plan", "machine");
  const nodes = numberIn(inputs, "plan", "nodes");
  const block = lines.find(isBlockFee);
  if (block) return { machine, nodes, isBlock: true, ...blockOf(block, nodes) };
  return { machine, nodes, isBlock: false, ...runRateOf(lines, nodes) };
}

function blockOf({ price, oneOffUsd, quantity, reason }: CostLine, nodes: number | undefined): Partial<MachineBill> {
  // The line's quantity is machine-hours; all machines of a block run at a time.
  const blockHours = quantity && nodes ? quantity.div(nodes) : undefined;
  const known = oneOffUsd !== undefined && blockHours !== undefined;
  return { price, oneOffUsd, blockHours, unknownBecause: known ? undefined : (reason ?? "its length is not known") };
}

function runRateOf(lines: readonly CostLine[], nodes: number | undefined): Partial<MachineBill> {
  const machines = lines.filter(({ key }) => key === "machine");
  const price = machines.find((line) => line.price)?.price;
  if (nodes === undefined) return { price, unknownBecause: "the plan does not say how many machines there are" };
  if (machines.length < nodes) {
    return { price, unknownBecause: `${machines.length} of ${nodes} machines are in this document` };
  }
  const open = machines.find(({ monthlyUsd }) => monthlyUsd === undefined);
  if (open) return { price, unknownBecause: open.reason ?? "the price of a machine is not known" };
  return { price, monthlyUsd: sum(machines.flatMap(({ monthlyUsd }) => monthlyUsd ?? [])) };
}

/** What all machines cost in 730 hours, a capacity block at its hourly rate; undefined where the price is not known. */
export function monthlyRunRate({ isBlock, monthlyUsd, price, nodes }: MachineBill): Money | undefined {
  if (!isBlock) return monthlyUsd;
  return price && nodes !== undefined ? money(price.usd).times(nodes).times(hoursPerMonth) : undefined;
}
