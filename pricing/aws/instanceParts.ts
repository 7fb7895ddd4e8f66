import { type CostLine, hiddenLines, type PricingContext } from "../lines";
import { isHidden, type ResourceRecord, textIn, valueIn } from "../records";
import { publicAddressLine } from "./elasticIp";
import { readBlockDevice, type VolumeDescription, volumeLines } from "./volume";

/** What comes with every machine of an instance, a group or a pool: its volumes, and a public address if it gets one. */
export interface InstanceParts {
  /** What is billed, and who pays. */
  record: ResourceRecord;
  /** Where the instance itself says what it is; absent for machines that a group makes. */
  inputs?: unknown;
  /** What AWS answered of the instance. */
  outputs?: unknown;
  /** Inputs of the launch template. */
  template?: unknown;
}

/** Properties that decide how a machine is paid for, wherever they stand. */
const billingProperties = ["instanceMarketOptions", "instanceMarketOptions.marketType", "tenancy", "placement.tenancy"];

/** The lines of one machine's volumes and address, and of what cannot be read of it. */
export function partLines(parts: InstanceParts, context: PricingContext): CostLine[] {
  const { record, inputs, template } = parts;
  return [
    ...volumesOf(parts).flatMap((volume) => volumeLines(record, context, volume)),
    ...publicAddress(parts, context),
    ...[inputs, template].flatMap((holder) => hiddenLines(record, holder, billingProperties)),
  ];
}

function volumesOf({ inputs, outputs, template }: InstanceParts): VolumeDescription[] {
  const mappings = listIn(template, "blockDeviceMappings").filter((mapping) => valueIn(mapping, "ebs") !== undefined);
  const first = mappings.find(isRoot);
  const others = mappings.filter((mapping) => mapping !== first);
  const root = rootDevice(inputs, outputs, valueIn(first, "ebs"));
  const hidden = [
    [inputs, "ebsBlockDevices"],
    [template, "blockDeviceMappings"],
  ].some(([holder, property]) => isHidden(holder, String(property)));
  return withOwnKeys([
    readBlockDevice(root, "root", "root volume"),
    ...others.map((mapping) => readDevice(mapping, valueIn(mapping, "ebs"))),
    // terraform-provider-aws, aws_instance: ebs_block_device is gp2 unless another type is given.
    ...listIn(inputs, "ebsBlockDevices").map((device) => ({ kind: "gp2", ...defined(readDevice(device, device)) })),
    ...(hidden ? [readBlockDevice(undefined, "volumes", "further volumes")] : []),
  ]);
}

// EC2 User Guide, device names: what the root volume is called on Linux images.
const rootNames = ["/dev/sda1", "/dev/xvda"];

function isRoot(mapping: unknown): boolean {
  const name = valueIn(mapping, "deviceName");
  return name === undefined || rootNames.includes(String(name));
}

/** Field by field: what the program says, else what AWS answered (whatever the template has become since), else the template. */
function rootDevice(inputs: unknown, outputs: unknown, mapped: unknown): unknown {
  if (isHidden(inputs, "rootBlockDevice")) return undefined;
  const known = valueIn(outputs, "rootBlockDevice") ?? mapped;
  const own = valueIn(inputs, "rootBlockDevice");
  return own === undefined && known === undefined ? undefined : { ...(known as object), ...(own as object) };
}

/** Without what is not told, so that a default holds. */
function defined(volume: VolumeDescription): VolumeDescription {
  return Object.fromEntries(
    Object.entries(volume).filter(([, value]) => value !== undefined),
  ) as unknown as VolumeDescription;
}

/** Volumes that no name tells apart are told apart by their place. */
function withOwnKeys(volumes: readonly VolumeDescription[]): VolumeDescription[] {
  const seen = new Map<string, number>();
  return volumes.map((volume) => {
    const before = seen.get(volume.key) ?? 0;
    seen.set(volume.key, before + 1);
    return before === 0 ? volume : { ...volume, key: `${volume.key}#${before + 1}` };
  });
}

function readDevice(mapping: unknown, device: unknown): VolumeDescription {
  const name = textIn(mapping, "deviceName") ?? "volume";
  return readBlockDevice(device, name, name === "volume" ? "volume" : `volume ${name}`);
}

/** A machine with a public address pays for it, whether it asked for it itself or its template did. */
function publicAddress({ record, inputs, outputs, template }: InstanceParts, context: PricingContext): CostLine[] {
  const holders = [inputs, ...listIn(template, "networkInterfaces")];
  const asked = holders.some((holder) => {
    const value = valueIn(holder, "associatePublicIpAddress");
    return value === true || value === "true";
  });
  // A subnet may give one unasked.
  const given =
    valueIn(inputs, "associatePublicIpAddress") === undefined && valueIn(outputs, "associatePublicIpAddress") === true;
  if (asked || given) return [publicAddressLine(record, context, 1)];
  const open = holders.some((holder) => isHidden(holder, "associatePublicIpAddress"));
  return open ? [publicAddressLine(record, context, undefined)] : [];
}

function listIn(inputs: unknown, property: string): unknown[] {
  const list = valueIn(inputs, property);
  return Array.isArray(list) ? list : [];
}
