import { Cloud, type DecisionArgs } from "../../../sizing/decisionArgs";
import { isZoneId } from "../../../sizing/places";
import type { Problem } from "../../../sizing/problems";

/** What a plan can leave open and a cluster cannot: whose cloud, which region, and the one zone of every node. */
export function checkPlace(decision: unknown, region: string | undefined): Problem[] {
  if (typeof decision !== "object" || decision === null) return [];
  const { region: own, zone, cloud } = decision as Partial<DecisionArgs>;
  const problems: Problem[] = [];
  if (cloud === Cloud.gcp || cloud === Cloud.azure) {
    problems.push({
      path: "decision.cloud",
      value: cloud,
      message: "is another cloud than AwsCluster builds on",
      fix: "use aws or any; clusters on other clouds are sized by `llm-cluster size` and not built in this version",
    });
  }
  if (own === undefined && region === undefined) {
    problems.push({
      path: "decision.region",
      message: "is missing, and the stack has no aws:region",
      fix: "set aws:region, or decision.region",
    });
  }
  if (zone === undefined) {
    problems.push({
      path: "decision.zone",
      message: "is missing, and every node of a cluster must be in one zone",
      fix: "name a zone that has the machine (us-east-1a), or its id (use1-az4)",
    });
  }
  return problems;
}

/** A subnet takes a zone by name or by id, never both. */
export function zoneInput(zone: string): { availabilityZone: string } | { availabilityZoneId: string } {
  return isZoneId(zone) ? { availabilityZoneId: zone } : { availabilityZone: zone };
}
