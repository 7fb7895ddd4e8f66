import { unknownValue } from "../../pricing/records";

// Look-ups that this package's components make of a cloud. Offline their answers are not known before the update.
const lookups: Readonly<Record<string, readonly string[]>> = {
  "aws:ssm/getParameter:getParameter": ["arn", "id", "insecureValue", "type", "value", "version"],
};

/** The answer to a look-up, every field unknown; undefined for one that nobody here makes. */
export function answerLookup(token: string): Record<string, string> | undefined {
  const fields = Object.hasOwn(lookups, token) ? lookups[token] : undefined;
  return fields && Object.fromEntries(fields.map((field) => [field, unknownValue]));
}
