import type { ResourcePricer } from "../lines";
import { numberIn, textIn, valueIn } from "../records";
import { launchTemplateOf } from "./launchTemplate";
import { machineLine, timesCount } from "./machine";
import { readBlockDevice, volumeLines } from "./volume";

// Amazon EKS API reference, CreateNodegroup: without instance types it is t3.medium, without a disk size 20 GiB (Linux).
const defaultType = "t3.medium";
const defaultDiskGB = 20;

/** An EKS managed node group: its machines and their disks. */
export const nodeGroupPricer: ResourcePricer = {
  price: (record, context) => {
    const { inputs } = record;
    const template = launchTemplateOf(record, context.graph);
    const type = textIn(inputs, "instanceTypes", 0) ?? textIn(template?.inputs, "instanceType") ?? defaultType;
    const quantity = numberIn(inputs, "scalingConfig", "desiredSize");
    const spot = textIn(inputs, "capacityType") === "SPOT";
    const block = textIn(inputs, "capacityType") === "CAPACITY_BLOCK";
    const mode = spot ? "spot" : block ? "capacity-block" : "on-demand";
    const count = { quantity, unknownBecause: "the number of machines is not known before the update" };
    const mapped = valueIn(template?.inputs, "blockDeviceMappings", 0, "ebs");
    const disk = mapped ?? { volumeType: "gp3", volumeSize: numberIn(inputs, "diskSize") ?? defaultDiskGB };
    const volumes = volumeLines(record, context, readBlockDevice(disk, "root", "root volume"));
    return [machineLine(record, context, { type, mode, count }), ...volumes.map((line) => timesCount(line, quantity))];
  },
};
