import { basename } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { PriceBook } from "../../pricing/priceBook";
import { decisionSchema, type ResolvedDecision, readDecision } from "../../sizing/decision";
import { CapacityMode, Cloud, type DecisionArgs } from "../../sizing/decisionArgs";
import { isZoneId } from "../../sizing/places";
import { type Problem, ProblemsError } from "../../sizing/problems";
import { parseShape } from "../../sizing/shape";
import { isTraining } from "../../sizing/training/recipe";
import { loadAddedModels } from "../modelFiles";
import { loadPrices } from "../priceFiles";
import { isVpcCidr, vpcPrefixRange } from "./addresses";

/** What happens to a cluster's model store when the cluster is destroyed. */
export const OnDelete = { delete: "delete", retain: "retain" } as const;
export type OnDelete = (typeof OnDelete)[keyof typeof OnDelete];

/** The network that a cluster makes for itself. */
export interface AwsNetworkArgs {
  /** IPv4 range of the VPC, /16 to /20. Default: 10.0.0.0/16. Cost: none; the VPC's NAT gateway and its public address are billed by the hour. */
  vpcCidr?: string;
}

/** Where weights, releases and status reports are kept. */
export interface AwsStorageArgs {
  /** Name of an existing S3 bucket in the same region; several clusters may share one. Default: a bucket is made. Changing it on a running cluster replaces every node. Cost: weights are stored at S3 Standard rates. */
  bucket?: pulumi.Input<string>;
  /** Whether `destroy` deletes the bucket with everything in it, or leaves it. Default: delete; retain where the cluster trains, for its checkpoints. Cost: a bucket that is left goes on costing. */
  onDelete?: OnDelete;
}

/** What the nodes run. A change here is a new release: an object is updated, and no node is replaced; except for amiId. */
export interface AwsServingArgs {
  /** Container image of the engine, best with a digest. Default: a pinned vLLM. Cost: none. */
  image?: string;
  /** Port of the OpenAI-compatible API. Default: 8000. */
  port?: number;
  /** Number of the release, yours to raise; a release whose content changes under the same number is taken too. Default: 1. */
  release?: number;
  /** Machine image. Default: the newest Deep Learning Base AMI (Ubuntu 22.04) when the cluster is made; newer ones are not taken unasked. A change of it replaces every node. Cost: none. */
  amiId?: pulumi.Input<string>;
  /** ARN of an existing Secrets Manager secret whose text is the API key. Default: a key is generated. Cost: a secret is billed by the month. */
  apiKeySecret?: pulumi.Input<string>;
}

/** What the nodes of a cluster that trains have ready. A change here is a new release, and no node is replaced; except for amiId. */
export interface AwsTrainingArgs {
  /** Container image that you train in, best with a digest: PyTorch with what your recipe needs. Needed where decision.workload trains. Cost: none. */
  image?: string;
  /** Number of the release, yours to raise. Default: 1. */
  release?: number;
  /** Machine image. Default: the newest Deep Learning Base AMI (Ubuntu 22.04) when the cluster is made. A change of it replaces every node. Cost: none. */
  amiId?: pulumi.Input<string>;
}

/** The arguments of AwsCluster. */
export interface AwsClusterArgs {
  /** What is to be served, for whom, and where. Cost: decides nearly all of it. */
  decision: DecisionArgs;
  /** The network that the cluster makes. */
  network?: AwsNetworkArgs;
  /** Where weights, releases and status reports are kept. */
  storage?: AwsStorageArgs;
  /** What the nodes run, where the decision is to serve. */
  serving?: AwsServingArgs;
  /** What the nodes have ready, where the decision is to train. */
  training?: AwsTrainingArgs;
  /** Tags of every resource; keys of letters, digits and - _ + = , . @ : only. */
  tags?: Record<string, string>;
}

