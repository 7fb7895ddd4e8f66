import type { ResourceRecord } from "../../pricing/records";

/** The resource tree, children under their parents in order of name, one line each. */
export function drawTree(resources: readonly ResourceRecord[]): string[] {
  const children = new Map<string | undefined, ResourceRecord[]>();
  for (const record of resources) {
    const siblings = children.get(record.parent);
    if (siblings) siblings.push(record);
    else children.set(record.parent, [record]);
  }
  const draw = (record: ResourceRecord, lead: string): string[] => {
    const below = (children.get(record.urn) ?? []).sort((left, right) => left.name.localeCompare(right.name, "en"));
    const lines = below.flatMap((child, index) => {
      const last = index === below.length - 1;
      const [first = "", ...rest] = draw(child, `${lead}${last ? "   " : "│  "}`);
      return [`${lead}${last ? "└─ " : "├─ "}${first}`, ...rest];
    });
    return [`${record.name}  ${shortType(record.type)}`, ...lines];
  };
  return (children.get(undefined) ?? []).flatMap((root) => draw(root, ""));
}

/** `aws:ec2/instance:Instance` is `aws:ec2:Instance`, as the Pulumi CLI shows it. */
function shortType(type: string): string {
  return type.replace(/\/[^:]*:/, ":");
}
