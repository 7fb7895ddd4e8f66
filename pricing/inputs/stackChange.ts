import type { ResourceRecord } from "../records";

/** What a document was, in the words of whoever made it. */
export type DocumentKind = "preview" | "event log" | "stack export" | "stack file";

/** A stack at one moment. */
export interface StackSide {
  records: ResourceRecord[];
  /** Resources that were replaced or dropped, and are still there and billed until an update removes them. */
  pendingDeletion: ResourceRecord[];
}

/** What an update does to one resource; replacements are one step, however many the engine takes for them. */
export interface ChangeStep {
  op: "create" | "update" | "replace" | "delete" | "import";
  urn: string;
  type: string;
  name: string;
  /** The old one goes before the new one is there; known from an event log only. */
  deleteBeforeReplace?: boolean;
  /** It leaves the stack, and stays in the cloud. */
  retained: boolean;
  /** The engine will refuse to delete it. */
  protected: boolean;
}

/** A stack before and after, as one or two documents tell of it. */
export interface StackChange {
  kind: DocumentKind;
  /** Where it was read from, as a user would write it. */
  file: string;
  project?: string;
  stack?: string;
  /** Configuration values that the document carries, `namespace:key` to text. */
  config: Readonly<Record<string, string>>;
  /** That of the stack before, where another document tells of it. */
  configBefore?: Readonly<Record<string, string>>;
  /** Absent where a document tells of one moment only. */
  before?: StackSide;
  after: StackSide;
  steps: ChangeStep[];
  /** Resources that have another URN than before, by an alias: new URN to old one. */
  renamed?: ReadonlyMap<string, string>;
  /** Set where unchanged resources are left out: how many. Then sums are of the changed part, differences of all. */
  leftOut?: number;
  /** Resources that an update did not get done: they are counted as they were. */
  failed: string[];
  /** How the document was read: worth telling, and no change by itself. */
  notes: string[];
}
