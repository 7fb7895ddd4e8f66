import type { Kind } from "../kinds";
import { accountId, arn, errorCodes, model, provider } from "./sources";

/** Days that CloudWatch Logs takes for a retention (botocore 1.44.5 logs, shape Days); 0 is for ever, the provider's own. */
const retentionDays = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Flow logs, log groups and alarms. */
export const observability: Readonly<Record<string, Kind>> = {
  "aws:cloudwatch/logGroup:LogGroup": {
    source: `${model("logs", "CreateLogGroup")}: ResourceAlreadyExistsException, names of 512 characters at most; ${model("logs", "PutRetentionPolicy")}`,
    id: "name",
    autoName: { property: "name", longest: 512, taken: "ResourceAlreadyExistsException" },
    // Without the API's `:*` at the end, as the provider has it (flattenGroup, TrimLogGroupARNWildcardSuffix).
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:logs:us-east-1:${accountId}:log-group:${inputs.name ?? name}`,
      logGroupClass: "STANDARD",
    }),
    refuse: ({ inputs }) => {
      const days = inputs.retentionInDays ?? 0;
      if (!retentionDays.includes(Number(days))) return `InvalidParameterException: ${days} days are no retention`;
      const named = /^(?!aws\/)[\w\-/.#]+$/.test(String(inputs.name));
      return named ? undefined : `InvalidParameterException: ${inputs.name} is no name of a log group`;
    },
  },
  "aws:ec2/flowLog:FlowLog": {
    source: `${model("ec2", "CreateFlowLogs")}: a role is required for CloudWatch Logs; ${errorCodes}: FlowLogAlreadyExists; ${provider("ec2 resourceLogFlowCreate")}: InvalidParameter, Unable to assume given IAM role`,
    id: "fl-",
    attributes: (resource) => ({
      arn: arn("ec2", "vpc-flow-log", resource),
      logFormat:
        "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}",
    }),
    references: [
      { property: "vpcId", kind: "aws:ec2/vpc:Vpc", missing: "InvalidVpcId.NotFound" },
      { property: "iamRoleArn", kind: "aws:iam/role:Role", missing: "InvalidParameter" },
    ],
    refuse: ({ inputs }, world) => {
      const kept = inputs.logDestinationType ?? "cloud-watch-logs";
      if (kept === "cloud-watch-logs" && inputs.iamRoleArn === undefined)
        return "InvalidParameter: DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs";
      // CloudWatch makes a log group that is not there by itself, so a name that is wrong would be found by nobody.
      const twin = world.some(
        ({ type, inputs: other }) =>
          type === "aws:ec2/flowLog:FlowLog" &&
          other.vpcId === inputs.vpcId &&
          other.logDestination === inputs.logDestination,
      );
      return twin ? "FlowLogAlreadyExists: a flow log with this destination exists" : undefined;
    },
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    source: `${model("cloudwatch", "PutMetricAlarm")}: a name that is taken is overwritten, without a word; ${provider("cloudwatch resourceMetricAlarmCustomizeDiff")}`,
    id: "name",
    autoName: { property: "name", longest: 255 },
    attributes: ({ inputs, name }) => ({
      arn: `arn:aws:cloudwatch:us-east-1:${accountId}:alarm:${inputs.name ?? name}`,
      evaluateLowSampleCountPercentiles: "",
    }),
    refuse: ({ inputs }) => {
      const counted = inputs.metricName !== undefined || inputs.metricQueries !== undefined;
      if (!counted) return "ValidationError: an alarm needs a metric or a query";
      if (inputs.comparisonOperator === undefined || inputs.evaluationPeriods === undefined)
        return "ValidationError: comparison_operator and evaluation_periods are required for traditional metric alarms";
      const ways = [inputs.statistic, inputs.extendedStatistic].filter((way) => way !== undefined);
      return inputs.metricName !== undefined && ways.length !== 1
        ? "ValidationError: One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm"
        : undefined;
    },
  },
};
