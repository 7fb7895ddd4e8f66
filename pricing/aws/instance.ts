import { type CostLine, includedLine, type PricingContext, type ResourcePricer, unknownLine } from "../lines";
import { isHidden, isPartOfCluster, type ResourceRecord, readUrn, textIn } from "../records";
import { partLines } from "./instanceParts";
import { launchTemplateOf } from "./launchTemplate";
import { machineLine } from "./machine";

/**
 * An EC2 instance: the machine by its purchase mode, its volumes, and a public address if it gets one. Type, mode and
 * volumes are read from the instance, from what AWS answered, or from the launch template that it names.
 */
export const instancePricer: ResourcePricer = {
  price: (record, context) => {
    const { inputs, outputs } = record;
    const template = launchTemplateOf(record, context.graph);
    const type =
      textIn(inputs, "instanceType") ??
      // What runs is what AWS answered, whatever its template has become since.
      knownBefore(record, "instanceType") ??
      (isHidden(inputs, "instanceType") ? undefined : textIn(template?.inputs, "instanceType"));
    if (type === undefined) {
      return [unknownLine(record, "machine", "instance", "the instance type is not known before the update")];
    }
    const parts = { record, inputs, outputs, template: template?.inputs };
    return [instanceLine({ record, template, type }, context), ...partLines(parts, context)];
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
    return includedLine(record, "machine", `${type}, ${mode}`, `paid by ${reservation}`);
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

/** The name of the reservation of the same stack that an instance is to run in, which is billed whether or not it does. */
function reservationOf(
  record: ResourceRecord,
  template: ResourceRecord | undefined,
  { graph }: PricingContext,
): string | undefined {
  const property = "capacityReservationSpecification";
  const idPath = ["capacityReservationTarget", "capacityReservationId"];
  for (const holder of [record, template]) {
    if (!holder) continue;
    for (const type of reservationTypes) {
      const found = graph.dependencyOf(holder, property, type, idPath)?.name;
      // A document that leaves the unchanged reservation out still names it.
      const urn = holder.propertyDependencies?.[property]?.find((one) => readUrn(one)?.types.endsWith(type));
      const name = found ?? (urn === undefined ? undefined : readUrn(urn)?.name);
      if (name !== undefined) return name;
    }
  }
  return undefined;
}
