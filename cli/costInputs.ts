import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { combine } from "../pricing/inputs/combine";
import { DocumentError } from "../pricing/inputs/documentError";
import { readDocument } from "../pricing/inputs/readDocument";
import type { ChangeStep, StackChange } from "../pricing/inputs/stackChange";
import { exitCode, UserError } from "./output";
import { compareResources } from "./preview/changes";
import { recordProgram } from "./preview/host";
import { readStackProject, type StackProject } from "./preview/project";
import type { RecordedResource, Recording } from "./preview/recorder";
import { checkoutRevision, type Revision } from "./preview/revision";

/** A stack file as its program describes it, or a document; the program's resources stand beside. */
export interface CostInput {
  change: StackChange;
  recorded?: RecordedResource[];
}

/**
 * Reads what a user names: a stack file or a stack's name (its program is run offline), `<revision>:<stack file>`, or
 * what the Pulumi engine wrote; `-` is standard input. Throws a UserError that says what the file is.
 */
export async function readInput(given: string): Promise<CostInput> {
  if (given !== "-" && /\.ya?ml$/.test(given) && existsSync(given)) return readStackFile(given);
  if (given === "-" || existsSync(given))
    return { change: expectDocument(() => readDocument(readBytes(given), given)) };
  const [, revision, file] = /^([^:]+):(.+)$/.exec(given) ?? [];
  if (revision !== undefined && file !== undefined && existsSync(file)) return readAtRevision(file, revision);
  if (/[./\\]/.test(given)) {
    throw new UserError(
      `${given}: there is no such file. Fix: give a preview's JSON, a stack export, a stack file or a stack's name`,
    );
  }
  return readStackFile(given);
}

/** Where a command's price and usage files are: with the first stack file that it names, or here. */
export function folderOfInputs(files: readonly string[]): string {
  const paths = files.flatMap((given) => [given, given.slice(given.indexOf(":") + 1)]);
  const stackFile = paths.find((path) => /\.ya?ml$/.test(path) && existsSync(path));
  return stackFile === undefined ? "." : dirname(resolve(stackFile));
}

/** Runs a stack file's program offline; the stack that it describes is what the change leads to. */
export async function readStackFile(file: string): Promise<CostInput> {
  if (/^Pulumi\.ya?ml$/.test(basename(file))) {
    throw new UserError(`${file}: is the project's file. Fix: give a stack's, such as stacks/Pulumi.dev.yaml`);
  }
  return describeRecording(readStackProject(file));
}

/** Runs a stack's program offline: the resources that it registers, and the stack that they make. */
export async function describeRecording(
  project: StackProject,
  shown = project.stackFile,
): Promise<CostInput & { recorded: RecordedResource[] }> {
  const { resources, warnings } = await record(project);
  const change: StackChange = {
    kind: "stack file",
    file: shown,
    project: project.name,
    stack: project.stack,
    config: project.config,
    after: { records: resources, pendingDeletion: [] },
    steps: [],
    failed: [],
    notes: warnings,
  };
  return { change, recorded: resources };
}

/** The stack of a file as it was at a git revision. */
async function readAtRevision(file: string, revision: string): Promise<CostInput> {
  const { root, stackPath } = readStackProject(file);
  const then = checkoutRevision(revision, root);
  try {
    return await describeRecording(readStackProject(then.expectFile(stackPath)), shownAt(stackPath, revision));
  } finally {
    then.remove();
  }
}

