import { type CostLine, includedLine, type PricingContext, type ResourcePricer, unknownLine } from "../lines";
import { isHidden, isPartOfCluster, type ResourceRecord, textIn, valueIn } from "../records";
import { publicAddressLine } from "./elasticIp";
import { launchTemplateOf } from "./launchTemplate";
import { machineLine } from "./machine";
import { readBlockDevice, type VolumeDescription, volumeLines } from "./volume";

/**
 * An EC2 instance: the machine by its purchase mode, its volumes, and a public address if it gets one. Type, mode and
 * volumes are read from the instance, from the launch template that it names, or from what AWS answered.
 */
export const instancePricer: ResourcePricer = {
  price: (record, context) => {
    const template = launchTemplateOf(record, context.graph);
    const type =
      textIn(record.inputs, "instanceType") ??
      textIn(template?.inputs, "instanceType") ??
      knownBefore(record, "instanceType");
    if (type === undefined) {
      return [unknownLine(record, "machine", "instance", "the instance type is not known before the update")];
    }
    const described = { record, template, type };
    const volumes = volumesOf(record, template).flatMap((volume) => volumeLines(record, context, volume));
    return [instanceLine(described, context), ...volumes, ...publicAddress(record, template, context)];
  },
};

/** What AWS answered last stands as long as the program does not say that it will be something else. */
function knownBefore({ inputs, outputs }: ResourceRecord, property: string): string | undefined {
  return isHidden(inputs, property) ? undefined : textIn(outputs, property);
}

interface DescribedInstance {
  record: ResourceRecord;
  template?: ResourceRecord;
  type: string;
}

function instanceLine({ record, template, type }: DescribedInstance, context: PricingContext): CostLine {
  const holders = [record.inputs, template?.inputs];
  const firstText = (...path: string[]) =>
    holders.map((inputs) => textIn(inputs, ...path)).find((text) => text !== undefined);
  const market =
    firstText("instanceMarketOptions", "marketType") ?? (textIn(record.outputs, "instanceLifecycle") || undefined);
  const tenancy = firstText("tenancy") ?? firstText("placement", "tenancy");
  const reservation = reservationOf(record, template, context);
  const mode = market ?? "on-demand";
  if (reservation) {
    return includedLine(record, "machine", `${type}, ${mode}`, `paid by ${reservation.name}`);
  }
  if (mode === "capacity-block" && isPartOfCluster(record)) {
    return includedLine(record, "machine", `${type}, ${mode}`, "paid by the cluster's capacity block");
  }
  return machineLine(record, context, { type, mode, tenancy });
}

const reservationTypes = [
  "aws:ec2/capacityReservation:CapacityReservation",
  "aws:ec2/capacityBlockReservation:CapacityBlockReservation",
];

/** The reservation of the same stack that an instance is to run in, which is billed whether or not it does. */
function reservationOf(
  record: ResourceRecord,
  template: ResourceRecord | undefined,
  { graph }: PricingContext,
): ResourceRecord | undefined {
  return [record, template]
    .flatMap((holder) => (holder ? reservationTypes.map((type) => [holder, type] as const) : []))
    .map(([holder, type]) => graph.dependencyOf(holder, "capacityReservationSpecification", type))
    .find((found) => found !== undefined);
}

function volumesOf({ inputs, outputs }: ResourceRecord, template: ResourceRecord | undefined): VolumeDescription[] {
  const mappings = listIn(template?.inputs, "blockDeviceMappings").filter(
    (mapping) => valueIn(mapping, "ebs") !== undefined,
  );
  const [first, ...others] = mappings;
  const root = valueIn(inputs, "rootBlockDevice") ?? valueIn(first, "ebs") ?? valueIn(outputs, "rootBlockDevice");
  const own = listIn(inputs, "ebsBlockDevices").map((device) => readDevice(device, device));
  return [
    readBlockDevice(root, "root", "root volume"),
    ...others.map((mapping) => readDevice(mapping, valueIn(mapping, "ebs"))),
    ...own,
  ];
}

function readDevice(mapping: unknown, device: unknown): VolumeDescription {
  const name = textIn(mapping, "deviceName") ?? "volume";
  return readBlockDevice(device, name, `volume ${name}`);
}

function listIn(inputs: unknown, property: string): unknown[] {
  const list = valueIn(inputs, property);
  return Array.isArray(list) ? list : [];
}

/** An instance with a public address pays for it, whether it asked for it itself or its template did. */
function publicAddress(
  record: ResourceRecord,
  template: ResourceRecord | undefined,
  context: PricingContext,
): CostLine[] {
  const asked = [record.inputs, ...listIn(template?.inputs, "networkInterfaces")].some((holder) => {
    const value = valueIn(holder, "associatePublicIpAddress");
    return value === true || value === "true";
  });
  return asked ? [publicAddressLine(record, context)] : [];
}
