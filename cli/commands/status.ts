import { exitCode, print, printJson } from "../output";
import { Bucket } from "../store/bucket";
import { type ClusterStatus, readClusterStatus } from "../store/reports";
import { readStackStore, type StackStore } from "../store/stackStore";
import { describeStatus } from "../store/statusText";
import { realWorld, type World } from "../store/world";

/** Options of `status`, as commander hands them over. */
export interface StatusOptions {
  /** Default: storage.bucket of the stack file, else the stack's own, which Pulumi tells. */
  bucket?: string;
  /** Asks again until every replica is ready. */
  watch?: boolean;
  /** Exits with 1 unless every replica is ready. */
  check?: boolean;
  json?: boolean;
}

/** How long `--watch` waits between two looks: nodes ask for their release every minute. */
export const watchIntervalMs = 15_000;

/**
 * `llm-cluster status`: what every node of a stack reported. Throws a UserError or a ProblemsError when the reports
 * cannot be read.
 * @param world surroundings; default: the process's own
 */
export async function status(file: string, options: StatusOptions, world: World = realWorld()): Promise<void> {
  const stack = await readStackStore(file, options.bucket, world);
  const client = world.s3(stack.region);
  const place = { bucket: stack.bucket, region: stack.region };
  const bucket = new Bucket(client, place, new AbortController().signal);
  try {
    const last = await look(stack, bucket, options, world);
    if (options.check && !isReady(last)) process.exitCode = exitCode.error;
  } finally {
    client.destroy();
  }
}

/** Looks once, or until all are ready. As JSON only the last look is printed: one document is what is promised. */
async function look(stack: StackStore, bucket: Bucket, options: StatusOptions, world: World): Promise<ClusterStatus> {
  for (;;) {
    const now = world.now();
    const seen = await readClusterStatus(stack.layout, bucket, stack.reportPrefix, now);
    const done = !options.watch || isReady(seen);
    if (!options.json) {
      const time = options.watch ? [new Date(now).toISOString()] : [];
      print([...time, ...describeStatus(seen, stack.layout.releaseNumber, now), ...(done ? [] : [""])]);
    } else if (done) printJson(toDocument(stack, seen));
    if (done) return seen;
    await world.sleep(watchIntervalMs);
  }
}

function isReady({ readyReplicas, replicas }: ClusterStatus): boolean {
  return readyReplicas === replicas;
}

function toDocument({ project, bucket, reportPrefix, layout }: StackStore, seen: ClusterStatus) {
  return {
    project: project.name,
    stack: project.stack,
    bucket,
    prefix: `${reportPrefix}status/`,
    release: layout.releaseNumber,
    ready: isReady(seen),
    ...seen,
    nodes: seen.nodes.map((node) => ({ ...node, report: node.report ?? null })),
  };
}
