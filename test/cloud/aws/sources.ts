import type { WorldResource } from "../world";

/** The version of the API models that the rules were read in. */
export const apiModels = "botocore 1.44.5";

/** A rule read in the documentation of an operation, as the API model carries it. */
export function model(service: string, operation: string): string {
  return `${apiModels} ${service}:${operation}`;
}

/** A rule read in the provider's own source, by file or function. */
export function provider(place: string): string {
  return `terraform-provider-aws v6.58.0 ${place}`;
}

/** The list of error codes of the EC2 API reference. */
export const errorCodes = "EC2 API reference, error codes";

export const accountId = "111122223333";

export function arn(service: string, kind: string, { id, name }: WorldResource): string {
  return `arn:aws:${service}:us-east-1:${accountId}:${kind}/${id || name}`;
}
