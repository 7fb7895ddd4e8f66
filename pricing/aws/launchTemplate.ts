import type { ResourceGraph, ResourceRecord } from "../records";

const launchTemplateType = "aws:ec2/launchTemplate:LaunchTemplate";

/** The launch template of the same stack that a resource starts its machines from. */
export function launchTemplateOf(record: ResourceRecord, graph: ResourceGraph): ResourceRecord | undefined {
  return graph.dependencyOf(record, "launchTemplate", launchTemplateType);
}
