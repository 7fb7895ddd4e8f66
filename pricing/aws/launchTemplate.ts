import type { ResourceGraph, ResourceRecord } from "../records";

/** The type token of launch templates. */
export const launchTemplateType = "aws:ec2/launchTemplate:LaunchTemplate";

/** Inputs of a template that decide what the machines made from it cost. */
export const billedOfTemplates: readonly string[] = [
  "instanceType",
  "blockDeviceMappings",
  "capacityReservationSpecification",
  "instanceMarketOptions",
  "networkInterfaces",
  "placement",
];

/** The launch template of the same stack that a resource starts its machines from. */
export function launchTemplateOf(record: ResourceRecord, graph: ResourceGraph): ResourceRecord | undefined {
  return graph.dependencyOf(record, "launchTemplate", launchTemplateType);
}

/** The template of a group that mixes ways of buying. */
export function mixedTemplateOf(record: ResourceRecord, graph: ResourceGraph): ResourceRecord | undefined {
  const idPath = ["launchTemplate", "launchTemplateSpecification", "launchTemplateId"];
  return graph.dependencyOf(record, "mixedInstancesPolicy", launchTemplateType, idPath);
}
