import { UserError } from "../output";

/** Where a request went, for errors. */
export interface StorePlace {
  bucket: string;
  region: string;
}

type Explained = (place: StorePlace) => string;

const credentials = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run 'aws sso login' or 'aws configure'";

/** What S3 and its client call it, and what to do about it (S3 API reference, "Error responses"). */
const explanations: Readonly<Record<string, Explained>> = {
  NoSuchBucket: ({ bucket }) =>
    `there is no bucket ${bucket}. Fix: run 'pulumi up' first, or give --bucket (storage.bucket in the stack file) one that is there`,
  AccessDenied: ({ bucket }) =>
    `access is denied. Fix: these credentials need s3:ListBucket on ${bucket}, and s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts on what is in it; with a KMS key also kms:Decrypt and kms:GenerateDataKey`,
  CredentialsProviderError: () => `there are no AWS credentials. Fix: ${credentials}`,
  TokenProviderError: () => `the AWS login has expired. Fix: ${credentials}`,
  ExpiredToken: () => `the AWS credentials have expired. Fix: ${credentials}`,
  InvalidAccessKeyId: () => `AWS does not know the access key. Fix: ${credentials}`,
  SignatureDoesNotMatch: () => `AWS refuses the secret key. Fix: ${credentials}`,
  PermanentRedirect: ({ bucket, region }) =>
    `${bucket} is not in ${region}, the stack's region. Fix: take a bucket in ${region}`,
  RequestTimeTooSkewed: () => "this machine's clock is wrong. Fix: set it",
};
const otherNames: Readonly<Record<string, string>> = {
  AuthorizationHeaderMalformed: "PermanentRedirect",
  IllegalLocationConstraintException: "PermanentRedirect",
  ExpiredTokenException: "ExpiredToken",
};
/** The answer to a HEAD has no body that would name the error. */
const namesByStatus: Readonly<Record<number, string>> = { 301: "PermanentRedirect", 403: "AccessDenied" };

/** An error of S3, of its client or of the network as one that a user can act on; anything else as it is. */
export function explainS3(error: unknown, place: StorePlace): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const { name, message, code, $metadata: metadata } = error as S3Error;
  const nameless = /^(Unknown|UnknownError|Forbidden|\d+)$/.test(name);
  const known = nameless ? namesByStatus[metadata?.httpStatusCode ?? 0] : (otherNames[name] ?? name);
  const explain = known === undefined ? undefined : explanations[known];
  const where = `s3://${place.bucket}`;
  if (explain) return new UserError(`${where}: ${explain(place)}`);
  if (code !== undefined && /^E[A-Z_]+$/.test(code)) return new UserError(`${where}: ${unreachable(code)}`);
  if (name === "TimeoutError") return new UserError(`${where}: ${unreachable("no answer in time")}`);
  if (metadata === undefined) return error;
  const status = metadata.httpStatusCode === undefined ? "" : ` (${metadata.httpStatusCode})`;
  return new UserError(`${where}: ${name}${status}: ${message}. Fix: run the command again later`);
}

function unreachable(why: string): string {
  return `S3 cannot be reached (${why}). Fix: check the network, and AWS_ENDPOINT_URL_S3 if it is set`;
}

/** Whether an error says that something is not there. HEAD has no body to say what. */
export function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as S3Error;
  return (
    /^(NoSuchKey|NotFound|NoSuchUpload)$/.test(name) || ($metadata?.httpStatusCode === 404 && name !== "NoSuchBucket")
  );
}

interface S3Error extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
}
