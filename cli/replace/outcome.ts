import { type Change, describeChange } from "./changes";

/** A machine that was replaced. */
export interface ReplacedNode {
  node: string;
  /** Id of the machine before; null where it was gone. */
  before: string | null;
  /** Id of the machine now; null where it did not come. */
  after: string | null;
}

/** A step that was begun. */
export interface StepDone {
  replica: number;
  nodes: ReplacedNode[];
  /** Whether the replica was seen ready; null where nobody waited. */
  ready: boolean | null;
}

/** What the command did, as its JSON document says. */
export class Outcome {
  /** `done`; `shown` and `declined`: nothing was replaced; `stopped`: by an error or by the user. */
  state: "done" | "shown" | "declined" | "stopped" = "done";
  readonly steps: StepDone[] = [];
  /** Replicas that have nothing to replace: never had, or were replaced by an earlier run. */
  readonly skipped: number[] = [];
  /** What was made before the first replica. */
  readonly made: string[] = [];
  /** Whether the release was brought up before the machines. */
  releaseFirst = false;
  /** What a plain `pulumi up` would still do. */
  left: string[] = [];

  leave(changes: readonly Change[]): void {
    this.left = changes.map(describeChange);
  }
}
