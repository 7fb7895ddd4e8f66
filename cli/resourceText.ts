import type { ResourceChange } from "./preview/changes";
import { indent } from "./table";

const marks: Record<ResourceChange["change"], string> = { create: "+ ", update: "~ ", replace: "+-", delete: "- " };

/** Resource changes for a person, in the engine's own signs. */
export function describeResourceChanges(changes: readonly ResourceChange[], total: number): string[] {
  const count = (change: ResourceChange["change"]) => changes.filter((one) => one.change === change).length;
  const unchanged = total - changes.filter(({ change }) => change !== "delete").length - 1;
  const lines = changes.map(({ change, name, type, properties }) => {
    return `${marks[change]} ${name}  ${type.replace(/\/[^:]*:/, ":")}${properties.length > 0 ? `: ${properties.join(", ")}` : ""}`;
  });
  return [
    `Resources: ${count("create")} to create, ${count("update")} to update, ${count("replace")} to replace, ${count("delete")} to delete, ${unchanged} unchanged`,
    ...indent(lines),
  ];
}
