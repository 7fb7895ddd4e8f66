import { UserError } from "../output";
import type { Session } from "./session";

/** Shows what is to be done and asks. Returns whether to go on: not after a no, and not when it was only to be shown. */
export async function confirm({ settings, world }: Session, lines: readonly string[]): Promise<boolean> {
  for (const line of lines) world.store.progress.write(`${line}\n`);
  if (settings.dryRun) return false;
  if (settings.yes) return true;
  if (!world.confirm) {
    throw new UserError("replace: there is nobody to ask. Fix: add --yes, or --dry-run to see what would be replaced");
  }
  return world.confirm("Replace these machines?");
}
