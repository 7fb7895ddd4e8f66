import * as cloudwatch from "@pulumi/aws/cloudwatch";
import type * as pulumi from "@pulumi/pulumi";
import { gpuUtilizationMetric, metricNamespace } from "../../serving/metrics";
import { LoadBalancerKind, type ParsedAwsArgs } from "./args";
import type { Endpoint } from "./endpoint";
import { childName, placed, type Scope } from "./scope";

/** Alarms that show in CloudWatch, and are sent to the topic if there is one: GPUs that are paid for idly, a head that is not ready. */
export function createAlarms(scope: Scope, cluster: string, args: ParsedAwsArgs, endpoint?: Endpoint): void {
  const topic = args.observability?.alarmTopic;
  const alarm = (suffix: string, given: cloudwatch.MetricAlarmArgs) =>
    new cloudwatch.MetricAlarm(
      childName(scope, suffix),
      { ...placed(scope, suffix), ...actionsOf(topic), ...given },
      { parent: scope.parent },
    );
  alarm("idle-alarm", idle(cluster));
  if (endpoint) alarm("unhealthy-alarm", unhealthy(endpoint, args));
}

function actionsOf(topic: pulumi.Input<string> | undefined) {
  return topic === undefined ? {} : { alarmActions: [topic], okActions: [topic] };
}

/** Below this share, percent, of the busiest node's GPUs nobody asks for anything. */
const idlePercent = 5;

/** Half a day without work. A cluster whose nodes send nothing is not idle but broken, and says so by its other alarm. */
function idle(cluster: string): cloudwatch.MetricAlarmArgs {
  return {
    alarmDescription: "The GPUs of this llm-cluster have done next to nothing for 12 hours, and are billed",
    namespace: metricNamespace,
    metricName: gpuUtilizationMetric,
    dimensions: { Cluster: cluster },
    statistic: "Maximum",
    comparisonOperator: "LessThanThreshold",
    threshold: idlePercent,
    period: 3600,
    evaluationPeriods: 12,
    treatMissingData: "missing",
  };
}

/** A head that is not ready for half an hour: a change of release may keep it so for less, where weights are at hand. */
function unhealthy({ balancer, targets }: Endpoint, { endpoint }: ParsedAwsArgs): cloudwatch.MetricAlarmArgs {
  const application = endpoint?.loadBalancer === LoadBalancerKind.application;
  return {
    alarmDescription: "A replica of this llm-cluster has not been ready for half an hour",
    namespace: application ? "AWS/ApplicationELB" : "AWS/NetworkELB",
    metricName: "UnHealthyHostCount",
    dimensions: { LoadBalancer: balancer.arnSuffix, TargetGroup: targets.arnSuffix },
    statistic: "Maximum",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    period: 60,
    evaluationPeriods: 30,
    treatMissingData: "notBreaching",
  };
}
