import { type CostLine, type PricingContext, priceLine } from "../lines";
import { numberIn, type ResourceRecord, textIn } from "../records";

// What gp3 includes without charge (prices.json, units "over 3000" and "over 125").
const includedIops = 3000;
const includedThroughput = 125;

/** An EBS volume that an instance brings: capacity, and for gp3 what exceeds its included performance. */
export function volumeLines(record: ResourceRecord, context: PricingContext, volume: unknown): CostLine[] {
  const kind = textIn(volume, "volumeType") ?? "gp3";
  const sizeGB = numberIn(volume, "volumeSize");
  const lines = [
    priceLine(record, context, {
      cloud: "aws",
      sku: `ebs.${kind}.storage`,
      component: sizeGB === undefined ? "root volume" : `root volume, ${kind}, ${sizeGB} GB`,
      quantity: sizeGB,
      unknownBecause: "its size is not given, and then it is the image's",
    }),
  ];
  const extraIops = Math.max(0, (numberIn(volume, "iops") ?? 0) - includedIops);
  if (extraIops > 0) {
    const component = `root volume, ${extraIops} IOPS over ${includedIops}`;
    lines.push(priceLine(record, context, { cloud: "aws", sku: `ebs.${kind}.iops`, component, quantity: extraIops }));
  }
  const extraThroughput = Math.max(0, (numberIn(volume, "throughput") ?? 0) - includedThroughput);
  if (extraThroughput > 0) {
    const component = `root volume, ${extraThroughput} MB/s over ${includedThroughput}`;
    lines.push(
      priceLine(record, context, { cloud: "aws", sku: `ebs.${kind}.throughput`, component, quantity: extraThroughput }),
    );
  }
  return lines;
}
