import { DocumentError } from "./documentError";
import type { StackChange } from "./stackChange";
import { isState } from "./state";
import { StepCollector } from "./steps";

/** A line of `pulumi up --json`, of a streaming preview, or of an event log (sdk/go/common/apitype/events.go). */
export interface EngineEvent {
  sequence?: number;
  preludeEvent?: { config?: Record<string, string> };
  resourcePreEvent?: { metadata?: StepMetadata };
  resOutputsEvent?: { metadata?: StepMetadata };
  resOpFailedEvent?: { metadata?: StepMetadata };
  diagnosticEvent?: { message?: string; severity?: string };
  errorEvent?: { error?: string };
  summaryEvent?: { isPreview?: boolean; maybeCorrupt?: boolean; result?: string };
}

interface StepMetadata {
  op?: string;
  urn?: string;
  old?: unknown;
  new?: unknown;
}

/** Whether a line is an engine event. */
export function isEvent(line: unknown): line is EngineEvent {
  return typeof line === "object" && line !== null && typeof (line as EngineEvent).sequence === "number";
}

/** Reads the events of one update or preview, in order. Throws a DocumentError where a preview failed. */
export function readEvents(events: Iterable<EngineEvent>, file: string): StackChange {
  const collector = new StepCollector();
  const failed: string[] = [];
  let config: Record<string, string> = {};
  let error: string | undefined;
  let summary: EngineEvent["summaryEvent"];
  for (const event of events) {
    config = event.preludeEvent?.config ?? config;
    summary = event.summaryEvent ?? summary;
    if (event.diagnosticEvent?.severity === "error") error ??= event.diagnosticEvent.message;
    error ??= event.errorEvent?.error;
    for (const { metadata } of [event.resourcePreEvent, event.resOutputsEvent].flatMap((one) => one ?? [])) {
      addStep(collector, metadata);
    }
    const { urn: lost, op = "" } = event.resOpFailedEvent?.metadata ?? {};
    if (lost !== undefined) {
      failed.push(lost);
      collector.fail(lost, op);
    }
  }
  if (error !== undefined && summary?.isPreview !== false && failed.length === 0) {
    const what = `the preview failed: ${error.trim().split("\n")[0]}`;
    throw new DocumentError(file, what, "mend the program, and preview again");
  }
  const { notes, ...change } = collector.finish();
  const cut = summary ? [] : ["the log has no end: the update was cut short, or is still running"];
  const words = error === undefined ? "" : `: ${error.trim().split("\n")[0]}`;
  const end = error !== undefined || summary?.result === "failed" ? [`the update failed${words}`] : [];
  return { kind: "event log", file, config, ...change, failed, notes: [...notes, ...cut, ...end] };
}

function addStep(collector: StepCollector, metadata: StepMetadata | undefined): void {
  const { op, urn, old, new: fresh } = metadata ?? {};
  if (typeof op !== "string" || typeof urn !== "string") return;
  collector.add({ op, urn, oldState: isState(old) ? old : null, newState: isState(fresh) ? fresh : null });
}
