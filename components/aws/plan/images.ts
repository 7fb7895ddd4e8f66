import type { ReadableArgs } from "../rules/argRules";

const ecrImage = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+)/;

/** An image as nodes pull it: from where its name says if that is ECR already, or from the registry that mirrors every image. */
export function imageOf({ serving }: Pick<ReadableArgs, "serving">, image: string): string;
export function imageOf({ serving }: Pick<ReadableArgs, "serving">, image: string | undefined): string | undefined;
export function imageOf({ serving }: Pick<ReadableArgs, "serving">, image: string | undefined): string | undefined {
  const { imageRegistry } = serving ?? {};
  if (image === undefined || imageRegistry === undefined || ecrImage.test(image)) return image;
  return `${imageRegistry}/${image}`;
}

/** Whether an image is in an ECR registry of a region, which nodes reach by the VPC's own endpoints. */
export function isEcrOf(image: string, region: string): boolean {
  return ecrImage.exec(image)?.[2] === region;
}

/** The ARN of an image's ECR repository; undefined for an image of another registry. */
export function repositoryArn(image: string): string | undefined {
  const [, account, region, repository] = ecrImage.exec(image) ?? [];
  return account === undefined ? undefined : `arn:aws:ecr:${region}:${account}:repository/${repository}`;
}
