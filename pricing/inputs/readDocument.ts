import { decodeText } from "./decodeText";
import { DocumentError } from "./documentError";
import { type EngineEvent, isEvent, readEvents } from "./eventLog";
import { nameForeign } from "./foreign";
import { type PreviewDigest, readPreview } from "./previewDigest";
import { splitSteps } from "./splitSteps";
import type { StackChange } from "./stackChange";
import { type Deployment, readExport } from "./stackExport";

/**
 * Reads what the Pulumi engine wrote: `pulumi preview --json` (or its streaming form), `pulumi stack export` (or the
 * checkpoint file of a local backend), an event log. Throws a DocumentError that says what a file is that is none of these.
 * @param bytes the file's content, UTF-8 or UTF-16
 * @param file how the user wrote it
 */
export function readDocument(bytes: Uint8Array, file: string): StackChange {
  const preview = readLongPreview(bytes, file);
  if (preview) return preview;
  const text = decodeText(bytes);
  if (text.trim() === "") throw new DocumentError(file, "is empty", "give what pulumi preview --json printed");
  if (isEvent(tryParse(firstLine(text)))) return readEvents(readLines(text, file), file);
  return readWhole(parse(text, file), file);
}

/** A preview, step by step; undefined for anything else, and for a step that is broken: read whole, it says where. */
function readLongPreview(bytes: Uint8Array, file: string): StackChange | undefined {
  const split = splitSteps(bytes);
  if (split?.rest.changeSummary === undefined) return undefined;
  try {
    return readPreview(split.rest as PreviewDigest, split.steps(), file);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readWhole(content: unknown, file: string): StackChange {
  const { steps, changeSummary, deployment, checkpoint, diagnostics, ...rest } = (
    typeof content === "object" && content !== null && !Array.isArray(content) ? content : {}
  ) as Record<string, unknown>;
  if (Array.isArray(steps) && steps.every((step) => typeof step === "object")) {
    return readPreview({ ...rest, changeSummary, diagnostics } as PreviewDigest, steps, file);
  }
  // A preview of a stack without resources, or one that failed before its first step, has no steps at all.
  if (changeSummary !== undefined || Array.isArray(diagnostics)) {
    return readPreview({ ...rest, changeSummary, diagnostics } as PreviewDigest, [], file);
  }
  if (isObject(deployment)) return readExport(deployment as Deployment, file);
  const latest = isObject(checkpoint) ? (checkpoint as { latest?: unknown }).latest : undefined;
  if (isObject(latest)) return readExport(latest as Deployment, file);
  throw nameForeign(content, file);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first line that is not blank. */
function firstLine(text: string): string {
  return /\S.*/.exec(text)?.[0].trim() ?? "";
}

function tryParse(line: string): unknown {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Events one by one; the last line may be cut off where an update is still running. */
function* readLines(text: string, file: string): Generator<EngineEvent> {
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const event = tryParse(line.trim());
    if (isEvent(event)) yield event;
    else if (index < lines.length - 1) {
      throw new DocumentError(
        file,
        `line ${index + 1} is no engine event`,
        "give the event log as the engine wrote it",
      );
    }
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw nameForeign(text, file, error as Error);
  }
}
