import * as pulumi from "@pulumi/pulumi";

/** What every child of a cluster shares: its parent, its region, and its tags. */
export interface Scope {
  /** Name of the cluster, which every child's name starts with. */
  name: string;
  parent: pulumi.ComponentResource;
  region: string;
  tags: Readonly<Record<string, string>>;
}

/** Name of a child: `<cluster>-<suffix>`. */
export function childName({ name }: Scope, suffix: string): string {
  return `${name}-${suffix}`;
}

/**
 * What goes into the name of a child that stands in one zone: the zone's last part, `1a` or `az6`. A cluster that moves has
 * then both zones' children side by side, and one whose move fails can go back to the old ones.
 */
export function inZone(suffix: string, zone: string): string {
  return `${suffix}-${zone.split("-").at(-1)}`;
}

/** Region and tags of a child, the cluster's own tags last so that nobody hides which cluster it belongs to. */
export function placed(scope: Scope, suffix: string): { region: string; tags: Record<string, string> } {
  return { region: scope.region, tags: tagsOf(scope, suffix) };
}

export function tagsOf(scope: Scope, suffix: string): Record<string, string> {
  return {
    Name: childName(scope, suffix),
    ...scope.tags,
    "llm-cluster": scope.name,
    "llm-cluster-stack": `${pulumi.getProject()}/${pulumi.getStack()}`,
  };
}
