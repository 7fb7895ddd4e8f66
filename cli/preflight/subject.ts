import { type AwsLayout, planAwsCluster, TooManyNodesError, UnfitError } from "../../components/aws/plan/layout";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";
import recorded from "../../sizing/data/aws-instance-types.json";
import { type CapacityArgs, CapacityMode } from "../../sizing/decisionArgs";
import { type Problem, ProblemsError } from "../../sizing/problems";
import { readClusterArgs } from "../../stacks/settings";
import { exitCode, UserError } from "../output";
import { readStackProject, type StackProject } from "../preview/project";

/** What `pulumi up` of a stack is about to ask of AWS, as far as preflight can ask about it beforehand. */
export interface Subject {
  project: StackProject;
  /** Project and stack, which are the value of its machines' tag `llm-cluster-stack`. */
  cluster: string;
  region: string;
  /** The decision's zone, a name or an id. */
  zone: string;
  machine: string;
  /** vCPU of one machine. */
  vcpus: number;
  nodes: number;
  capacity: CapacityArgs & { mode: CapacityMode };
  /** Machine image that was named; the newest Deep Learning Base AMI otherwise. */
  amiId?: string;
  /** GiB of every node's root volume. */
  rootVolumeGiB: number;
  /** A subnet that was brought along, and the range in it that is kept for nodes. */
  network: { subnetId?: string; nodeAddresses?: string };
  /** Where an application load balancer's second subnet is to be, or that subnet. */
  endpoint: { secondZone?: string; secondSubnetId?: string };
  /** A bucket that was brought along. */
  bucket?: string;
  /** The arguments as the stack file has them, by dotted path, for what is only named as not checked. */
  given(path: string): unknown;
}

/** The cluster's name in stacks/program.ts. */
const clusterName = "llm";

/** Reads a stack file and plans its cluster as the component does. Every fault of the file is thrown as the user's. */
export function readSubject(file: string): Subject {
  const project = readStackProject(file);
  const args = readClusterArgs(project.name, project.config);
  if (args.decision === undefined) {
    throw new UserError(
      `${project.stackFile}: has no ${project.name}:decision, so there is no cluster to check. Fix: give a stack file of a project like ours (docs/decision.md)`,
    );
  }
  const { parsed, layout } = planOf(project, args);
  const { plan } = layout;
  return {
    project,
    cluster: `${project.name}/${project.stack}`,
    region: plan.decision.region,
    zone: plan.decision.zone ?? "",
    machine: plan.machine,
    vcpus: vcpusOf(plan.machine),
    nodes: plan.nodes,
    // As it was given: the plan may have an id that stands for one that is still to be found.
    capacity: { ...plan.decision.capacity, reservationId: args.decision.capacity?.reservationId },
    amiId: textOf(parsed.training?.amiId ?? parsed.serving?.amiId),
    rootVolumeGiB: layout.rootVolume.volumeSize,
    network: { subnetId: textOf(parsed.network?.subnetId), nodeAddresses: parsed.network?.nodeAddresses },
    endpoint: {
      secondZone: parsed.endpoint?.secondZone,
      secondSubnetId: textOf(parsed.endpoint?.secondSubnetId),
    },
    bucket: textOf(parsed.storage?.bucket),
    given: (path) => valueAt(args, path),
  };
}

/**
 * The plan. A capacity block that nothing names yet is planned with an id that stands for it: finding one to buy is what
 * preflight is asked for then.
 */
function planOf(project: StackProject, args: ReturnType<typeof readClusterArgs>) {
  const read = (given: unknown) => parseAwsArgs(clusterName, given, project.config["aws:region"], project.root);
  const first = read(args);
  const unnamed = first.problems.every(isMissingBlock) && args.decision.capacity?.mode === CapacityMode.capacityBlock;
  const capacity = { ...args.decision.capacity, reservationId: "cr-00000000000000000", purchase: undefined };
  const { parsed, problems } =
    first.parsed || !unnamed ? first : read({ ...args, decision: { ...args.decision, capacity } });
  if (!parsed) throw new ProblemsError(problems, project.stackFile);
  return { parsed, layout: planned(parsed, project) };
}

function isMissingBlock({ path, value }: Problem): boolean {
  return /^decision\.capacity\.(reservation|offering)Id$/.test(path) && value === undefined;
}

function planned(parsed: Parameters<typeof planAwsCluster>[0], { stackFile }: StackProject): AwsLayout {
  try {
    return planAwsCluster(parsed);
  } catch (error) {
    if (error instanceof UnfitError) throw new UserError(`${stackFile}: ${error.message}`, exitCode.unfit);
    if (error instanceof TooManyNodesError) throw new UserError(`${stackFile}: ${error.message}`);
    throw error;
  }
}

const instanceTypes: Readonly<Record<string, { VCpuInfo: { DefaultVCpus: number } }>> = recorded.instance_types;

/** vCPU of an instance type; undefined for one that is not recorded. */
export function knownVcpus(machine: string): number | undefined {
  return instanceTypes[machine]?.VCpuInfo.DefaultVCpus;
}

function vcpusOf(machine: string): number {
  const vcpus = knownVcpus(machine);
  if (vcpus === undefined) throw new Error(`preflight: ${machine} was planned, but its instance type is not recorded`);
  return vcpus;
}

/** In a stack file there are texts only; in a program there may be outputs. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function valueAt(args: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined | null)?.[key], args);
}

/** Whether a value is encrypted in the stack file, so that only Pulumi can read it. */
export function isSecret(value: string): boolean {
  return value === "[secret]";
}
