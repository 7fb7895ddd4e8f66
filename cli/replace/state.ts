import { UserError } from "../output";

/** The state of a stack as `pulumi stack export` prints it, as far as it is read here. */
interface Exported {
  deployment?: {
    resources?: ExportedResource[];
    pending_operations?: { resource: { urn: string }; type: string }[];
  };
}

interface ExportedResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  /** Whether it only waits to be deleted. */
  delete?: boolean;
  /** Whether it was deleted so that another takes its place, which has not come yet. */
  pendingReplacement?: boolean;
}

/** What the state of a stack says of its cluster. */
export interface ClusterState {
  /** URN of the component; those of its children begin with it. */
  urn: string;
  /** Name of the cluster, which every child's name starts with. */
  name: string;
  /** Ids of all resources that are there, by URN. */
  ids: ReadonlyMap<string, string>;
  /** How many nodes and replicas the last whole update planned; absent where the state does not say. */
  planned?: { nodes: number; replicas: number };
  /** Number of the release that nodes are pointed to. */
  release?: number;
  /** When the machines go, by the release in place, ISO 8601. */
  capacityEndsAt?: string;
  bucket?: string;
  /** Names of resources whose creation was cut off, so that nobody knows whether they are there. */
  pending: string[];
}

const clusterType = "llm-cluster:index:AwsCluster";

/** Reads a stack's state. Throws a UserError where it has no cluster, or more than one. */
export function readClusterState(text: string, stack: string): ClusterState {
  const { resources = [], pending_operations: operations = [] } = (JSON.parse(text) as Exported).deployment ?? {};
  const living = resources.filter((resource) => !resource.delete);
  const cluster = findCluster(living, stack);
  const name = nameOf(cluster.urn);
  const child = (suffix: string) =>
    living.find(({ urn }) => isChild(urn, cluster.urn) && nameOf(urn) === `${name}-${suffix}`);
  const there = living.filter(({ pendingReplacement }) => !pendingReplacement);
  return {
    urn: cluster.urn,
    name,
    ids: new Map(there.flatMap(({ urn, id }) => (id === undefined ? [] : [[urn, id] as const]))),
    planned: plannedOf(cluster),
    release: releaseOf(child("release-pointer")),
    capacityEndsAt: endOf(textOf(child("release")?.inputs?.content)),
    bucket: textOf(cluster.outputs?.modelStore) ?? child("models")?.id,
    pending: operations.filter(({ type }) => type === "creating").map(({ resource }) => nameOf(resource.urn)),
  };
}

function findCluster(resources: readonly ExportedResource[], stack: string): ExportedResource {
  const clusters = resources.filter(({ type }) => type === clusterType);
  const [cluster] = clusters;
  if (!cluster) throw new UserError(`stack ${stack}: there is no cluster in it. Fix: run 'pulumi up' first`);
  if (clusters.length > 1) {
    const names = clusters.map(({ urn }) => nameOf(urn)).join(", ");
    throw new UserError(
      `stack ${stack}: has ${clusters.length} clusters (${names}), and a stack file describes one. Fix: give each a stack of its own`,
    );
  }
  return cluster;
}

/** URN of a cluster's child. */
export function childUrn({ urn, name }: Pick<ClusterState, "urn" | "name">, type: string, suffix: string): string {
  return `${urn.slice(0, urn.lastIndexOf("::"))}$${type}::${name}-${suffix}`;
}

function isChild(urn: string, cluster: string): boolean {
  return urn.startsWith(`${cluster.slice(0, cluster.lastIndexOf("::"))}$`);
}

/** The last part of a URN: what the program calls the resource. */
export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

function plannedOf({ inputs }: ExportedResource): ClusterState["planned"] {
  const { nodes, replicas } = (inputs?.plan ?? {}) as { nodes?: unknown; replicas?: unknown };
  return typeof nodes === "number" && typeof replicas === "number" ? { nodes, replicas } : undefined;
}

/** A pointer is `<number> <checksum> <key>` (serving/release.ts). */
function releaseOf(pointer: ExportedResource | undefined): number | undefined {
  const number = /^\d+/.exec(textOf(pointer?.inputs?.content) ?? "")?.[0];
  return number === undefined ? undefined : Number(number);
}

/** The end of capacity that a release tells nodes (serving/surroundings.ts). */
export function endOf(release: string | undefined): string | undefined {
  return /^CAPACITY_ENDS_AT=(\d[^\s']*)$/m.exec(release ?? "")?.[1];
}

/** What is encrypted is an object, and no text. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
