import type { AwsClients } from "./clients";

/** AWS's own code of a refusal, and the permission that the question needs. */
export interface AwsError {
  code: string;
  permission: string;
}

/** The IAM permission that each question needs. HeadBucket is granted by s3:ListBucket (S3 API reference). */
export const permissions: Readonly<Record<keyof AwsClients, string>> = {
  describeAvailabilityZones: "ec2:DescribeAvailabilityZones",
  describeCapacityBlockOfferings: "ec2:DescribeCapacityBlockOfferings",
  describeCapacityReservations: "ec2:DescribeCapacityReservations",
  describeImages: "ec2:DescribeImages",
  describeInstances: "ec2:DescribeInstances",
  describeInstanceTypeOfferings: "ec2:DescribeInstanceTypeOfferings",
  describeNetworkInterfaces: "ec2:DescribeNetworkInterfaces",
  describeSubnets: "ec2:DescribeSubnets",
  describeVpcAttribute: "ec2:DescribeVpcAttribute",
  getSubnetCidrReservations: "ec2:GetSubnetCidrReservations",
  getParameter: "ssm:GetParameter",
  getDefaultServiceQuota: "servicequotas:GetAWSDefaultServiceQuota",
  getServiceQuota: "servicequotas:GetServiceQuota",
  headBucket: "s3:ListBucket",
};

/** A question that AWS did not answer, or answered with an error; its cause is the SDK's own error. */
export class NotAnswered extends Error {
  constructor(
    readonly operation: keyof AwsClients,
    readonly code: string,
    readonly status: number | undefined,
    override readonly cause: unknown,
  ) {
    super(`${operation}: ${code}`);
    this.name = "NotAnswered";
  }
}

/** The fields of the SDK's errors that are read here: a service's answer, a failed connection, missing credentials. */
interface SdkError {
  name?: string;
  code?: unknown;
  message?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string>; statusCode?: number };
}

/** Awaits an answer of AWS. What the SDK throws becomes a NotAnswered; anything else is a fault of ours and stays one. */
export async function answered<Answer>(operation: keyof AwsClients, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new NotAnswered(operation, code, statusOf(error), error);
  }
}

/** An error that is an unanswered question; undefined for any other. */
export function asNotAnswered(error: unknown): NotAnswered | undefined {
  return error instanceof NotAnswered ? error : undefined;
}

/** A header of the answer that an error was made of: S3 names a bucket's region in one, even where it refuses. */
export function headerOf(error: NotAnswered, name: string): string | undefined {
  return (error.cause as SdkError).$response?.headers?.[name];
}

function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = error as SdkError;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/** AWS's or the network's own code; undefined for an error that is neither's. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name = "", code, $metadata, $response } = error as SdkError;
  if (typeof code === "string" && networkCodes.test(code)) return code;
  if (localNames.test(name)) return name;
  if ($metadata === undefined && $response === undefined) return undefined;
  // S3 answers a HEAD without a body, so that there is nothing but the status.
  const status = statusOf(error);
  return /^(Unknown(Error)?|Error)$/.test(name) && status !== undefined ? `HTTP ${status}` : name;
}

// What the SDK throws before a service answers: no credentials, no token, or no answer in time.
const localNames = /^(CredentialsProviderError|TokenProviderError|TimeoutError|AbortError)$/;
// Codes of Node's sockets, name look-ups and TLS.
const networkCodes = /^(E[A-Z_]+|ERR_TLS_.+|ERR_SSL_.+|CERT_.+|(DEPTH_ZERO_)?SELF_SIGNED_.+|UNABLE_TO_.+)$/;

const kinds: readonly { codes: RegExp; meaning: string; fix: (permission: string) => string }[] = [
  {
    codes: /^(UnauthorizedOperation|AccessDenied(Exception)?|Forbidden|HTTP 403)$/,
    meaning: "these credentials may not ask",
    fix: (permission) => `grant ${permission}, which only reads`,
  },
  {
    codes:
      /^(CredentialsProviderError|TokenProviderError|Expired.+|RequestExpired|AuthFailure|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignature.*|SignatureDoesNotMatch|IncompleteSignature|UnrecognizedClient.*|MissingAuthenticationToken|OptInRequired)$/,
    meaning: "there are no credentials that AWS takes in this region",
    fix: () =>
      "sign in (aws sso login, AWS_PROFILE, AWS_ACCESS_KEY_ID) to the account of the stack; a region that is off by default must be enabled there",
  },
  {
    codes: /^(RequestLimitExceeded|Throttl.+|TooManyRequests.*|SlowDown|HTTP 429|HTTP 503)$/,
    meaning: "AWS answers no more questions for the moment",
    fix: () => "try again in a minute",
  },
  {
    codes: new RegExp(`${networkCodes.source}|^(TimeoutError|AbortError)$`),
    meaning: "AWS cannot be reached from here",
    fix: () => "check the network, the proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL",
  },
];

/** What an unanswered question means and what helps, in words, with AWS's own code. */
export function describeNotAnswered({
  operation,
  code,
  cause,
}: NotAnswered): AwsError & { meaning: string; fix: string } {
  const permission = permissions[operation];
  const kind = kinds.find(({ codes }) => codes.test(code));
  if (kind) return { code, permission, meaning: `${kind.meaning} (${code})`, fix: kind.fix(permission) };
  const [line = ""] = String((cause as SdkError).message ?? "").split("\n");
  return {
    code,
    permission,
    meaning: `AWS answered ${permission} with ${code}: ${line.slice(0, 200)}`,
    fix: "see what AWS says; the other checks stand",
  };
}
