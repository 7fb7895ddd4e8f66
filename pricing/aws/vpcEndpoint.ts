import { type Pricer, priceLine } from "../lines";
import { hoursPerMonth } from "../money";
import { textIn, valueIn } from "../records";

/** A VPC endpoint: a gateway endpoint is free by design; an interface endpoint is billed by the hour in each subnet. */
export const priceVpcEndpoint: Pricer = (record, context) => {
  if ((textIn(record.inputs, "vpcEndpointType") ?? "Gateway") === "Gateway") return [];
  const subnets = valueIn(record.inputs, "subnetIds");
  return [
    priceLine(record, context, {
      cloud: "aws",
      sku: "vpc-interface-endpoint.hour",
      component: "interface endpoint",
      quantity: Array.isArray(subnets) ? subnets.length * hoursPerMonth : undefined,
      unknownBecause: "the number of subnets is not known before the update",
    }),
    priceLine(record, context, {
      cloud: "aws",
      sku: "vpc-interface-endpoint.data",
      component: "endpoint data",
      usage: true,
    }),
  ];
};
