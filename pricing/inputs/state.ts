import { findKind } from "../clouds";
import { type ResourceRecord, readUrn, secretValue } from "../records";

/** A resource's state as previews, exports and event logs write it (sdk/go/common/apitype, ResourceV3 and StepEventStateMetadata). */
export interface EngineState {
  urn: string;
  type: string;
  custom?: boolean;
  id?: string;
  parent?: string;
  delete?: boolean;
  external?: boolean;
  /** In a state: it was deleted to be replaced, and the new one is not there yet. In a preview: it will be. */
  pendingReplacement?: boolean;
  protect?: boolean;
  retainOnDelete?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  provider?: string;
  propertyDependencies?: Record<string, string[] | null> | null;
}

// The engine marks values of other kinds than plain ones with this key; under it stands what they are.
const signatureKey = "4dabf18193072939515e22adb298388d";

/** Whether something is a state: it has at least a URN and a type. */
export function isState(value: unknown): value is EngineState {
  const { urn, type } = (value ?? {}) as { urn?: unknown; type?: unknown };
  return typeof urn === "string" && typeof type === "string";
}

/** A state as the record that is priced; undefined for what is only read. */
export function toRecord(state: EngineState): ResourceRecord | undefined {
  if (state.external === true) return undefined;
  const { urn, type, custom = false, id, parent, provider } = state;
  return {
    urn,
    type,
    name: printable(readUrn(urn)?.name ?? urn),
    custom,
    id: id || undefined,
    parent: parent || undefined,
    inputs: plain(state.inputs ?? {}),
    // What the cloud answered is long, and only pricers ask for it.
    outputs: findKind(type)?.pricer ? plain(state.outputs ?? {}) : undefined,
    provider: provider || undefined,
    propertyDependencies: readDependencies(state.propertyDependencies),
  };
}

/** A name as it can be shown anywhere: control characters would write over a terminal. */
function printable(name: string): string {
  return name.replace(/\p{Cc}+/gu, " ");
}

function readDependencies(given: EngineState["propertyDependencies"]): ResourceRecord["propertyDependencies"] {
  if (!given) return undefined;
  return Object.fromEntries(Object.entries(given).map(([property, urns]) => [property, urns ?? []]));
}

/** Marked values (secrets, files, references) become the word for a secret: none of them is read by a pricer. */
function plain(values: Record<string, unknown>): Record<string, unknown> {
  return hasMarks(values) ? (withoutMarks(values) as Record<string, unknown>) : values;
}

/** Most resources have none, and are taken as they are: a copy of everything would cost as much as reading it. */
function hasMarks(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasMarks);
  if (signatureKey in value) return true;
  for (const key in value) if (hasMarks((value as Record<string, unknown>)[key])) return true;
  return false;
}

function withoutMarks(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (signatureKey in value) return secretValue;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutMarks(inner)]));
}
