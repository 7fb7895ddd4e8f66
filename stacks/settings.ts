import type { AwsClusterArgs } from "../components/aws/args";

/**
 * Reads a stack's configuration as a cluster's arguments: every key of the project's own namespace is an argument, so
 * that the component names an unknown key together with everything else that is wrong. The budget is none: nothing is
 * built of it, and `llm-cluster diff` reads it.
 * @param config the engine's flat configuration: `project:key` to text, with objects as JSON
 */
export function readClusterArgs(project: string, config: Readonly<Record<string, string>>): AwsClusterArgs {
  const prefix = `${project}:`;
  const entries = Object.entries(config).filter(([key]) => key.startsWith(prefix) && key !== `${prefix}budget`);
  const args = Object.fromEntries(entries.map(([key, text]) => [key.slice(prefix.length), readValue(text)]));
  // Unchecked on purpose: the component checks it whole, and reports every problem at once.
  return args as unknown as AwsClusterArgs;
}

/** Objects and lists arrive as JSON; anything else is a text, which the checks will judge. */
function readValue(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
