/** Why a rule is not held, and the clusters of the fixtures whose arguments make it hold. */
export interface Reason {
  why: string;
  heldIn?: readonly string[];
}

const ownKey =
  "AWS's own key is used unless kmsKey names one: a key is the account's to own, with its policy and its bill";
const agentHasNoInstance =
  "ssm:UpdateInstanceInformation could name an instance; a role is made before its machines, and AWS's own least policy (Systems Manager guide, Session Manager) has *";
const noCertificate =
  "without endpoint.certificateArn callers speak HTTP inside the VPC; the cluster cannot draw a certificate that they trust";

/** The rules that some cluster does not hold. A reason that is no longer needed fails the test. */
export const reasons: Readonly<Record<string, Reason>> = {
  CKV_AWS_126: {
    why: "detailed monitoring is of CPU and network, billed by the metric; what matters of a GPU machine its node sends itself",
  },
  CKV_AWS_135: {
    why: "P5 and P6 are EBS-optimized and cannot be otherwise (EC2 guide, EBS optimization), so the flag would say nothing",
  },
  CKV_AWS_290: { why: agentHasNoInstance },
  CKV_AWS_355: { why: agentHasNoInstance },
  CKV_AWS_189: { why: ownKey, heldIn: ["shared", "brought"] },
  CKV_AWS_145: { why: ownKey, heldIn: ["shared"] },
  CKV_AWS_149: { why: ownKey, heldIn: ["shared"] },
  CKV_AWS_158: { why: ownKey, heldIn: ["shared"] },
  CKV_AWS_190: { why: ownKey, heldIn: ["brought"] },
  CKV_AWS_2: { why: noCertificate, heldIn: ["shared", "brought"] },
  CKV_AWS_103: { why: noCertificate, heldIn: ["shared", "brought"] },
  CKV_AWS_378: { why: noCertificate, heldIn: ["shared", "brought"] },
  CKV2_AWS_20: { why: noCertificate, heldIn: ["shared", "brought"] },
  CKV2_AWS_11: { why: "network.flowLogs none asks for no flow log", heldIn: ["small", "noWayOut"] },
  CKV_AWS_123: {
    why: "endpoint.privateLinkPrincipals is the consent: whoever it lists needs no other, and nobody else is let in",
  },
  CKV_AWS_18: {
    why: "an access log needs a bucket of its own; the store's readers are the nodes' role, and CloudTrail can tell of them",
  },
  CKV_AWS_21: { why: "an older version of some weights costs as much as they do, and they can be pushed again" },
  CKV_AWS_144: {
    why: "weights are copies of what is published; another region's nodes would have a store of their own",
  },
  CKV2_AWS_62: { why: "nothing acts on a new object: nodes ask for releases and weights themselves" },
  CKV_AWS_91: {
    why: "an access log needs a bucket that ELB may write to; callers are inside the VPC, and the engine logs their requests",
  },
  CKV_AWS_150: {
    why: "a test cluster must go when it is told to; endpoint.deletionProtection is for one that must not",
    heldIn: ["brought"],
  },
  CKV_AWS_152: {
    why: "EFA keeps all nodes in one zone, and a network load balancer stands in that zone alone: there is none to cross to",
  },
  CKV_AWS_338: {
    why: "logs are kept 30 days unless observability.logRetentionDays says otherwise: what is kept is billed",
    heldIn: ["noWayOut"],
  },
  CKV2_AWS_34: { why: "the parameter holds the id of a public machine image, which is no secret" },
  CKV2_AWS_57: {
    why: "a rotation by schedule would leave callers with the old key; put another into the secret when they are ready for it",
  },
};
