/** A statement of an IAM policy. */
export type Statement = Record<string, unknown>;

/** The trust policy of a role that one AWS service takes. */
export function assumedBy(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
}
