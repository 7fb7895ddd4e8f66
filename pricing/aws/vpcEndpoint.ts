import { priceLine, type ResourcePricer, unknownLine, usageLine } from "../lines";
import { hoursPerMonth } from "../money";
import { isHidden, isPartOfCluster, textIn, valueIn } from "../records";
import { infracostDefaults, type UsageSetting } from "../usage";

const dataGB: UsageSetting = {
  key: "dataGB",
  meaning: "GB through the endpoint",
  assume: { quantity: 500, because: infracostDefaults },
};

/** What a cluster's nodes ask of a service; images and weights come from S3, whose endpoint is free. */
const ofCluster = { quantity: 1, because: "an assumption: calls and logs, as images and weights come from S3" };

/** A VPC endpoint: a gateway endpoint is free by design; an interface endpoint is billed by the hour in each subnet, and by GB. */
export const vpcEndpointPricer: ResourcePricer = {
  usage: [dataGB],
  price: (record, context) => {
    if (isHidden(record.inputs, "vpcEndpointType")) {
      return [
        unknownLine(record, "hours", "endpoint", "its kind is not known before the update, and only gateways are free"),
      ];
    }
    const kind = textIn(record.inputs, "vpcEndpointType") ?? "Gateway";
    if (kind === "Gateway") return [];
    const balancer = kind === "GatewayLoadBalancer";
    const subnets = valueIn(record.inputs, "subnetIds");
    return [
      priceLine(record, context, {
        cloud: "aws",
        sku: "vpc-interface-endpoint.hour",
        key: "hours",
        component: "interface endpoint",
        quantity: Array.isArray(subnets) && subnets.length > 0 ? subnets.length * hoursPerMonth : undefined,
        unknownBecause: "the number of subnets is not known before the update",
      }),
      usageLine(record, context, {
        cloud: "aws",
        sku: balancer ? "gateway-lb-endpoint.data" : "vpc-interface-endpoint.data",
        key: "data",
        component: "endpoint data",
        setting: dataGB,
        assume: isPartOfCluster(record) ? ofCluster : undefined,
      }),
    ];
  },
};
