import { type Pricer, priceLine } from "../lines";
import { hoursPerMonth } from "../money";
import { textIn } from "../records";

/** A load balancer: its hours, and capacity units, which depend on traffic. */
export const priceLoadBalancer: Pricer = (record, context) => {
  const kind = textIn(record.inputs, "loadBalancerType") === "network" ? "nlb" : "alb";
  return [
    priceLine(record, context, {
      cloud: "aws",
      sku: `${kind}.hour`,
      component: `${kind.toUpperCase()} hours`,
      quantity: hoursPerMonth,
    }),
    priceLine(record, context, {
      cloud: "aws",
      sku: `${kind}.lcu`,
      component: `${kind.toUpperCase()} capacity units`,
      usage: true,
    }),
  ];
};
