import { isHidden, type ResourceRecord, textIn } from "../records";

/**
 * A zone's name is its region's and a letter: `us-east-1a`. A local zone (`us-west-2-lax-1a`) has prices of its own, and
 * is a place by itself. Zone ids (`use1-az6`) are not read.
 */
const zoneName = /^([a-z]{2}(?:-[a-z]+)+-\d+(?:-[a-z]+-\d+)?)[a-z]$/;

/** The region that an AWS resource says that it is in: by its inputs, else by what AWS answered. */
export function awsRegionOf({ inputs, outputs }: ResourceRecord): string | undefined {
  const plan = textIn(inputs, "plan", "region") ?? textIn(inputs, "decision", "region");
  const zone = textIn(inputs, "availabilityZone") ?? textIn(outputs, "availabilityZone");
  const arn = textIn(outputs, "arn")?.split(":")[3];
  return (
    textIn(inputs, "region") ??
    plan ??
    textIn(outputs, "region") ??
    zoneName.exec(zone ?? "")?.[1] ??
    (arn || undefined)
  );
}

/** Whether a resource's region is given, but cannot be read yet. */
export function isAwsRegionHidden({ inputs }: ResourceRecord): boolean {
  return isHidden(inputs, "region");
}
