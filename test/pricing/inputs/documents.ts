import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "../../../pricing/inputs/readDocument";
import type { StackChange, StackSide } from "../../../pricing/inputs/stackChange";
import { root } from "../../support/cli";

/** A resource's state as a document writes it. */
export interface State {
  urn: string;
  type: string;
  id?: string;
  parent?: string;
  delete?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  [property: string]: unknown;
}

/** A step of a preview document. */
export interface Step {
  op: string;
  urn: string;
  oldState?: State | null;
  newState?: State | null;
}

/** What `pulumi preview --json` prints. */
export interface Preview {
  config: Record<string, string>;
  steps: Step[];
  changeSummary: Record<string, number>;
  [property: string]: unknown;
}

/** What `pulumi stack export` prints. */
export interface Export {
  version: number;
  deployment: { resources: State[]; [property: string]: unknown };
}

/** A line of an event log. */
export interface Event {
  sequence: number;
  resourcePreEvent?: { metadata: EventStep };
  resOutputsEvent?: { metadata: EventStep };
  [property: string]: unknown;
}

export interface EventStep {
  op: string;
  urn: string;
  old: State | null;
  new: State | null;
}

/** The path of a recording: `engine-lab/preview-create.json`. */
export function fixture(name: string): string {
  return join(root, "test/fixtures", name);
}

export function fixtureText(name: string): string {
  return readFileSync(fixture(name), "utf8");
}

/** A recording, to be changed by a test. */
export function recorded<Document>(name: string): Document {
  return JSON.parse(fixtureText(name)) as Document;
}

export function recordedEvents(name: string): Event[] {
  return fixtureText(name)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
}

/** Reads a text, bytes or a document as the command does. */
export function read(content: string | Uint8Array | object, file = "given"): StackChange {
  if (content instanceof Uint8Array) return readDocument(content, file);
  return readDocument(Buffer.from(typeof content === "string" ? content : JSON.stringify(content)), file);
}

export function readRecorded(name: string): StackChange {
  return readDocument(readFileSync(fixture(name)), name);
}

export function readEventLog(events: readonly object[]): StackChange {
  return read(`${events.map((event) => JSON.stringify(event)).join("\n")}\n`);
}

/** The names on one side, sorted; the stack itself left out. */
export function namesOf(side: StackSide | undefined): string[] {
  return (side?.records ?? [])
    .filter(({ type }) => type !== "pulumi:pulumi:Stack")
    .map(({ name }) => name)
    .sort();
}

/** `replace llm-node-0`, sorted. */
export function stepsOf({ steps }: StackChange): string[] {
  return steps.map(({ op, name }) => `${op} ${name}`).sort();
}

/** A resource of one side, by its name. */
export function named(side: StackSide | undefined, name: string) {
  const found = side?.records.find((record) => record.name === name);
  if (!found) throw new Error(`${name} is not there`);
  return found;
}
