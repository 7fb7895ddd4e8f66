import type { ResolvedDecision } from "../../../sizing/decision";
import type { DecisionArgs } from "../../../sizing/decisionArgs";
import type { Problem } from "../../../sizing/problems";
import { isTraining } from "../../../sizing/training/recipe";
import type { AwsClusterArgs } from "../args";
import { checkEndpoint } from "./endpointRules";
import { checkNetwork } from "./networkRules";
import { checkStorage } from "./storageRules";

/** What the rules between arguments read: everything whose own shape is right. */
export type ReadableArgs = Partial<Omit<AwsClusterArgs, "decision">>;

/** The rules between a cluster's arguments, and between them and the decision as far as it could be read. */
export function checkSurroundings(
  valid: Record<string, unknown>,
  resolved: ResolvedDecision | undefined,
  stackRegion: string | undefined,
): Problem[] {
  const args = onlyMappings(valid);
  const decision = isMapping(valid.decision) ? (valid.decision as Partial<DecisionArgs>) : {};
  const region = resolved?.decision.region ?? decision.region ?? stackRegion;
  const trains = isTraining(decision.workload);
  return [
    ...checkPurpose(decision.workload, trains, valid),
    ...checkNetwork(args, { region, trains }),
    ...checkStorage(args, resolved),
    ...checkRegions(args, region),
    ...(trains ? [] : checkEndpoint(args, decision.zone)),
  ];
}

/** A key, a certificate and a topic work in their own region only. */
function checkRegions({ kmsKey, endpoint, observability }: ReadableArgs, region: string | undefined): Problem[] {
  const given = {
    kmsKey,
    "endpoint.certificateArn": endpoint?.certificateArn,
    "observability.alarmTopic": observability?.alarmTopic,
  };
  return Object.entries(given).flatMap(([path, arn]) => {
    const own = typeof arn === "string" ? /^arn:[\w-]+:\w+:([a-z0-9-]+):/.exec(arn)?.[1] : undefined;
    if (region === undefined || own === undefined || own === region) return [];
    return [
      { path, value: String(arn), message: `is in ${own}, and the cluster in ${region}`, fix: `name one of ${region}` },
    ];
  });
}

/** Arguments that are no mappings were refused by their shape. */
function onlyMappings({ decision: _, ...valid }: Record<string, unknown>): ReadableArgs {
  return Object.fromEntries(Object.entries(valid).filter(([key, value]) => key === "kmsKey" || isMapping(value)));
}

/** A cluster serves or trains: what is of the other is refused, and nobody can guess what is trained in. */
function checkPurpose(workload: unknown, trains: boolean, { serving, training, endpoint }: Record<string, unknown>) {
  const problems: Problem[] = [];
  if (!trains) {
    if (!isGiven(training)) return problems;
    const fix = "remove it, or set decision.workload to lora, qlora or full";
    return [{ path: "training", message: "is for a cluster that trains, and decision.workload is inference", fix }];
  }
  for (const [path, value] of Object.entries({ serving, endpoint })) {
    // Its registry is every image's.
    const { imageRegistry: _, ...rest } = isMapping(value) ? value : {};
    if (!isGiven(rest)) continue;
    const message = `is for a cluster that serves, and decision.workload is ${workload}`;
    problems.push({ path, message, fix: path === "serving" ? "remove it, or use training" : "remove it" });
  }
  if (training !== undefined && !isMapping(training)) return problems;
  if (training?.image === undefined) {
    problems.push({
      path: "training.image",
      message: "is missing, and a cluster that trains needs it",
      fix: "name the container image that you train in, such as nvcr.io/nvidia/pytorch:25.10-py3",
    });
  }
  return problems;
}

/** A stack's project gives every argument an empty default. */
function isGiven(value: unknown): boolean {
  return isMapping(value) && Object.keys(value).length > 0;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
