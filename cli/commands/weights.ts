import { setMaxListeners } from "node:events";
import { WeightsSource } from "../../components/aws/args";
import { GB } from "../../sizing/units";
import { readNumber } from "../options";
import { print, printJson, UserError } from "../output";
import { Bucket } from "../store/bucket";
import { readStackStore, type StackStore } from "../store/stackStore";
import { realWorld, type World } from "../store/world";
import { chooseSource } from "../weights/chooseSource";
import { selectModel } from "../weights/completeness";
import { type PushRequest, pushWeights } from "../weights/push";
import { describeResult, describeStart, toDocument } from "../weights/pushText";
import type { Selection } from "../weights/selection";
import type { Source } from "../weights/source";
import { WeightsStore } from "../weights/weightsStore";

/** Options of `weights push`, as commander hands them over. */
export interface PushOptions {
  /** `hf:REPO[@REVISION]` or a folder. Default: the repository of the stack file, else of the catalogue. */
  from?: string;
  /** Default: storage.bucket of the stack file, else the stack's own, which Pulumi tells. */
  bucket?: string;
  /** Address of a Hugging Face hub or mirror. Default: HF_ENDPOINT, else https://huggingface.co. */
  hub?: string;
  /** Parts under way at a time. Default: 8. */
  parallel?: string;
  deleteOthers?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** Bytes of a part: 8 of them at a time fill a fast line, and fit into little memory. */
export const usualPartBytes = 32 * 2 ** 20;
/** What a shell says of a command that Ctrl-C ended: 128 and the number of SIGINT. */
const interruptedCode = 130;

class Interrupted extends Error {}

/**
 * `llm-cluster weights push`: brings the model store of a stack to the weights that its release reads. What is there is
 * not sent again, and what was interrupted is continued. Throws a UserError or a ProblemsError.
 * @param world surroundings; default: the process's own
 * @param partBytes bytes of a part, a multiple of 64; S3 itself takes none below 5 MiB but the last
 */
export async function pushStackWeights(
  file: string,
  options: PushOptions,
  world: World = realWorld(),
  partBytes: number = usualPartBytes,
): Promise<void> {
  const parallel = readParallel(options.parallel);
  const stack = await readStackStore(file, options.bucket, world);
  const controller = new AbortController();
  // Every request listens, and there are as many as --parallel says: Node takes more than ten for a leak.
  setMaxListeners(0, controller.signal);
  const quiet = world.onInterrupt(() => controller.abort(new Interrupted()));
  const client = world.s3(stack.region);
  let source: Source | undefined;
  try {
    const chosen = await chooseSource(options, stack, world, controller.signal);
    source = chosen.source;
    const place = { bucket: stack.bucket, region: stack.region };
    const request: PushRequest = {
      source,
      selection: await selectModel(source, controller.signal),
      store: new WeightsStore(new Bucket(client, place, controller.signal), stack.layout.weightsPrefix),
      ...{ parallel, partBytes, controller },
      dryRun: options.dryRun === true,
      deleteOthers: options.deleteOthers === true,
    };
    await push({ stack, request, chosenBy: chosen.chosenBy }, options, world);
  } catch (error) {
    const { aborted, reason } = controller.signal;
    // What is still under way ends as well.
    controller.abort(error);
    if (aborted && reason instanceof Interrupted) throw interrupted(file, options, source?.argument ?? options.from);
    throw error;
  } finally {
    quiet();
    client.destroy();
  }
}

async function push(
  { stack, request, chosenBy }: { stack: StackStore; request: PushRequest; chosenBy: string },
  { json }: PushOptions,
  world: World,
): Promise<void> {
  const { progress, now } = world;
  const warnings = warn(stack, request.selection);
  for (const line of [...describeStart(request, chosenBy), ...warnings.map((words) => `warning: ${words}`)])
    progress.write(`${line}\n`);
  const started = now();
  const result = await pushWeights(request, world);
  const report = { stack, request, result, chosenBy, warnings, seconds: (now() - started) / 1000 };
  if (json) printJson(toDocument(report));
  else print(describeResult(report));
}

/** What is not wrong for sure, and most likely is. */
function warn({ args, layout }: StackStore, { taken }: Selection): string[] {
  const warnings: string[] = [];
  if (args.storage?.weights === WeightsSource.huggingFace)
    warnings.push("storage.weights is huggingFace: the nodes pull for themselves, and do not read this store");
  const bytes = taken.reduce((total, { path, size }) => (path.endsWith(".safetensors") ? total + size : total), 0);
  const planned = layout.weightsGB * GB;
  const { model, precision } = layout.plan.decision;
  // What is loaded and what is published differ by some per cent; another precision is half or double.
  if (bytes < 0.7 * planned || bytes > 1.4 * planned)
    warnings.push(
      `the weights have ${(bytes / GB).toFixed(1)} GB, and ${model} in ${precision} is planned with ${layout.weightsGB} GB: see that this is the right repository`,
    );
  return warnings;
}

function interrupted(file: string, { bucket, hub, parallel, deleteOthers }: PushOptions, from?: string): UserError {
  const given: [string, string | undefined][] = [
    ["--from", from],
    ["--bucket", bucket],
    ["--hub", hub],
    ["--parallel", parallel],
  ];
  const flags = given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, quote(value)]));
  const command = ["llm-cluster weights push", quote(file), ...flags, ...(deleteOthers ? ["--delete-others"] : [])];
  return new UserError(
    `stopped; what was sent is kept, and continued from. Fix: continue with: ${command.join(" ")}`,
    interruptedCode,
  );
}

function quote(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function readParallel(given = "8"): number {
  const count = readNumber(given);
  if (typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new UserError(`--parallel: ${given} is not a whole number from 1 to 64. Fix: 8 is usual; each takes 64 MiB`);
}