/** Each stack file against itself at a revision, or each input against one other; a stack that was not there is new. */
export async function readAgainst(files: readonly string[], against: string): Promise<StackChange[]> {
  if (existsSync(against)) {
    // One stack before would be counted once a file.
    if (files.length > 1)
      throw new UserError(`--against ${against}: is one file, for ${files.length}. Fix: compare one at a time`);
    const before = await readInput(against);
    return inTurn(files, async (file) => combineInputs(before, await readInput(file)));
  }
  const checkouts = new Map<string, Revision>();
  const checkoutOf = (root: string) => {
    const known = checkouts.get(root) ?? checkoutRevision(against, root);
    checkouts.set(root, known);
    return known;
  };
  try {
    return await inTurn(files, async (file) => {
      if (isDocument(file)) {
        const what = `${file}: is no stack file, so it has no revision before`;
        throw new UserError(`${what}. Fix: give a stack file, or two documents`);
      }
      const project = readStackProject(file);
      const then = checkoutOf(project.root).fileThen(project.stackPath);
      if (then === undefined) {
        const { change, recorded } = await describeRecording(project);
        return newStack(change, recorded, `${basename(project.stackPath)} was not there at ${against}`);
      }
      const [before, after] = await both(
        describeRecording(readStackProject(then), shownAt(project.stackPath, against)),
        describeRecording(project),
      );
      return combineInputs(before, after);
    });
  } finally {
    for (const checkout of checkouts.values()) checkout.remove();
  }
}

/** Two programs at a time, of two checkouts; where one fails the other is waited for, so that nothing is left running. */
async function both<Left, Right>(left: Promise<Left>, right: Promise<Right>): Promise<[Left, Right]> {
  await Promise.allSettled([left, right]);
  return Promise.all([left, right]);
}

/** Whether something is a file that is no stack file. */
function isDocument(given: string): boolean {
  return given === "-" || (existsSync(given) && !/\.ya?ml$/.test(given));
}

function newStack(change: StackChange, recorded: readonly RecordedResource[], why: string): StackChange {
  const before = { records: [], pendingDeletion: [] };
  return { ...change, before, steps: stepsOf([], recorded), notes: [...change.notes, `the stack is new: ${why}`] };
}

function shownAt(stackPath: string, revision: string): string {
  return `${relative(process.cwd(), stackPath)} at ${revision}`;
}

/** One after another: programs of one checkout must not build its sources at the same time. */
async function inTurn<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** One change of two inputs, each of which stands for the stack that it leads to. */
export function combineInputs(before: CostInput, after: CostInput): StackChange {
  const change = expectDocument(() => combine(before.change, after.change));
  if (!before.recorded || !after.recorded) return change;
  const steps = stepsOf(before.recorded, after.recorded);
  if (before.change.stack === after.change.stack) return { ...change, steps };
  // Two stacks stand beside each other: no update makes the one of the other, and nothing is replaced.
  return { ...change, steps: steps.map((step) => (step.op === "replace" ? { ...step, op: "update" } : step)) };
}

/** What an update would do, as far as two programs tell: the offline preview's own comparison. */
function stepsOf(before: readonly RecordedResource[], after: readonly RecordedResource[]): ChangeStep[] {
  const byName = new Map([...before, ...after].map((resource) => [`${resource.type}|${resource.name}`, resource]));
  return compareResources(before, after).flatMap(({ change, type, name }): ChangeStep[] => {
    const resource = byName.get(`${type}|${name}`);
    if (!resource) return [];
    const { urn, retainOnDelete, protect, deleteBeforeReplace } = resource;
    const goes = change === "delete" || change === "replace";
    const order = change === "replace" ? { deleteBeforeReplace } : {};
    return [
      {
        op: change,
        urn,
        type,
        name,
        retained: change === "delete" && retainOnDelete,
        protected: goes && protect,
        ...order,
      },
    ];
  });
}

function readBytes(given: string): Uint8Array {
  try {
    if (given !== "-" && !statSync(given).isFile()) throw Object.assign(new Error(), { code: "is no file" });
    return readFileSync(given === "-" ? 0 : given);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`${given}: cannot be read (${code}). Fix: give the path of a file that you may read`);
  }
}

function expectDocument<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError)
      throw new UserError("the file is nested too deep. Fix: give what the engine printed");
    throw error instanceof DocumentError ? new UserError(error.message) : error;
  }
}

/** A program that stops because its decision fits nothing has its own exit code. */
async function record(project: StackProject): Promise<Recording> {
  try {
    return await recordProgram(project);
  } catch (error) {
    const unfit = error instanceof UserError && / does not fit \d+ x /.test(error.message);
    throw unfit ? new UserError(error.message, exitCode.unfit) : error;
  }
}
