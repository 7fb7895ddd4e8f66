import { unknownValue } from "../../pricing/records";

// Look-ups that this package's components make of a cloud. Offline their answers are not known before the update.
const lookups: Readonly<Record<string, readonly string[]>> = {
  "aws:ec2/getCapacityBlockReservation:getCapacityBlockReservation": [
    "arn",
    "availabilityZone",
    "availabilityZoneId",
    "availableInstanceCount",
    "capacityBlockId",
    "createdDate",
    "endDate",
    "endDateType",
    "id",
    "instanceCount",
    "instanceMatchCriteria",
    "instancePlatform",
    "instanceType",
    "ownerId",
    "placementGroupArn",
    "reservationType",
    "startDate",
    "state",
    "tags",
    "tenancy",
  ],
  "aws:ec2/getSubnet:getSubnet": [
    "arn",
    "assignIpv6AddressOnCreation",
    "availabilityZone",
    "availabilityZoneId",
    "availableIpAddressCount",
    "cidrBlock",
    "defaultForAz",
    "id",
    "mapPublicIpOnLaunch",
    "ownerId",
    "state",
    "tags",
    "vpcId",
  ],
  "aws:ec2/getVpc:getVpc": [
    "arn",
    "cidrBlock",
    "cidrBlockAssociations",
    "default",
    "enableDnsHostnames",
    "enableDnsSupport",
    "id",
    "instanceTenancy",
    "mainRouteTableId",
    "ownerId",
    "state",
    "tags",
  ],
  "aws:ssm/getParameter:getParameter": ["arn", "id", "insecureValue", "type", "value", "version"],
};

/** The answer to a look-up, every field unknown; undefined for one that nobody here makes. */
export function answerLookup(token: string): Record<string, string> | undefined {
  const fields = Object.hasOwn(lookups, token) ? lookups[token] : undefined;
  return fields && Object.fromEntries(fields.map((field) => [field, unknownValue]));
}
