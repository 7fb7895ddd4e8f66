import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { UserError } from "../output";

/** A checkout of a git revision beside the working tree, for as long as it is needed. */
export interface Revision {
  /** A file of the repository as it was, in the checkout; undefined where it was not there. */
  fileThen(file: string): string | undefined;
  /** The same. Throws a UserError where it was not there. */
  expectFile(file: string): string;
  remove(): void;
}

/**
 * Checks out a revision of the repository that a project is in, with the packages installed now. The program of then
 * runs on the stack file of then. Throws a UserError when there is no such revision.
 */
export function checkoutRevision(revision: string, root: string): Revision {
  const git = (...args: string[]) => spawnSync("git", ["-C", root, ...args], { encoding: "utf8" });
  const commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`).stdout?.trim();
  if (!commit) {
    throw new UserError(
      `--against ${revision}: is neither a stack file nor a revision of ${root}. Fix: give a Pulumi.<stack>.yaml, or a branch, tag or commit`,
    );
  }
  const top = realpathSync(git("rev-parse", "--show-toplevel").stdout.trim());
  const folder = mkdtempSync(join(tmpdir(), "llm-cluster-"));
  const remove = () => {
    git("worktree", "remove", "--force", folder);
    rmSync(folder, { recursive: true, force: true });
  };
  const { status, stderr } = git("worktree", "add", "--detach", "--force", folder, commit);
  if (status !== 0) {
    remove();
    throw new UserError(`--against ${revision}: cannot be checked out: ${stderr.trim()}`);
  }
  const packages = join(root, "node_modules");
  const project = join(folder, relative(top, realpathSync(root)));
  if (existsSync(packages) && existsSync(project) && !existsSync(join(project, "node_modules"))) {
    symlinkSync(packages, join(project, "node_modules"));
  }
  const fileThen = (file: string) => {
    const then = join(folder, relative(top, realpathSync(file)));
    return existsSync(then) ? then : undefined;
  };
  const expectFile = (file: string) => {
    const then = fileThen(file);
    if (then !== undefined) return then;
    throw new UserError(
      `--against ${revision}: ${relative(top, realpathSync(file))} was not there. Fix: give a revision that has it, or a stack file`,
    );
  };
  return { fileThen, expectFile, remove };
}
