import { CapacityMode } from "../../sizing/decisionArgs";
import type { Subject } from "./subject";

// Arguments that name something of the account which is not asked about, and what could be wrong with it.
const named: readonly { path: string; what: string }[] = [
  { path: "network.routeTableId", what: "that it leads nodes where they need to go" },
  { path: "storage.huggingFaceTokenSecret", what: "that the secret is there, and opens the repository" },
  { path: "serving.apiKeySecret", what: "that the secret is there" },
  { path: "serving.imageRegistry", what: "that it has the images, and lets the nodes pull" },
  { path: "endpoint.certificateArn", what: "that it is issued, for the name that callers use" },
  { path: "endpoint.hostedZoneId", what: "that it is there, and is of the VPC" },
  { path: "endpoint.privateLinkPrincipals", what: "that they exist" },
  { path: "observability.logGroup", what: "that it is there" },
  { path: "observability.alarmTopic", what: "that it is there, and lets CloudWatch publish" },
  { path: "kmsKey", what: "that it is enabled, and its policy lets EC2, logs and the nodes use it" },
];

/** Settings of Pulumi's AWS provider by which it may act as somebody else, or elsewhere, than preflight asks. */
const providerSettings = [
  "accessKey",
  "secretKey",
  "token",
  "assumeRole",
  "assumeRoles",
  "assumeRoleWithWebIdentity",
  "endpoints",
];

/** What nobody asked about, or nobody can tell: so that no silence is taken for a yes. */
export function listNotChecked(subject: Subject): string[] {
  return [
    ...capacityUnknowns(subject),
    "that whoever runs pulumi up may make what the stack has (IAM, service control policies)",
    "other quotas: VPCs, elastic addresses, gp3 storage, load balancers",
    "that container images exist and can be pulled, and that the store has the model's weights",
    ...named.filter(({ path }) => subject.given(path) !== undefined).map(({ path, what }) => `${path}: ${what}`),
    ...actsAsAnother(subject),
  ];
}

function capacityUnknowns({ capacity, machine, zone }: Subject): string[] {
  switch (capacity.mode) {
    case CapacityMode.spot:
      return [
        `whether AWS has ${machine} on spot in ${zone}, and for how long: it may take them back with two minutes' notice`,
      ];
    case CapacityMode.openReservation:
      return [
        "whether an open reservation takes machines of the cluster's own placement group: AWS documents that only for reservations that were made in the group",
        onDemandUnknown(machine, zone),
      ];
    case CapacityMode.onDemand:
      return [onDemandUnknown(machine, zone)];
    default:
      return [];
  }
}

function onDemandUnknown(machine: string, zone: string): string {
  return `whether AWS has ${machine} on demand in ${zone} at the moment: only starting one tells`;
}

function actsAsAnother({ project }: Subject): string[] {
  const given = providerSettings.filter((key) => project.config[`aws:${key}`] !== undefined);
  if (given.length === 0) return [];
  const keys = given.map((key) => `aws:${key}`).join(", ");
  return [`what pulumi up sees with ${keys} of the stack: preflight asks with its own credentials`];
}
