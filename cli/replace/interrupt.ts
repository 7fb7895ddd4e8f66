import { UserError } from "../output";
import type { Pulumi } from "./pulumi";
import type { ReplaceWorld } from "./world";

/**
 * Ctrl-C. The first one stops between two steps, since a step that is cut short leaves a replica without its machines; the
 * second one asks Pulumi to stop within the step.
 */
export class Interrupt {
  private readonly controller = new AbortController();
  private readonly quiet: () => void;

  constructor(
    world: Pick<ReplaceWorld, "onInterrupt">,
    private readonly pulumi: Pulumi,
    private readonly say: (line: string) => void,
  ) {
    this.quiet = world.onInterrupt(() => this.hear());
  }

  /** Aborted once the user wants to stop: for waiting, which can be left at any time. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Throws a UserError, with what to do next, when the user wants to stop. */
  check(next: string): void {
    if (this.signal.aborted) throw new UserError(`stopped. Fix: ${next}`);
  }

  end(): void {
    this.quiet();
  }

  private hear(): void {
    if (this.signal.aborted) {
      this.pulumi.interrupt();
      return;
    }
    this.controller.abort();
    this.say("stops when this step has ended; Ctrl-C again asks Pulumi to stop within it");
  }
}
