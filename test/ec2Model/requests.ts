// How the provider turns resources into requests: terraform-provider-aws v6.58.0, internal/service/ec2. The function that
// does it is named at each table.
import { list, type Members, nullableBool, structure, tagSpecifications, unlessZero } from "./arguments";

type Inputs = Record<string, unknown>;

/** expandLaunchTemplateInstanceNetworkInterfaceSpecificationRequest: indices are sent where they are 0, too. */
const networkInterface: Members = {
  associatePublicIpAddress: ["AssociatePublicIpAddress", nullableBool],
  connectionTrackingSpecification: [
    "ConnectionTrackingSpecification",
    // expandConnectionTrackingSpecificationRequest
    structure({
      tcpEstablishedTimeout: ["TcpEstablishedTimeout", unlessZero],
      udpStreamTimeout: ["UdpStreamTimeout", unlessZero],
      udpTimeout: ["UdpTimeout", unlessZero],
    }),
  ],
  deleteOnTermination: ["DeleteOnTermination", nullableBool],
  description: ["Description", unlessZero],
  deviceIndex: ["DeviceIndex"],
  interfaceType: ["InterfaceType", unlessZero],
  networkCardIndex: ["NetworkCardIndex"],
  privateIpAddress: ["PrivateIpAddress", unlessZero],
  securityGroups: ["Groups"],
  subnetId: ["SubnetId", unlessZero],
};

/** expandLaunchTemplateBlockDeviceMappingRequest, expandLaunchTemplateEBSBlockDeviceRequest */
const blockDevice: Members = {
  deviceName: ["DeviceName", unlessZero],
  ebs: [
    "Ebs",
    structure({
      deleteOnTermination: ["DeleteOnTermination", nullableBool],
      encrypted: ["Encrypted", nullableBool],
      iops: ["Iops", unlessZero],
      kmsKeyId: ["KmsKeyId", unlessZero],
      throughput: ["Throughput", unlessZero],
      volumeSize: ["VolumeSize", unlessZero],
      volumeType: ["VolumeType", unlessZero],
    }),
  ],
};

/** expandLaunchTemplateInstanceMarketOptionsRequest, expandLaunchTemplateSpotMarketOptionsRequest */
const marketOptions: Members = {
  marketType: ["MarketType", unlessZero],
  spotOptions: [
    "SpotOptions",
    structure({
      instanceInterruptionBehavior: ["InstanceInterruptionBehavior", unlessZero],
      maxPrice: ["MaxPrice", unlessZero],
      spotInstanceType: ["SpotInstanceType", unlessZero],
      validUntil: ["ValidUntil", unlessZero],
    }),
  ],
};

/** expandLaunchTemplateCapacityReservationSpecificationRequest, expandCapacityReservationTarget */
const reservationSpecification: Members = {
  capacityReservationPreference: ["CapacityReservationPreference", unlessZero],
  capacityReservationTarget: [
    "CapacityReservationTarget",
    structure({
      capacityReservationId: ["CapacityReservationId", unlessZero],
      capacityReservationResourceGroupArn: ["CapacityReservationResourceGroupArn", unlessZero],
    }),
  ],
};

/** expandLaunchTemplateInstanceMetadataOptionsRequest */
const metadataOptions: Members = {
  httpEndpoint: ["HttpEndpoint", unlessZero],
  httpPutResponseHopLimit: ["HttpPutResponseHopLimit", unlessZero],
  httpTokens: ["HttpTokens", unlessZero],
  instanceMetadataTags: ["InstanceMetadataTags", unlessZero],
};

/** expandRequestLaunchTemplateData: user data is sent as it is given, in base64. */
const launchTemplateData: Members = {
  blockDeviceMappings: ["BlockDeviceMappings", list(structure(blockDevice))],
  capacityReservationSpecification: ["CapacityReservationSpecification", structure(reservationSpecification)],
  // expandLaunchTemplateIAMInstanceProfileSpecificationRequest
  iamInstanceProfile: ["IamInstanceProfile", structure({ arn: ["Arn", unlessZero], name: ["Name", unlessZero] })],
  imageId: ["ImageId", unlessZero],
  instanceMarketOptions: ["InstanceMarketOptions", structure(marketOptions)],
  instanceType: ["InstanceType", unlessZero],
  metadataOptions: ["MetadataOptions", structure(metadataOptions)],
  networkInterfaces: ["NetworkInterfaces", list(structure(networkInterface))],
  userData: ["UserData"],
  vpcSecurityGroupIds: ["SecurityGroupIds"],
};

