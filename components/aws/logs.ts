import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as pulumi from "@pulumi/pulumi";
import type { ParsedAwsArgs } from "./args";
import { childName, placed, type Scope } from "./scope";

const defaultRetentionDays = 30;

/** Where engines' logs go. */
export interface EngineLogs {
  name: pulumi.Output<string>;
  arn: pulumi.Output<string>;
}

/** A group for what engines and training runs print, or the one that was brought along. */
export function createEngineLogs(scope: Scope, args: ParsedAwsArgs): EngineLogs {
  const { logGroup } = args.observability ?? {};
  if (logGroup !== undefined) {
    const name = pulumi.output(logGroup);
    return { name, arn: pulumi.interpolate`arn:aws:logs:${scope.region}:*:log-group:${name}` };
  }
  const group = new cloudwatch.LogGroup(childName(scope, "logs"), logGroupArgs(scope, "logs", args), {
    parent: scope.parent,
  });
  return { name: group.name, arn: group.arn };
}

/** What every log group of a cluster has: an end to how long it keeps, and the cluster's key. */
export function logGroupArgs(scope: Scope, suffix: string, { observability, kmsKey }: ParsedAwsArgs) {
  return {
    ...placed(scope, suffix),
    retentionInDays: observability?.logRetentionDays ?? defaultRetentionDays,
    kmsKeyId: kmsKey,
  };
}
