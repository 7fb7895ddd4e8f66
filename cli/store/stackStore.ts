import type { ParsedAwsArgs } from "../../components/aws/args";
import { type AwsLayout, planAwsCluster } from "../../components/aws/plan/layout";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";
import { ProblemsError } from "../../sizing/problems";
import { readClusterArgs } from "../../stacks/settings";
import { exitCode, UserError } from "../output";
import { readStackProject, type StackProject } from "../preview/project";
import { readStackOutput } from "./stackOutput";
import type { World } from "./world";

/** A stack as its file describes it, and where its store is. */
export interface StackStore {
  project: StackProject;
  args: ParsedAwsArgs;
  layout: AwsLayout;
  bucket: string;
  region: string;
  /** What goes before the keys of releases and reports: nothing in a bucket of the cluster's own. */
  reportPrefix: string;
}

/** Name of the cluster in the program of `pulumi up` (stacks/program.ts). */
const clusterName = "llm";

/** Reads a stack file and finds its bucket. Throws a UserError or a ProblemsError. */
export async function readStackStore(file: string, given: string | undefined, world: World): Promise<StackStore> {
  const project = readStackProject(file);
  const args = readArgs(project);
  const layout = plan(args, project);
  const brought = broughtBucket(args);
  const bucket = given === undefined ? (brought ?? (await askPulumi(project, world))) : checkName(given);
  // Several clusters may share a bucket that was brought along: each has a prefix of its own (components/aws/storage.ts).
  const isBrought = args.storage?.bucket !== undefined;
  const reportPrefix = isBrought ? `clusters/${project.name}-${project.stack}-${clusterName}/` : "";
  return { project, args, layout, bucket, region: layout.region, reportPrefix };
}

function readArgs({ name, config, root, stackFile }: StackProject): ParsedAwsArgs {
  const { parsed, problems } = parseAwsArgs(clusterName, readClusterArgs(name, config), config["aws:region"], root);
  if (!parsed) throw new ProblemsError(problems, stackFile);
  return parsed;
}

/** A decision that nothing carries has no nodes that would read or report anything. */
function plan(args: ParsedAwsArgs, { stackFile }: StackProject): AwsLayout {
  try {
    return planAwsCluster(args);
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "UnfitError") throw new UserError(`${stackFile}: ${message}`, exitCode.unfit);
    if (/Fix: /.test(message)) throw new UserError(`${stackFile}: ${message}`);
    throw error;
  }
}

function broughtBucket({ storage }: ParsedAwsArgs): string | undefined {
  const bucket = storage?.bucket;
  if (typeof bucket !== "string") return undefined;
  if (bucket !== "[secret]") return bucket;
  throw new UserError("storage.bucket: is encrypted in the stack file. Fix: give --bucket NAME");
}

function askPulumi(project: StackProject, world: World): Promise<string> {
  return readStackOutput(project, "modelStore", "give --bucket NAME", world);
}

function checkName(bucket: string): string {
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return bucket;
  throw new UserError(`--bucket ${bucket}: is no bucket's name. Fix: give it without s3:// and without a path`);
}
