import { priceLine, type ResourcePricer, usageLine } from "../lines";
import { hoursPerMonth } from "../money";
import { isPartOfCluster } from "../records";
import { infracostDefaults, type UsageSetting } from "../usage";

const dataGB: UsageSetting = {
  key: "dataGB",
  meaning: "GB through the gateway, both ways",
  assume: { quantity: 111, because: infracostDefaults },
};

/** A NAT gateway: its hours, and the traffic through it; a cluster's traffic follows from its plan, and is the cluster's line. */
export const natGatewayPricer: ResourcePricer = {
  usage: [dataGB],
  price: (record, context) => {
    const hours = priceLine(record, context, {
      cloud: "aws",
      sku: "nat-gateway.hour",
      key: "hours",
      component: "NAT gateway",
      quantity: hoursPerMonth,
    });
    if (isPartOfCluster(record)) return [hours];
    return [
      hours,
      usageLine(record, context, {
        cloud: "aws",
        sku: "nat-gateway.data",
        key: "data",
        component: "data through NAT",
        setting: dataGB,
      }),
    ];
  },
};
