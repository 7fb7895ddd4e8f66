import { hiddenLines, type LineRequest, priceLine, type ResourcePricer } from "../lines";
import { hoursPerMonth } from "../money";
import { numberIn, textIn } from "../records";

/** A kind with one fee that nothing of it changes. */
function fixedFee(request: Omit<LineRequest, "cloud" | "key">): ResourcePricer {
  return { price: (record, context) => [priceLine(record, context, { cloud: "aws", key: "fee", ...request })] };
}

/** A CloudWatch metric alarm; one that looks more often than once a minute is of high resolution, and has a price of its own. */
export const metricAlarmPricer: ResourcePricer = {
  price: (record, context) => {
    const fast = (numberIn(record.inputs, "period") ?? 60) < 60;
    const sku = fast ? "cloudwatch.alarm.high-resolution" : "cloudwatch.alarm";
    const line = { cloud: "aws", sku, key: "fee", component: fast ? "alarm of high resolution" : "alarm", quantity: 1 };
    return [priceLine(record, context, line)];
  },
};

/** A Route 53 hosted zone, public or private. */
export const hostedZonePricer = fixedFee({ sku: "route53.hosted-zone", component: "hosted zone", quantity: 1 });

/** The control plane of an EKS cluster; extended support costs more, and whether a version is in it only a date tells. */
export const eksClusterPricer = fixedFee({ sku: "eks.cluster", component: "control plane", quantity: hoursPerMonth });

/** A Systems Manager parameter: free, unless it is of the advanced tier, whose price nothing here knows. */
export const parameterPricer: ResourcePricer = {
  price: (record, context) =>
    textIn(record.inputs, "tier") === "Advanced"
      ? [
          priceLine(record, context, {
            cloud: "aws",
            sku: "ssm.parameter.advanced",
            key: "fee",
            component: "advanced parameter",
            quantity: 1,
          }),
        ]
      : hiddenLines(record, record.inputs, ["tier"]),
};