/** A text of a form, or something that will be one: an output of another resource, or a promise. */
function inputText(form: RegExp, rule: string) {
  return z.custom<pulumi.Input<string>>(
    (value) => (typeof value === "string" ? form.test(value) : isComing(value)),
    rule,
  );
}

function isComing(value: unknown): boolean {
  const { __pulumiOutput: isOutput, then } = (value ?? {}) as { __pulumiOutput?: unknown; then?: unknown };
  return isOutput === true || typeof then === "function";
}

const bucketName = inputText(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$|^\[secret\]$/, "must be the name of an S3 bucket");
const imageId = inputText(
  /^ami-[0-9a-f]{8,17}$|^\[secret\]$/,
  "must be the id of a machine image, such as ami-0123456789abcdef0",
);
const secretArn = inputText(/^arn:[\w-]+:secretsmanager:|^\[secret\]$/, "must be the ARN of a Secrets Manager secret");
const containerImage = z
  .string()
  .regex(/^[\w][\w./:@-]*$/, "must be the name of a container image, such as vllm/vllm-openai:v0.26.0");

// What instance metadata can show as a tag key (EC2 guide, instance tags in the metadata service): nodes read theirs there.
const tagKey = /^(?!aws:|\.{1,2}$|_index$)[0-9a-zA-Z\-_+=,.@:]{1,128}$/;
const tagRule =
  "must be letters, digits and - _ + = , . @ : only, because nodes read their tags from instance metadata";

/** Shape of the arguments; test/components checks that it and the interfaces above say the same. */
export const awsClusterSchema = z.strictObject({
  decision: decisionSchema,
  network: z.strictObject({ vpcCidr: z.string().optional() }).optional(),
  storage: z.strictObject({ bucket: bucketName.optional(), onDelete: z.enum(OnDelete).optional() }).optional(),
  serving: z
    .strictObject({
      image: containerImage.optional(),
      port: z.number().int().min(1024).max(65_535).optional(),
      release: z.number().int().min(1).max(1_000_000_000).optional(),
      amiId: imageId.optional(),
      apiKeySecret: secretArn.optional(),
    })
    .optional(),
  training: z
    .strictObject({
      image: containerImage.optional(),
      release: z.number().int().min(1).max(1_000_000_000).optional(),
      amiId: imageId.optional(),
    })
    .optional(),
  tags: z.record(z.string().regex(tagKey, tagRule), z.string().max(256)).optional(),
});

// The decision is read apart, with the rules between its fields.
const surroundings = awsClusterSchema.omit({ decision: true }).extend({ decision: z.unknown() });

/** Arguments that were checked, with the decision resolved. */
export interface ParsedAwsArgs extends Omit<AwsClusterArgs, "decision"> {
  resolved: ResolvedDecision;
  /** The project's own prices over the shipped ones; absent where it has none. */
  prices?: PriceBook;
}

/** Names that every child builds on: of the 32 characters of a load balancer's name, `-nlb` and Pulumi's own suffix take 12. */
const longestName = 20;

/**
 * Checks everything that can be checked before a resource exists, and returns all problems at once.
 * @param region the stack's own region (`aws:region`)
 * @param folder where the models file is looked for, and where the path of a config.json begins
 */
export function parseAwsArgs(
  name: string,
  args: unknown,
  region?: string,
  folder = ".",
): { parsed?: ParsedAwsArgs; problems: Problem[] } {
  const problems: Problem[] = [];
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > longestName) {
    problems.push({
      path: "name",
      value: name,
      message: `must be lower-case letters, digits and hyphens, at most ${longestName}, because S3 and load balancer names are made of it`,
      fix: "use a short name such as llm",
    });
  }
  const shape = parseShape(surroundings, args, "");
  const added = loadAddedModels(modelOf(shape.valid.decision), folder, "decision.model");
  const decision = readDecision(onAws(shape.valid.decision), { region, models: added.models });
  const { prices, problems: unreadPrices } = readPrices(folder);
  // A file that cannot be read is one problem: that its path names no model is not another.
  const unread = added.problems.some(({ path }) => path === "decision.model");
  const parsed = shape.valid as Omit<AwsClusterArgs, "decision">;
  const faulty = new Set(shape.problems.map(({ path }) => path));
  problems.push(
    ...shape.problems,
    ...added.problems,
    ...unreadPrices,
    ...decision.problems.filter(({ path }) => !unread || path !== "decision.model"),
    ...checkPlace(shape.valid.decision, region),
    ...checkNetwork(parsed),
    ...checkPurpose(shape.valid).filter(({ path }) => !faulty.has(path)),
  );
  if (!decision.resolved || problems.length > 0) return { problems };
  return { problems, parsed: { ...parsed, resolved: decision.resolved, prices } };
}

