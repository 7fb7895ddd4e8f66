import { hiddenLines, type ResourcePricer, unknownLine } from "../lines";
import { isHidden, numberIn, textIn, valueIn } from "../records";
import { partLines } from "./instanceParts";
import { launchTemplateOf } from "./launchTemplate";
import { machineLine, timesCount } from "./machine";

// Amazon EKS API reference, CreateNodegroup: without instance types it is t3.medium, without a disk size 20 GiB (Linux).
const defaultType = "t3.medium";
const defaultDiskGB = 20;

const modes: Readonly<Record<string, string>> = { SPOT: "spot", CAPACITY_BLOCK: "capacity-block" };

/** An EKS managed node group: its machines and their disks. */
export const nodeGroupPricer: ResourcePricer = {
  price: (record, context) => {
    const { inputs } = record;
    const template = launchTemplateOf(record, context.graph);
    if (!template && (valueIn(inputs, "launchTemplate") !== undefined || isHidden(inputs, "launchTemplate"))) {
      const reason = "the launch template is not in this document";
      return [unknownLine(record, "machine", "machines of the group", reason)];
    }
    const type = textIn(inputs, "instanceTypes", 0) ?? textIn(template?.inputs, "instanceType") ?? defaultType;
    const quantity = numberIn(inputs, "scalingConfig", "desiredSize");
    const mode = modes[textIn(inputs, "capacityType") ?? ""] ?? "on-demand";
    const count = { quantity, unknownBecause: "the number of machines is not known before the update" };
    // Without a template the group's own disk size is the root volume's.
    const disk = { volumeType: "gp3", volumeSize: numberIn(inputs, "diskSize") ?? defaultDiskGB };
    const described = template ? { template: template.inputs } : { inputs: { rootBlockDevice: disk } };
    const perMachine = partLines({ record, ...described }, context);
    return [
      machineLine(record, context, { type, mode, count }),
      ...perMachine.map((line) => timesCount(line, quantity)),
      ...hiddenLines(record, inputs, ["instanceTypes", "instanceTypes.0", "capacityType", "diskSize", "scalingConfig"]),
    ];
  },
};
