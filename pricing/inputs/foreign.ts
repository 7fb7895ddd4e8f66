import { DocumentError } from "./documentError";

const wanted =
  "give what pulumi preview --json (best with --show-sames) or pulumi stack export printed, or a stack file";

/** A kind of file that is often taken for one of ours. */
interface ForeignKind {
  what: string;
  fix?: string;
  /** Whether parsed content is of this kind. */
  is(content: Record<string, unknown>): boolean;
}

const foreignKinds: readonly ForeignKind[] = [
  {
    what: "is a Terraform plan or state (terraform show -json)",
    fix: "this prices Pulumi stacks: run pulumi preview --json; Infracost prices Terraform",
    is: (content) => "terraform_version" in content || "planned_values" in content || "resource_changes" in content,
  },
  {
    what: "is a Terraform state",
    fix: "this prices Pulumi stacks: run pulumi stack export; Infracost prices Terraform",
    is: (content) => "lineage" in content && "serial" in content,
  },
  {
    what: "is a CloudFormation template",
    fix: "this prices Pulumi stacks: run pulumi preview --json",
    is: (content) => "AWSTemplateFormatVersion" in content || (isObject(content.Resources) && !("steps" in content)),
  },
  {
    what: "is an Infracost result, or a result of diff --json, and no input of it",
    is: (content) => typeof content.version === "string" && Array.isArray(content.projects),
  },
  {
    what: "is an update plan (preview --save-plan), which holds differences and not resources",
    fix: "give what pulumi preview --json printed",
    is: (content) =>
      "resourcePlans" in content || (isObject(content.plan) && "resourcePlans" in (content.plan as object)),
  },
  {
    what: "is a Kubernetes manifest",
    is: (content) => "apiVersion" in content && "kind" in content,
  },
  {
    what: "is a price or rates file",
    fix: "put it beside Pulumi.yaml, or give it with --prices or --rates",
    is: (content) => Array.isArray(content.rows) || Array.isArray(content.instances),
  },
  {
    what: "is what llm-cluster preview --json printed",
    fix: "give the stack file itself",
    is: (content) => "plans" in content && "cost" in content && Array.isArray(content.resources),
  },
  {
    what: "is what llm-cluster size --json printed, a plan and no stack",
    fix: "write the decision into a stack file, and give that",
    is: (content) => "decision" in content && "candidates" in content,
  },
  {
    what: "is an error that llm-cluster printed",
    is: (content) => isObject(content.error),
  },
];

/** The error for a file that cannot be priced: it says what the file is, as far as that can be told. */
export function nameForeign(content: unknown, file: string, broken?: Error): DocumentError {
  if (typeof content === "string") return nameText(content, file, broken);
  if (Array.isArray(content)) return new DocumentError(file, "is a JSON list, and no stack", wanted);
  if (!isObject(content))
    return new DocumentError(file, `is the JSON value ${JSON.stringify(content)}, and no stack`, wanted);
  const kind = foreignKinds.find(({ is }) => is(content as Record<string, unknown>));
  if (kind) return new DocumentError(file, kind.what, kind.fix ?? wanted);
  const keys = Object.keys(content as object).slice(0, 6);
  return new DocumentError(
    file,
    `is JSON of a kind that is not known (its keys: ${keys.join(", ") || "none"})`,
    wanted,
  );
}

/** Text that is no JSON: what it looks like, or where it breaks. */
function nameText(text: string, file: string, broken?: Error): DocumentError {
  const start = text.slice(0, 4000).trimStart();
  if (start.startsWith("PK")) return new DocumentError(file, "is a zip, such as a binary Terraform plan", wanted);
  if (/^(Previewing|Updating|Destroying|Refreshing) (update|destroy|refresh)?\b/m.test(start)) {
    return new DocumentError(file, "is what pulumi prints for people", "add --json to the command");
  }
  if (/^(terraform|resource|provider|module|variable|locals|data|output) ("|\{)/m.test(start)) {
    return new DocumentError(file, "is Terraform source", "this prices Pulumi stacks: run pulumi preview --json");
  }
  if (start.startsWith("{") || start.startsWith("[")) {
    const where = broken?.message ? ` (${broken.message.split("\n")[0]})` : "";
    const ends = /[}\]]\s*$/.test(text.slice(-200)) ? "" : "; it ends in the middle";
    return new DocumentError(
      file,
      `is broken JSON${where}${ends}`,
      "write it again, with errors and progress left on standard error",
    );
  }
  const head = start.split("\n")[0]?.slice(0, 60) ?? "";
  return new DocumentError(file, `is no JSON; it begins with ${JSON.stringify(head)}`, wanted);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
