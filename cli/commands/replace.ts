import { exitCode, print, printJson, UserError } from "../output";
import { replaceNodes } from "../replace/deadNodes";
import { Outcome } from "../replace/outcome";
import { replaceChanged } from "../replace/roll";
import { type ReplaceSettings, Session } from "../replace/session";
import { type ReplaceWorld, realReplaceWorld } from "../replace/world";

/** Options of `replace`, as commander hands them over. */
export interface ReplaceOptions {
  /** Indices of nodes. */
  node?: readonly string[];
  /** Every machine that the stack file changes. */
  changed?: boolean;
  /** Minutes that a replica may take until it is ready. Default: 90. */
  timeout?: string;
  /** Whether to wait until a replica is ready. Default: yes. */
  wait?: boolean;
  bucket?: string;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** Loading several hundred GB of weights takes up to an hour; a machine, its image and its disks come before. */
const defaultTimeoutMinutes = 90;

/**
 * `llm-cluster replace`: replaces machines of a stack that is up, one replica at a time. Throws a UserError or a
 * ProblemsError where nothing was done; what stops it later is part of its document.
 * @param world surroundings; default: the process's own
 */
export async function replace(
  file: string,
  options: ReplaceOptions,
  world: ReplaceWorld = realReplaceWorld(),
): Promise<void> {
  const nodes = readNodes(options);
  const settings = readSettings(file, options);
  const session = await Session.open(file, settings, world);
  const outcome = new Outcome();
  try {
    await (nodes.length > 0 ? replaceNodes(session, nodes, outcome) : replaceChanged(session, outcome));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    outcome.state = "stopped";
    finish(session, outcome, options, error);
    return;
  } finally {
    session.interrupt.end();
  }
  finish(session, outcome, options);
}

/** Says what was done, and what stopped it. */
function finish(session: Session, outcome: Outcome, options: ReplaceOptions, error?: UserError): void {
  if (error) process.exitCode = error.code;
  else if (outcome.state === "declined") process.exitCode = exitCode.error;
  if (options.json) {
    printJson(toDocument(session, outcome, error));
  } else {
    print(describeOutcome(session, outcome));
  }
  if (error) console.error(`llm-cluster: ${error.message}`);
}

function describeOutcome({ stack }: Session, { state, steps, left, skipped }: Outcome): string[] {
  const lines = steps.flatMap(({ replica, nodes, ready }) =>
    nodes.map(({ node, before, after }) => {
      const seen = ready ? "ready" : "not waited for";
      return `replica ${replica}: ${node} ${before ?? "(gone)"} -> ${after ?? "(none)"}, ${seen}`;
    }),
  );
  if (state === "done" && steps.length === 0) {
    const all =
      skipped.length === stack.layout.plan.replicas ? "the stack file changes no machine" : "nothing was replaced";
    lines.push(all);
  }
  if (state === "shown" || state === "declined") lines.push("nothing was replaced");
  if (state === "done" && left.length > 0) lines.push(`left for 'pulumi up': ${left.join(", ")}`);
  return lines;
}

function toDocument({ stack, state, release }: Session, outcome: Outcome, error?: UserError) {
  const { made, releaseFirst, skipped, steps, left } = outcome;
  return {
    project: stack.project.name,
    stack: stack.project.stack,
    cluster: state.name,
    release,
    outcome: outcome.state,
    made,
    releaseFirst,
    steps,
    skipped,
    left,
    ...(error ? { error: { message: error.message } } : {}),
  };
}

function readNodes({ node = [], changed = false }: ReplaceOptions): number[] {
  if (node.length > 0 === changed) {
    throw new UserError(
      `replace: ${changed ? "--node and --changed are both given" : "which machines"}. Fix: --node INDEX for one that is dead, or --changed for all that the stack file changes`,
    );
  }
  return [...new Set(node.map(readNode))];
}

function readNode(text: string): number {
  const index = /^(?:node-)?(\d{1,5})$/.exec(text)?.[1];
  if (index !== undefined) return Number(index);
  throw new UserError(`--node ${text}: is no node. Fix: its index, such as 0, or its name, such as node-0`);
}

function readSettings(file: string, options: ReplaceOptions): ReplaceSettings {
  const { timeout = String(defaultTimeoutMinutes), wait = true, yes = false, dryRun = false, json, bucket } = options;
  const minutes = Number(timeout);
  if (!(minutes > 0 && minutes <= 24 * 60)) {
    throw new UserError(`--timeout ${timeout}: is no number of minutes up to 1440. Fix: such as --timeout 90`);
  }
  if (json && !yes && !dryRun)
    throw new UserError("--json: nobody is asked beside a document. Fix: add --yes or --dry-run");
  const again = options.changed
    ? `go on with 'llm-cluster replace ${file} --changed': what is replaced already is left alone`
    : "'llm-cluster replace' with --node replaces again what it has replaced: name only the nodes that were not";
  return { again, timeoutMs: minutes * 60_000, wait, yes, dryRun, bucket };
}
