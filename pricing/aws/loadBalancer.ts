import { type CostLine, hiddenLines, type PricingContext, priceLine, type ResourcePricer, usageLine } from "../lines";
import { hoursPerMonth } from "../money";
import { isHidden, isPartOfCluster, type ResourceRecord, textIn, valueIn } from "../records";
import { infracostDefaults, type UsageSetting } from "../usage";
import { publicAddressLine } from "./elasticIp";

const dataGB: UsageSetting = {
  key: "dataGB",
  meaning: "GB through the load balancer; one capacity unit carries 1 GB an hour",
  assume: { quantity: 250, because: infracostDefaults },
};

/** A load balancer: its hours, its public addresses if it faces the internet, and capacity units, which depend on traffic. */
export const loadBalancerPricer: ResourcePricer = {
  usage: [dataGB],
  price: (record, context) => {
    const type = textIn(record.inputs, "loadBalancerType") ?? "application";
    const kind = { network: "nlb", application: "alb" }[type] ?? type;
    const label = kind.toUpperCase();
    const hours = priceLine(record, context, {
      cloud: "aws",
      sku: `${kind}.hour`,
      key: "hours",
      component: `${label} hours`,
      quantity: hoursPerMonth,
    });
    // A cluster's traffic follows from its plan, and is the cluster's line.
    const traffic = isPartOfCluster(record)
      ? []
      : [
          usageLine(record, context, {
            cloud: "aws",
            sku: `${kind}.lcu`,
            key: "capacityUnits",
            component: `${label} capacity units`,
            setting: dataGB,
          }),
        ];
    const hidden = hiddenLines(record, record.inputs, ["loadBalancerType", "internal"]);
    return [hours, ...publicAddresses(record, context), ...traffic, ...hidden];
  },
};

/** Every zone of a load balancer that faces the internet has a public address, billed like any other. */
function publicAddresses(record: ResourceRecord, context: PricingContext): CostLine[] {
  const { inputs } = record;
  if (valueIn(inputs, "internal") === true || textIn(inputs, "loadBalancerType") === "gateway") return [];
  const zones = valueIn(inputs, "subnets") ?? valueIn(inputs, "subnetMappings");
  // An Elastic IP that is brought along is billed by itself.
  const own = Array.isArray(zones) ? zones.filter((zone) => valueIn(zone, "allocationId") === undefined) : undefined;
  const count = own?.filter((zone) => !isHidden(zone, "allocationId")).length;
  return count === 0 ? [] : [publicAddressLine(record, context, count)];
}
