import { type CostLine, hiddenLines, type PricingContext, priceLine, type ResourcePricer, unknownLine } from "../lines";
import { isHidden, numberIn, type ResourceRecord, textIn } from "../records";

// What gp3 includes without charge (prices.json, units "over 3000" and "over 125").
const includedIops: Readonly<Record<string, number>> = { gp3: 3000 };
const includedThroughput = 125;

/** A volume's description, wherever it stands: on an instance, in a launch template, or as a resource. */
export interface VolumeDescription {
  /** What a line is matched by: `root`, or a device's name. */
  key: string;
  /** How a line calls it: `root volume`. */
  label: string;
  sizeGB?: number;
  /** Undefined where nothing tells: then it is the image's. */
  kind?: string;
  iops?: number;
  throughput?: number;
  /** Why the size is not known, where it is not. */
  unknownBecause: string;
  /** Where the description stands, for what of it cannot be read. */
  device?: unknown;
}

/** Reads a block device as instances and launch templates write it. */
export function readBlockDevice(device: unknown, key: string, label: string): VolumeDescription {
  const hidden = isHidden(device, "volumeSize");
  return {
    key,
    label,
    sizeGB: numberIn(device, "volumeSize"),
    kind: textIn(device, "volumeType"),
    iops: numberIn(device, "iops"),
    throughput: numberIn(device, "throughput"),
    device,
    unknownBecause: hidden
      ? "its size is not known before the update"
      : "its size is not given, and then it is the image's",
  };
}

/** An EBS volume: capacity, and what exceeds the performance that its kind includes. */
export function volumeLines(record: ResourceRecord, context: PricingContext, volume: VolumeDescription): CostLine[] {
  const { key, label, kind, sizeGB, iops, throughput, unknownBecause, device } = volume;
  if (kind === undefined) {
    const size = sizeGB === undefined ? "" : `, ${sizeGB} GB`;
    const reason = sizeGB === undefined ? unknownBecause : "its type is not given, and then it is the image's";
    return [unknownLine(record, `${key}.capacity`, `${label}${size}`, reason)];
  }
  const line = (sku: string, part: string, component: string, quantity: number | undefined) =>
    priceLine(record, context, {
      cloud: "aws",
      sku: `ebs.${kind}.${sku}`,
      key: `${key}.${part}`,
      component,
      quantity,
      unknownBecause,
    });
  const lines = [line("storage", "capacity", sizeGB === undefined ? label : `${label}, ${kind}, ${sizeGB} GB`, sizeGB)];
  const included = includedIops[kind] ?? 0;
  // gp2's performance comes with its size; io1, io2 and gp3 are billed for what is ordered.
  const extraIops = kind === "gp2" ? 0 : Math.max(0, (iops ?? 0) - included);
  if (extraIops > 0) {
    const over = included > 0 ? ` over ${included}` : "";
    lines.push(line("iops", "iops", `${label} IOPS, ${extraIops}${over}`, extraIops));
  }
  const extraThroughput = kind === "gp3" ? Math.max(0, (throughput ?? 0) - includedThroughput) : 0;
  if (extraThroughput > 0) {
    const component = `${label} throughput, ${extraThroughput} MB/s over ${includedThroughput}`;
    lines.push(line("throughput", "throughput", component, extraThroughput));
  }
  const hidden = hiddenLines(record, device, ["volumeType", "type", "iops", "throughput"]);
  return [
    ...lines,
    ...hidden.map((line) => ({ ...line, key: `${key}.${line.key}`, component: `${label}, ${line.component}` })),
  ];
}

/** An EBS volume of its own. */
export const volumePricer: ResourcePricer = {
  price: (record, context) => {
    const { inputs, outputs } = record;
    const volume: VolumeDescription = {
      key: "volume",
      label: "volume",
      sizeGB: isHidden(inputs, "size") ? undefined : (numberIn(inputs, "size") ?? numberIn(outputs, "size")),
      // EC2 API reference, CreateVolume: gp2 unless another type is given.
      kind: textIn(inputs, "type") ?? textIn(outputs, "type") ?? "gp2",
      iops: numberIn(inputs, "iops"),
      throughput: numberIn(inputs, "throughput"),
      device: inputs,
      unknownBecause: isHidden(inputs, "size")
        ? "its size is not known before the update"
        : "its size is not given, and then it is its snapshot's",
    };
    return volumeLines(record, context, volume);
  },
};
