import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { UserError } from "../output";

/** A checkout of a git revision beside the working tree, for as long as it is needed. */
export interface Revision {
  /** The stack file as it was, in the checkout. */
  stackFile: string;
  remove(): void;
}

/**
 * Checks out a revision of the repository that a stack file is in, with the packages installed now. The program of then
 * runs on the stack file of then. Throws a UserError when there is no such revision, or no such file in it.
 * @param mayBeNew whether a file that was not there then is no fault; the result is then undefined
 */
export function checkoutRevision(revision: string, root: string, stackFile: string): Revision;
export function checkoutRevision(
  revision: string,
  root: string,
  stackFile: string,
  mayBeNew: boolean,
): Revision | undefined;
export function checkoutRevision(
  revision: string,
  root: string,
  stackFile: string,
  mayBeNew = false,
): Revision | undefined {
  const git = (...args: string[]) => spawnSync("git", ["-C", root, ...args], { encoding: "utf8" });
  const commit = git("rev-parse", "--verify", "--quiet", `${revision}^{commit}`).stdout?.trim();
  if (!commit) {
    throw new UserError(
      `--against ${revision}: is neither a stack file nor a revision of ${root}. Fix: give a Pulumi.<stack>.yaml, or a branch, tag or commit`,
    );
  }
  const top = git("rev-parse", "--show-toplevel").stdout.trim();
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
  const then = join(folder, relative(realpathSync(top), realpathSync(stackFile)));
  if (!existsSync(then)) {
    remove();
    if (mayBeNew) return undefined;
    throw new UserError(
      `--against ${revision}: ${relative(top, stackFile)} was not there. Fix: give a revision that has it, or a stack file`,
    );
  }
  const packages = join(root, "node_modules");
  if (existsSync(packages))
    symlinkSync(packages, join(folder, relative(realpathSync(top), realpathSync(root)), "node_modules"));
  return { stackFile: then, remove };
}
