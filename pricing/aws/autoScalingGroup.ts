import { type ResourcePricer, unknownLine } from "../lines";
import { isHidden, numberIn, type ResourceGraph, type ResourceRecord, textIn, valueIn } from "../records";
import { launchTemplateOf } from "./launchTemplate";
import { machineLine, timesCount } from "./machine";
import { readBlockDevice, volumeLines } from "./volume";

/** An Auto Scaling group: as many machines as it is to have, else the fewest that it may have, each with its root volume. */
export const autoScalingGroupPricer: ResourcePricer = {
  price: (record, context) => {
    const template = launchTemplateOf(record, context.graph) ?? mixedTemplate(record, context.graph);
    const override = valueIn(record.inputs, "mixedInstancesPolicy", "launchTemplate", "overrides", 0);
    const type = textIn(override, "instanceType") ?? textIn(template?.inputs, "instanceType");
    if (type === undefined) {
      return [unknownLine(record, "machine", "machines of the group", "the launch template is not in this document")];
    }
    const { inputs } = record;
    const hidden = isHidden(inputs, "desiredCapacity");
    const quantity = hidden ? undefined : (numberIn(inputs, "desiredCapacity") ?? numberIn(inputs, "minSize"));
    const mode = textIn(template?.inputs, "instanceMarketOptions", "marketType") ?? "on-demand";
    const count = { quantity, unknownBecause: "the number of machines is not known before the update" };
    const volume = {
      ...readBlockDevice(valueIn(template?.inputs, "blockDeviceMappings", 0, "ebs"), "root", "root volume"),
    };
    const perMachine = volumeLines(record, context, volume);
    return [
      machineLine(record, context, { type, mode, count }),
      ...perMachine.map((line) => timesCount(line, quantity)),
    ];
  },
};

function mixedTemplate(record: ResourceRecord, graph: ResourceGraph): ResourceRecord | undefined {
  return graph.dependencyOf(record, "mixedInstancesPolicy", "aws:ec2/launchTemplate:LaunchTemplate");
}