function readPrices(folder: string): { prices?: PriceBook; problems: readonly Problem[] } {
  try {
    return { prices: loadPrices(folder), problems: [] };
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return {
      problems: error.problems.map((problem) => ({ ...problem, path: `${basename(error.what)}: ${problem.path}` })),
    };
  }
}

function modelOf(decision: unknown): unknown {
  return typeof decision === "object" && decision !== null ? (decision as Partial<DecisionArgs>).model : undefined;
}

/** The decision as this component reads it: `any` cloud is AWS, so that machines, regions and modes of others are refused. */
function onAws(decision: unknown): unknown {
  if (typeof decision !== "object" || decision === null || Array.isArray(decision)) return decision;
  const { cloud = Cloud.any } = decision as Partial<DecisionArgs>;
  return cloud === Cloud.any ? { ...decision, cloud: Cloud.aws } : decision;
}

/** What a plan can leave open and a cluster cannot: region, zone, and a purchase mode that this version provisions. */
function checkPlace(decision: unknown, region: string | undefined): Problem[] {
  if (typeof decision !== "object" || decision === null) return [];
  const { region: own, zone, capacity, cloud } = decision as Partial<DecisionArgs>;
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
  const mode = capacity?.mode;
  if (mode === CapacityMode.reservation || mode === CapacityMode.openReservation || mode === CapacityMode.spot) {
    problems.push({
      path: "decision.capacity.mode",
      value: mode,
      message: "can be priced, but is not provisioned in this version",
      fix: "use onDemand or capacityBlock",
    });
  }
  return problems;
}

/** A cluster serves or trains: what is of the other is refused, and nobody can guess what is trained in. */
function checkPurpose({ decision, serving, training }: Record<string, unknown>): Problem[] {
  const workload = isMapping(decision) ? (decision as Partial<DecisionArgs>).workload : undefined;
  if (!isTraining(workload)) {
    if (!isGiven(training)) return [];
    const fix = "remove it, or set decision.workload to lora, qlora or full";
    return [{ path: "training", message: "is for a cluster that trains, and decision.workload is inference", fix }];
  }
  const problems: Problem[] = [];
  if (isGiven(serving)) {
    const message = `is for a cluster that serves, and decision.workload is ${workload}`;
    problems.push({ path: "serving", message, fix: "remove it, or use training" });
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

function checkNetwork({ network }: Pick<AwsClusterArgs, "network">): Problem[] {
  const { vpcCidr } = network ?? {};
  if (vpcCidr === undefined || typeof vpcCidr !== "string" || isVpcCidr(vpcCidr)) return [];
  const { min, max } = vpcPrefixRange;
  return [
    {
      path: "network.vpcCidr",
      value: vpcCidr,
      message: `is not an IPv4 range from /${min} to /${max} that starts at its own base address`,
      fix: "use one such as 10.0.0.0/16",
    },
  ];
}

/** A subnet takes a zone by name or by id, never both. */
export function zoneInput(zone: string): { availabilityZone: string } | { availabilityZoneId: string } {
  return isZoneId(zone) ? { availabilityZoneId: zone } : { availabilityZone: zone };
}
