import type { Problem } from "../problems";

export type Confidence = "high" | "medium" | "low";
const order: readonly Confidence[] = ["low", "medium", "high"];

// More than anyone reads: a file with this many surprises is not a configuration.
const mostEntries = 40;
const mostProblems = 200;

/** What a reading of a configuration gathers beside its numbers: what is wrong, what was assumed, what was left out. */
export class Report {
  readonly problems: Problem[] = [];
  readonly notes: string[] = [];
  readonly unmodelled: string[] = [];
  confidence: Confidence = "high";

  /** Something that the user should know about how the numbers came about. */
  note(text: string, confidence: Confidence = "high"): void {
    addOnce(this.notes, text);
    this.lower(confidence);
  }

  /** Something in the configuration that the numbers do not reflect. */
  leaveOut(text: string, confidence: Confidence = "low"): void {
    addOnce(this.unmodelled, text);
    this.lower(confidence);
  }

  fault(path: string, value: unknown, message: string, fix: string): void {
    // A field that several parts ask for is at fault once.
    if (this.problems.length >= mostProblems || this.problems.some((problem) => problem.path === path)) return;
    this.problems.push({ path, ...(value === undefined ? {} : { value }), message, fix });
  }

  private lower(confidence: Confidence): void {
    if (order.indexOf(confidence) < order.indexOf(this.confidence)) this.confidence = confidence;
  }
}

function addOnce(list: string[], text: string): void {
  if (list.includes(text) || list.length > mostEntries) return;
  list.push(list.length === mostEntries ? "... and more" : text);
}
