import { type CostLine, type Pricer, priceLine } from "../lines";
import { hoursPerMonth } from "../money";
import { numberIn, type ResourceGraph, type ResourceRecord, textIn, valueIn } from "../records";
import { volumeLines } from "./volume";

const launchTemplateType = "aws:ec2/launchTemplate:LaunchTemplate";

/**
 * An EC2 instance: the machine by its purchase mode, and its root volume. Type, mode and volume are read from the
 * instance, or from the launch template that it names.
 */
export const priceInstance: Pricer = (record, context) => {
  const template = context.graph.dependencyOf(record, "launchTemplate", launchTemplateType);
  const type = textIn(record.inputs, "instanceType") ?? textIn(template?.inputs, "instanceType");
  if (type === undefined) {
    const reason = "the instance type is not known before the update";
    const { urn, name } = record;
    return [
      {
        urn,
        type: record.type,
        name,
        component: "instance",
        state: "unknownQuantity",
        schedule: "runRate",
        unit: "hour",
        reason,
      },
    ];
  }
  return [machineLine(type, record, template, context), ...rootVolumeLines(record, template, context)];
};

function machineLine(
  type: string,
  record: ResourceRecord,
  template: ResourceRecord | undefined,
  context: Parameters<Pricer>[1],
): CostLine {
  const market =
    textIn(record.inputs, "instanceMarketOptions", "marketType") ??
    textIn(template?.inputs, "instanceMarketOptions", "marketType");
  const mode = market ?? "on-demand";
  const line = { cloud: "aws", sku: type, mode, component: `${type}, ${mode}` };
  if (mode !== "capacity-block") return priceLine(record, context, { ...line, quantity: hoursPerMonth });
  // The fee of a block is paid upfront for the whole window, whatever is destroyed meanwhile (EC2 guide, Capacity Blocks).
  return priceLine(record, context, {
    ...line,
    schedule: "oneOff",
    quantity: blockHours(context.graph, record),
    unknownBecause: "the length of the capacity block is not given (decision.capacity.hours)",
  });
}

function blockHours(graph: ResourceGraph, record: ResourceRecord): number | undefined {
  const inputs = graph.clusterOf(record)?.inputs;
  // A plan to train makes the block as long as the run, where the decision leaves that open.
  return numberIn(inputs, "plan", "capacityHours") ?? numberIn(inputs, "decision", "capacity", "hours");
}

function rootVolumeLines(
  record: ResourceRecord,
  template: ResourceRecord | undefined,
  context: Parameters<Pricer>[1],
): CostLine[] {
  const own = valueIn(record.inputs, "rootBlockDevice");
  const mapped = valueIn(template?.inputs, "blockDeviceMappings", 0, "ebs");
  const volume = own ?? mapped;
  return volumeLines(record, context, volume);
}
