import { isDeepStrictEqual } from "node:util";
import { readUrn } from "../../pricing/records";
import type { RecordedResource } from "./recorder";

/** What becomes of one resource between two previews. */
export interface ResourceChange {
  change: "create" | "update" | "replace" | "delete";
  name: string;
  type: string;
  /** Input properties that differ. */
  properties: string[];
}

const instanceType = "aws:ec2/instance:Instance";
const templateType = "aws:ec2/launchTemplate:LaunchTemplate";

/**
 * Compares two offline previews. Without a provider nobody knows every property that replaces; the one that matters
 * here is known: a node follows its launch template's newest version, and a new version replaces it (aws_instance of
 * the Terraform AWS provider). Tags of a template make no new version.
 */
export function compareResources(
  before: readonly RecordedResource[],
  after: readonly RecordedResource[],
): ResourceChange[] {
  const old = new Map(before.map((record) => [placeOf(record), record]));
  const fresh = new Map(after.map((record) => [placeOf(record), record]));
  const changes: ResourceChange[] = [];
  for (const [place, record] of fresh) {
    const was = old.get(place);
    const { name, type } = record;
    if (!was) {
      changes.push({ change: "create", name, type, properties: [] });
      continue;
    }
    const properties = differing(was, record);
    const replaced =
      type === instanceType && templatesOf(record).some((template) => versionChanges(template, old, fresh));
    if (replaced) changes.push({ change: "replace", name, type, properties: ["launchTemplate", ...properties] });
    else if (properties.length > 0) changes.push({ change: "update", name, type, properties });
  }
  for (const [place, { name, type }] of old) {
    if (!fresh.has(place)) changes.push({ change: "delete", name, type, properties: [] });
  }
  return changes.filter(({ type }) => type !== "pulumi:pulumi:Stack");
}

/** A resource's place in its stack: two stacks of one program have the same places under different URNs. */
function placeOf({ urn }: { urn: string }): string {
  return place(urn);
}

function place(urn: string): string {
  return urn.split("::").slice(2).join("::");
}

function templatesOf({ propertyDependencies }: RecordedResource): string[] {
  return (propertyDependencies?.launchTemplate ?? []).map(place);
}

function versionChanges(
  template: string,
  old: ReadonlyMap<string, RecordedResource>,
  fresh: ReadonlyMap<string, RecordedResource>,
): boolean {
  const [was, is] = [old.get(template), fresh.get(template)];
  if (!was || !is || is.type !== templateType) return true;
  return differing(was, is).some((property) => property !== "tags");
}

function differing(before: RecordedResource, after: RecordedResource): string[] {
  const keys = new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)]);
  return [...keys].filter((key) => !isDeepStrictEqual(comparable(before, key), comparable(after, key))).sort();
}

/** Drawn names follow from the URN, and some values name the stack outright: between two stacks neither says anything. */
function comparable({ inputs, urn }: RecordedResource, key: string): unknown {
  const text = JSON.stringify(key === "userData" ? decode(inputs[key]) : inputs[key]);
  const { project, stack } = readUrn(urn) ?? {};
  return text
    ?.replace(/-[0-9a-f]{7}\b/g, "")
    .replaceAll(`${project}/${stack}`, "project/stack")
    .replaceAll(`${project}-${stack}-`, "project-stack-");
}

function decode(value: unknown): unknown {
  return typeof value === "string" ? Buffer.from(value, "base64").toString() : value;
}