/** resourceLaunchTemplateCreate. The region is the client's; the default version is set by another request. */
export function createLaunchTemplate({ name, description, tags, region, updateDefaultVersion, ...data }: Inputs) {
  return {
    ClientToken: "token",
    LaunchTemplateName: name,
    ...(description === undefined ? {} : { VersionDescription: description }),
    ...(tags === undefined ? {} : { TagSpecifications: tagSpecifications("launch-template")(tags) }),
    LaunchTemplateData: structure(launchTemplateData)(data, "LaunchTemplate"),
  };
}

/** buildInstanceOpts, expandLaunchTemplateSpecification: an id goes before a name. */
const instance: Members = {
  launchTemplate: [
    "LaunchTemplate",
    structure({ id: ["LaunchTemplateId", unlessZero], version: ["Version", unlessZero] }),
  ],
  // The zone is sent with it, as an empty text where the program gives none.
  placementGroup: ["Placement", (name) => ({ AvailabilityZone: "", GroupName: name })],
  region: "notSent",
};

/** resourceInstanceCreate: one machine; what the program leaves out of these four is sent as false. */
export function runInstances({ tags, volumeTags, ...rest }: Inputs) {
  return {
    ClientToken: "token",
    DisableApiTermination: false,
    EbsOptimized: false,
    HibernationOptions: { Configured: false },
    Monitoring: { Enabled: false },
    MinCount: 1,
    MaxCount: 1,
    TagSpecifications: [
      ...(tags === undefined ? [] : tagSpecifications("instance")(tags)),
      ...(volumeTags === undefined ? [] : tagSpecifications("volume")(volumeTags)),
    ],
    ...structure(instance)(rest, "Instance"),
  };
}

/** resourceCapacityReservationCreate */
const reservation: Members = {
  availabilityZone: ["AvailabilityZone"],
  ebsOptimized: ["EbsOptimized"],
  endDate: ["EndDate", unlessZero],
  endDateType: ["EndDateType"],
  instanceCount: ["InstanceCount"],
  instanceMatchCriteria: ["InstanceMatchCriteria"],
  instancePlatform: ["InstancePlatform"],
  instanceType: ["InstanceType"],
  placementGroupArn: ["PlacementGroupArn", unlessZero],
  region: "notSent",
  tags: ["TagSpecifications", tagSpecifications("capacity-reservation")],
  tenancy: ["Tenancy", unlessZero],
};

/** The provider's defaults are open, unlimited and default (resourceCapacityReservation). */
export function createCapacityReservation(inputs: Inputs) {
  const defaults = { EndDateType: "unlimited", InstanceMatchCriteria: "open", Tenancy: "default" };
  return { ClientToken: "token", ...defaults, ...structure(reservation)(inputs, "CapacityReservation") };
}

/** capacityBlockReservationResource.Create: the members of the same name. */
const block: Members = {
  capacityBlockOfferingId: ["CapacityBlockOfferingId"],
  instancePlatform: ["InstancePlatform"],
  region: "notSent",
  tags: ["TagSpecifications", tagSpecifications("capacity-reservation")],
};

export function purchaseCapacityBlock(inputs: Inputs) {
  return structure(block)(inputs, "CapacityBlockReservation");
}

export type Request = [operation: string, request: Record<string, unknown>];

/** What is asked of EC2 to start machines, by resources that have the names which the engine gave them. */
export function requestsOf(resources: readonly { type: string; inputs: Inputs }[]): Request[] {
  return resources.flatMap(({ type, inputs }): Request[] => {
    if (type.endsWith(":LaunchTemplate")) return [["CreateLaunchTemplate", createLaunchTemplate(inputs)]];
    if (type.endsWith(":Instance")) return [["RunInstances", runInstances(inputs)]];
    if (type.endsWith(":CapacityReservation"))
      return [["CreateCapacityReservation", createCapacityReservation(inputs)]];
    if (type.endsWith(":CapacityBlockReservation")) return [["PurchaseCapacityBlock", purchaseCapacityBlock(inputs)]];
    return [];
  });
}
