import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ec2 from "@pulumi/aws/ec2";
import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { FlowLogs, type ParsedAwsArgs } from "../args";
import { logGroupArgs } from "../logs";
import type { OwnNetworkPlan } from "../plan/layout";
import { assumedBy } from "../policies";
import { childName, placed, type Scope, tagsOf } from "../scope";
import type { Place } from "./network";

/** Notes which connections the VPC let through or refused. EFA's traffic is no IP traffic, and is not in it. */
export function createFlowLog(scope: Scope, { flowLogs }: OwnNetworkPlan, { vpcId }: Place, args: ParsedAwsArgs): void {
  if (flowLogs === FlowLogs.none) return;
  const { parent } = scope;
  const child = (suffix: string) => childName(scope, suffix);
  const group = new cloudwatch.LogGroup(child("flow-logs"), logGroupArgs(scope, "flow-logs", args), { parent });
  const role = new iam.Role(
    child("flow-log-role"),
    {
      tags: tagsOf(scope, "flow-log-role"),
      assumeRolePolicy: assumedBy("vpc-flow-logs.amazonaws.com"),
      description: "Flow log of an llm-cluster's VPC",
    },
    { parent },
  );
  const policy = new iam.RolePolicy(
    child("flow-log-policy"),
    { role: role.id, policy: writeTo(group.arn) },
    { parent },
  );
  new ec2.FlowLog(
    child("flow-log"),
    {
      ...placed(scope, "flow-log"),
      vpcId,
      trafficType: flowLogs === FlowLogs.all ? "ALL" : "REJECT",
      logDestinationType: "cloud-watch-logs",
      logDestination: group.arn,
      iamRoleArn: role.arn,
      maxAggregationInterval: 600,
    },
    // Two flow logs of one VPC cannot write to one group.
    { parent, dependsOn: [policy], deleteBeforeReplace: true },
  );
}

/** What the VPC guide lists for publishing flow logs to CloudWatch Logs, on the one group; the group is there already. */
function writeTo(groupArn: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "WriteFlowLog",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        Resource: pulumi.interpolate`${groupArn}:*`,
      },
      { Sid: "FindFlowLogGroup", Effect: "Allow", Action: "logs:DescribeLogGroups", Resource: "*" },
    ],
  });
}
